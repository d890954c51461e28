"""A journal in memory with the journal's manner: what the forwarder needs of it, and numbered entries to feed it."""

import json
from collections.abc import Sequence

from agent.delivery import Bell, Log
from agent.record import Entry, Kind, Lane


def entry(seq: int, *, kind: Kind = "report", epoch: str = "a/e", size: int = 0) -> Entry:
    """Return the entry numbered `seq`, its body padded by `size` bytes."""
    event = {
        "specversion": "1.0",
        "id": f"{epoch}/{seq}",
        "source": "sitewarden/depot",
        "type": f"sitewarden.{kind}.v1",
        "data": {"seq": seq, "pad": "é" * size},
    }
    body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    lane: Lane = "report" if kind == "report" else "first"
    return Entry(seq=seq, kind=kind, lane=lane, id=f"{epoch}/{seq}", time=f"2026-11-23T07:00:{seq % 60:02}Z", body=body)


class Ledger(Log):
    """Entries, cursors and what was set aside, for one sink."""

    def __init__(self) -> None:
        self.epoch = "a/e"
        self.entries: list[Entry] = []
        self.cursors: dict[Lane, int] = {"first": 0, "report": 0}
        self.aside: dict[int, str] = {}
        self.bell = Bell()

    def put(self, count: int = 1, *, kind: Kind = "report", size: int = 0) -> list[Entry]:
        """Append so many entries."""
        first = len(self.entries) + 1
        made = [entry(seq, kind=kind, epoch=self.epoch, size=size) for seq in range(first, first + count)]
        self.entries += made
        self.bell.ring()
        return made

    def renew(self, epoch: str) -> None:
        """Begin a new epoch, as after a damaged file."""
        self.epoch = epoch
        self.entries.clear()
        self.aside.clear()
        self.cursors = {"first": 0, "report": 0}

    @property
    def left(self) -> list[int]:
        """The numbers still to be delivered."""
        return [one.seq for one in self.entries if one.seq > self.cursors[one.lane] and one.seq not in self.aside]

    async def read(self, sink: str, lane: Lane, limit: int, max_bytes: int) -> Sequence[Entry]:
        found: list[Entry] = []
        for one in self.entries[self.cursors[lane] :]:
            if one.lane != lane or one.seq in self.aside:
                continue
            max_bytes -= len(one.body)
            if len(found) == limit or (found and max_bytes < 0):
                break
            found.append(one)
        return found

    async def acknowledge(self, sink: str, lane: Lane, seq: int, *, epoch: str | None = None) -> None:
        if epoch not in (None, self.epoch.partition("/")[2]):
            return
        assert seq <= len(self.entries)
        self.cursors[lane] = max(self.cursors[lane], seq)

    async def set_aside(self, sink: str, seq: int, reason: str) -> None:
        self.aside[seq] = reason
