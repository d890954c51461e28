"""How far each sink has come, lane by lane, and which entries it was told to leave out."""

from collections.abc import Iterable
from typing import Final

from agent.journal.database import Database
from agent.journal.entries import CODES, Entries
from agent.record import Entry, Lane

_GET: Final[dict[Lane, str]] = {
    "first": "SELECT first FROM sinks WHERE name = ? AND active = 1",
    "report": "SELECT report FROM sinks WHERE name = ? AND active = 1",
}
_PUT: Final[dict[Lane, str]] = {
    "first": "UPDATE sinks SET first = ? WHERE name = ?",
    "report": "UPDATE sinks SET report = ? WHERE name = ?",
}
_FLOOR: Final[dict[Lane, str]] = {
    "first": "SELECT min(first) FROM sinks WHERE active = 1",
    "report": "SELECT min(report) FROM sinks WHERE active = 1",
}


class Cursors:
    """The sinks and their cursors. A cursor only moves forward."""

    def __init__(self, db: Database, entries: Entries) -> None:
        """Work on `db` and its `entries`."""
        self._db = db
        self._entries = entries

    def register(self, names: Iterable[str]) -> None:
        """Let exactly `names` be the sinks: a new one starts at the beginning of what is kept.

        One that is no longer named holds nothing back; should it return, it goes on where it stood.
        """
        self._db.run("UPDATE sinks SET active = 0")
        sql = "INSERT INTO sinks VALUES (?, 0, 0, 1) ON CONFLICT (name) DO UPDATE SET active = 1"
        self._db.many(sql, ((name,) for name in names))

    def at(self, sink: str, lane: Lane) -> int:
        """Return the number up to which `sink` has acknowledged the lane.

        Raises:
            ValueError: no such sink is registered.
        """
        found = self._db.one(_GET[lane], (sink,))
        if found is None:
            raise ValueError(sink)
        return int(found)

    def read(self, sink: str, lane: Lane, limit: int, max_bytes: int) -> list[Entry]:
        """Return what `sink` has yet to be told; see `Entries.after`."""
        return self._entries.after(self.at(sink, lane), lane, sink, limit, max_bytes)

    def acknowledge(self, sink: str, lane: Lane, seq: int) -> None:
        """Move the cursor to `seq`, and over entries set aside that follow. Never back, never past what there is."""
        cursor = self.at(sink, lane)
        if cursor < seq <= self._entries.last():
            self._move(sink, lane, seq)

    def _move(self, sink: str, lane: Lane, cursor: int) -> None:
        place = cursor
        sql = "SELECT 1 FROM poison WHERE sink = ? AND seq = ?"
        while (ahead := self._entries.next_after(place, lane)) and self._db.one(sql, (sink, ahead)):
            place = ahead
        self._db.run(_PUT[lane], (place, sink))

    def set_aside(self, sink: str, seq: int, reason: str, wall: float) -> None:
        """Leave the entry out for `sink`, visibly, for as long as it is kept.

        Raises:
            ValueError: there is no such entry or sink.
        """
        lane = self._entries.lane_of(seq)
        if lane is None:
            raise ValueError(seq)
        cursor = self.at(sink, lane)
        self._db.run("INSERT OR REPLACE INTO poison VALUES (?, ?, ?, ?)", (sink, seq, reason, wall))
        self._move(sink, lane, cursor)

    def floor(self, lane: Lane) -> int:
        """Return the number up to which every sink has acknowledged the lane: all there is where nobody listens."""
        found = self._db.one(_FLOOR[lane])
        return self._entries.last() if found is None else int(found)

    def waiting(self, sink: str, lane: Lane) -> int:
        """Return how many entries of the lane `sink` has yet to be told."""
        cursor = self.at(sink, lane)
        sql = "SELECT count(*) FROM poison JOIN entries USING (seq) WHERE sink = ? AND lane = ? AND seq > ?"
        aside = int(self._db.one(sql, (sink, CODES[lane], cursor)))
        return self._entries.waiting(cursor, lane) - aside
