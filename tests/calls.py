"""Calls the command line within the test's process, or in one of its own, and returns all that it said."""

import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import structlog

from agent.__main__ import main


class Said(NamedTuple):
    """How a call ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@contextmanager
def untouched_logging() -> Iterator[None]:
    """Put logging back as it was: a command sets it up for a whole process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


def call(
    *argv: object, env: Mapping[str, str] | None = None, prompt: Callable[[str], str] | None = None, tty: bool = False
) -> Said:
    """Run `sitewarden ARGV` here, with nothing in its environment but `env`."""
    kind = _Terminal if tty else io.StringIO
    out, err = kind(), kind()
    with untouched_logging():
        code = main([str(word) for word in argv], out=out, err=err, env=env or {}, prompt=prompt or None)
    return Said(code, out.getvalue(), err.getvalue())


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def spawn(*argv: object, env: Mapping[str, str] | None = None, **kwargs: object) -> Said:
    """Run it as a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "agent", *map(str, argv)],
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **kwargs,  # type: ignore[call-overload]
    )
    return Said(ran.returncode, ran.stdout, ran.stderr)


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment for a process of its own, in which nothing points elsewhere."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONDONTWRITEBYTECODE") if name in os.environ}
    return {**kept, **(env or {})}


def made(folder: Path, mode: int = 0o777) -> Path:
    """Make a folder with its parents and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    return folder


def names(folder: Path) -> set[str]:
    """Return what is in a folder."""
    return {found.name for found in folder.iterdir()}
