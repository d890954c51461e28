"""The folder in which the journal lives: who we are, which files there are, and what becomes of a damaged one."""

import contextlib
import datetime as dt
import os
import re
import secrets
from pathlib import Path
from typing import Final

from agent.journal.errors import Unwritable

FILE: Final = "journal.db"
_IDENTITY: Final = "agent-id"
_SIDECARS: Final = ("-wal", "-shm")
_DRAWN: Final = re.compile(r"[a-z2-7]{8,32}")
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_TAKEN: Final = 1_000  # a name per second and try: far more than there can be


def draw(length: int) -> str:
    """Return a random name of five bits a letter, safe in URLs, files and command lines."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def make(folder: Path) -> None:
    """Make the state directory where there is none.

    Raises:
        Unwritable: it cannot be made, or is no directory.
    """
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as fault:
        raise refusal(fault, folder) from None


def refusal(fault: OSError, folder: Path) -> Unwritable:
    """Return our word for an operating system's."""
    name = os.strerror(fault.errno) if fault.errno else str(fault)
    return Unwritable("journal.broken_disk", path=str(folder), fault=name)


def identity(folder: Path) -> str | None:
    """Return the AGENT that the file beside the journal tells; None where there is none or it tells none."""
    try:
        text = (folder / _IDENTITY).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if _DRAWN.fullmatch(text) else None


def remember(folder: Path, agent: str) -> None:
    """Write AGENT beside the journal, whole or not at all.

    Raises:
        Unwritable: the disk does not let us.
    """
    if identity(folder) == agent:
        return
    fresh = folder / f"{_IDENTITY}.new"
    try:
        with fresh.open("w", encoding="ascii") as file:
            file.write(agent + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / _IDENTITY)
        settle(folder)
    except OSError as fault:
        raise refusal(fault, folder) from None


def settle(folder: Path) -> None:
    """Let the names in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def set_aside(folder: Path, wall: float) -> Path:
    """Rename the journal and its log to a dated name, under which SQLite still opens them; return it.

    The file goes first: should the power fail in between, SQLite finds a log without its file and drops it. The other
    way round, the file would come back without its log, that is older than what was said.

    Raises:
        Unwritable: the disk does not let us.
    """
    stamp = dt.datetime.fromtimestamp(max(wall, 0.0), tz=dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (folder / f"{FILE}.{stamp}{extra}.damaged" for extra in ("", *(f".{n}" for n in range(1, _TAKEN))))
    aside = next(name for name in names if not name.exists())
    try:
        (folder / FILE).rename(aside)
        for ending in _SIDECARS:
            with contextlib.suppress(FileNotFoundError):
                (folder / (FILE + ending)).rename(aside.with_name(aside.name + ending))
        settle(folder)
    except OSError as fault:
        raise refusal(fault, folder) from None
    return aside


def asides(folder: Path) -> tuple[str, ...]:
    """Return the names of the damaged files that were set aside, oldest first."""
    return tuple(sorted(found.name for found in folder.glob(f"{FILE}.*.damaged")))


def size(folder: Path, ending: str = "") -> int:
    """Return the bytes of the journal's file, or of its log with `-wal`; 0 where there is none."""
    try:
        return (folder / (FILE + ending)).stat().st_size
    except OSError:
        return 0
