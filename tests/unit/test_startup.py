"""What is loaded before anything was asked for: `--help` must be there at once on a small gateway."""

import json
import subprocess
import sys

import pytest

from tests.calls import environment

HEAVY = (
    "aiohttp", "asyncio", "cryptography", "gufo", "httpx", "lxml", "onvif", "pysnmp", "rich", "sqlite3", "ssl",
    "structlog", "yaml", "zeep", "agent.journal", "agent.settings", "probes.catalog", "probes.onvif", "probes.snmp",
)  # fmt: skip
PROGRAM = (
    "import io, json, sys; from agent.__main__ import main; "
    "code = main(sys.argv[1:], out=io.StringIO(), err=io.StringIO()); print(json.dumps([code, sorted(sys.modules)]))"
)


@pytest.mark.parametrize(
    ("argv", "code"),
    [(["--help"], 0), (["check", "--help"], 0), (["chekc"], 64), ([], 64), (["--lang", "fr", "-h"], 0)],
)
def test_help_and_mistakes_load_nothing_heavy(argv: list[str], code: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *argv], env=environment(), capture_output=True, text=True, check=True
    )
    ended, modules = json.loads(ran.stdout)
    assert ended == code
    loaded = set(modules)
    assert "agent.cli.parser" in loaded
    assert sorted(name for name in HEAVY if name in loaded) == []
