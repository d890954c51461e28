# sitewarden: everything a newcomer needs. `make` alone lists the targets.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help install demo test check format bench fidelity peers lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/made: requirements-dev.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "sitewarden needs Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv)" >&2; exit 1; fi
	@echo "making the virtual environment from the lock ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: .venv/made ## the virtual environment; afterwards .venv/bin/sitewarden works

demo: .venv/made ## a simulated site, the agent on it, and a live board (DEMO_SECONDS=20 ends by itself)
	@$(BIN)/python -m tests.site.demo

test: check ## everything that must hold (PEERS=all: with the slow peers, none may be missing)
	@PEERS="$(PEERS)" $(BIN)/python -m pytest

check: .venv/made ## format, lint, types, floors
	@mkdir -p build
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >build/floors.txt 2>&1 || { cat build/floors.txt; exit 1; }

format: .venv/made ## let the formatter have its way
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

bench: .venv/made ## figures for docs/performance.md
	@$(BIN)/python -m tests.bench

fidelity: .venv/made ## how often the profiles agree with recorded devices (needs the corpus)
	@$(BIN)/python -m tests.fidelity

peers: ## Debian's programs that tests run against
	@./.ci/peers

lock: ## lock the dependencies anew (needs uv)
	@$(LOCK) -o requirements.lock
	@$(LOCK) --group dev -o requirements-dev.lock

clean: ## remove what was made
	@rm -rf .venv build .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
