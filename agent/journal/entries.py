"""What travels: numbered, packed, and never changed again."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from agent.events import event, event_id
from agent.journal.database import Database, Row
from agent.journal.marks import Clocks, Moment
from agent.record import Draft, Entry, Lane

LANES: Final[tuple[Lane, ...]] = ("first", "report")
CODES: Final[dict[Lane, int]] = {"first": 0, "report": 1}
_LANE_OF: Final[dict[int, Lane]] = {0: "first", 1: "report"}
_LEVEL: Final = 6
_SOME: Final = 256
_BODY_MAX: Final = 64 << 20  # nothing that we packed is larger; a damaged body must not fill the memory

#: A lane stands in the statement itself, for only then does SQLite use the partial index on the first lane.
_AFTER: Final[dict[Lane, str]] = {
    "first": """SELECT seq, lane, kind, time, body FROM entries WHERE lane = 0 AND seq > ? AND NOT EXISTS
        (SELECT 1 FROM poison WHERE poison.sink = ? AND poison.seq = entries.seq) ORDER BY seq LIMIT ?""",
    "report": """SELECT seq, lane, kind, time, body FROM entries WHERE lane = 1 AND seq > ? AND NOT EXISTS
        (SELECT 1 FROM poison WHERE poison.sink = ? AND poison.seq = entries.seq) ORDER BY seq LIMIT ?""",
}
_NEXT: Final[dict[Lane, str]] = {
    "first": "SELECT seq FROM entries WHERE lane = 0 AND seq > ? ORDER BY seq LIMIT 1",
    "report": "SELECT seq FROM entries WHERE lane = 1 AND seq > ? ORDER BY seq LIMIT 1",
}


class Unreadable(Exception):
    """The body of an entry did not survive on the disk."""

    def __init__(self, seq: int) -> None:
        """Take the number of the entry."""
        super().__init__(seq)
        self.seq = seq


def ranges(seqs: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield ascending numbers as closed ranges: 1 2 3 7 8 is (1, 3), (7, 8)."""
    numbers = list(seqs)
    if not numbers:
        return
    low = numbers[0]
    for before, after in pairwise(numbers):
        if after != before + 1:
            yield low, before
            low = after
    yield low, numbers[-1]


class Entries:
    """The table of entries, and the ranges of numbers that have departed from it."""

    def __init__(self, db: Database, *, agent: str, epoch: str, source: str) -> None:
        """Work on `db`, whose epoch is `epoch`; `source` stands in every event to come."""
        self._db = db
        self._agent = agent
        self._epoch = epoch
        self._source = source
        self._clocks = Clocks(db)

    def last(self) -> int:
        """Return the last number that was given; every number up to it is an entry or has departed."""
        here = self._db.one("SELECT max(seq) FROM entries")
        gone = self._db.one("SELECT high FROM departed ORDER BY low DESC LIMIT 1")
        return max(here or 0, gone or 0)

    def add(self, draft: Draft, moment: Moment) -> Entry:
        """Give `draft` the next number and keep it.

        Raises:
            ValueError: its data is not JSON.
        """
        seq = self.last() + 1
        body = event(
            agent=self._agent,
            epoch=self._epoch,
            seq=seq,
            source=self._source,
            kind=draft.kind,
            time=draft.time,
            data=draft.data,
        )
        row = (
            seq,
            CODES[draft.lane],
            draft.kind,
            draft.time,
            moment.wall,
            self._clocks.boot(moment),
            moment.monotonic,
            zlib.compress(body, _LEVEL),
        )
        self._db.run("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return self._entry(seq, draft.kind, draft.lane, draft.time, body)

    def _entry(self, seq: int, kind: str, lane: Lane, time: str, body: bytes) -> Entry:
        return Entry(
            seq=seq,
            kind=kind,  # type: ignore[arg-type]  # the column holds what `add` wrote
            lane=lane,
            id=event_id(self._agent, self._epoch, seq),
            time=time,
            body=body,
        )

    def _unpacked(self, row: Row) -> Entry:
        seq, lane, kind, time, packed = row
        stream = zlib.decompressobj()
        try:
            body = stream.decompress(packed, _BODY_MAX)
        except zlib.error:
            raise Unreadable(seq) from None
        if not stream.eof:
            raise Unreadable(seq)
        return self._entry(seq, kind, _LANE_OF[lane], time, body)

    def after(self, cursor: int, lane: Lane, sink: str, limit: int, max_bytes: int) -> list[Entry]:
        """Return the entries that `sink` has yet to be told, oldest first; at least one where there is one.

        Raises:
            Unreadable: the very next one is; those before an unreadable one are returned first.
        """
        found: list[Entry] = []
        total = 0
        for row in self._db.each(_AFTER[lane], (cursor, sink, limit)):
            try:
                entry = self._unpacked(row)
            except Unreadable:
                if found:
                    break
                raise
            total += len(entry.body)
            if found and total > max_bytes:
                break
            found.append(entry)
        return found

    def next_after(self, cursor: int, lane: Lane) -> int | None:
        """Return the number of the lane's next entry after `cursor`."""
        found = self._db.one(_NEXT[lane], (cursor,))
        return None if found is None else int(found)

    def lane_of(self, seq: int) -> Lane | None:
        """Return the lane of an entry; None where there is no such entry."""
        code = self._db.one("SELECT lane FROM entries WHERE seq = ?", (seq,))
        return None if code is None else _LANE_OF[code]

    def some(self, cursor: int) -> list[Entry | Unreadable]:
        """Return the next few entries of both lanes, in the order of their numbers."""
        sql = "SELECT seq, lane, kind, time, body FROM entries WHERE seq > ? ORDER BY seq LIMIT ?"
        found: list[Entry | Unreadable] = []
        for row in self._db.rows(sql, (cursor, _SOME)):
            try:
                found.append(self._unpacked(row))
            except Unreadable as fault:
                found.append(fault)
        return found

    def every(self) -> Iterator[Entry | Unreadable]:
        """Yield all entries in the order of their numbers."""
        cursor = 0
        while batch := self.some(cursor):
            yield from batch
            cursor = batch[-1].seq

    def depart(self, seqs: list[int], why: str) -> None:
        """Remove the entries of these ascending numbers, and write down that, and why, they are gone."""
        self._db.many("DELETE FROM entries WHERE seq = ?", ((seq,) for seq in seqs))
        self._db.many("DELETE FROM poison WHERE seq = ?", ((seq,) for seq in seqs))
        for first, last in ranges(seqs):
            low, high = first, last
            left = self._db.rows("SELECT low, high, why FROM departed WHERE low < ? ORDER BY low DESC LIMIT 1", (low,))
            if left and left[0][1] == low - 1 and left[0][2] == why:
                low = left[0][0]
            right = self._db.rows("SELECT high, why FROM departed WHERE low = ?", (high + 1,))
            if right and right[0][1] == why:
                high = right[0][0]
                self._db.run("DELETE FROM departed WHERE low = ?", (last + 1,))
            self._db.run("INSERT OR REPLACE INTO departed VALUES (?, ?, ?)", (low, high, why))

    def waiting(self, cursor: int, lane: Lane) -> int:
        """Return how many entries of the lane come after `cursor`, without walking through the reports."""
        first = int(self._db.one("SELECT count(*) FROM entries WHERE lane = 0 AND seq > ?", (cursor,)))
        if lane == "first":
            return first
        sql = "SELECT coalesce(sum(high - max(low, ? + 1) + 1), 0) FROM departed WHERE high > ?"
        gone = int(self._db.one(sql, (cursor, cursor)))
        return max(self.last() - cursor, 0) - gone - first
