"""Journals for tests: clocks that a test moves, and drafts to be said."""

import shutil
from pathlib import Path

from agent.journal import Journal
from agent.record import Draft, Kind

SOURCE = "sitewarden/depot-nord"
NOW = 1_795_417_200.0  # 2026-11-23T07:00:00Z
TIME = "2026-11-23T07:00:00Z"
DAY = 86_400.0


class Clocks:
    """The three clocks of a gateway, each of which a test may move."""

    def __init__(self) -> None:
        self.now = NOW
        self.up = 100.0
        self.boot = "boot-1"

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.up

    def pass_by(self, seconds: float) -> None:
        """Let time pass as it should."""
        self.now += seconds
        self.up += seconds

    def reboot(self) -> None:
        """Start the monotonic clock anew."""
        self.boot += "+"
        self.up = 10.0


async def opened(folder: Path, clocks: Clocks | None = None, *, cap_bytes: int = 1 << 30) -> Journal:
    """Open a journal that commits without waiting for company."""
    hands = clocks or Clocks()
    return await Journal.open(
        folder,
        source=SOURCE,
        clock=hands.wall,
        cap_bytes=cap_bytes,
        linger_s=0.0,
        boot=hands.boot,
        monotonic=hands.monotonic,
    )


def draft(kind: Kind = "report", data: bytes = b'{"a": 1}') -> Draft:
    """Return something to be said."""
    return Draft(kind=kind, data=data, time=TIME)


def crashed(folder: Path, into: Path) -> Path:
    """Copy the journal as it lies on the disk right now, which is what a crash leaves; return the copy's folder."""
    into.mkdir(parents=True)
    for name in ("journal.db", "journal.db-wal", "agent-id"):
        if (folder / name).exists():
            shutil.copyfile(folder / name, into / name)
    return into


def names(folder: Path) -> list[str]:
    """Return what lies in `folder`."""
    return sorted(path.name for path in folder.iterdir())


def overwrite(path: Path, at: int, what: bytes) -> None:
    """Damage a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(what)
