"""What may leave the journal, and what is said about that which should not have had to."""

import datetime as dt
from typing import Final

import msgspec

from agent.journal.cursors import Cursors
from agent.journal.database import Database
from agent.journal.entries import LANES, Entries
from agent.journal.marks import Clocks, Moment
from agent.record import Draft, Lane

_SLICE: Final = 5_000  # entries that one commit lets go by age
_CHUNK: Final = 20  # entries between two looks at the size
_VACUUM: Final = 2_048  # free pages given back to the disk at a time
_ROOM: Final = 50  # by size, a fiftieth more than needed goes, so that not every commit has to; at least as many
_ROOM_LEAST: Final = 16_384  # bytes as the loss itself may take

_DELIVERED: Final[dict[Lane, str]] = {
    "first": "SELECT seq, boot, mono FROM entries WHERE lane = 0 AND seq <= ? ORDER BY seq LIMIT ?",
    "report": "SELECT seq, boot, mono FROM entries WHERE lane = 1 AND seq <= ? ORDER BY seq LIMIT ?",
}
#: In this order the unsaid goes: reports first. A loss is never forced out: it is small, and all that is left.
_UNSAID: Final = (
    "SELECT seq FROM entries WHERE lane = 1 ORDER BY seq LIMIT ?",
    "SELECT seq FROM entries WHERE lane = 0 AND kind <> 'loss' ORDER BY seq LIMIT ?",
)


class Loss(msgspec.Struct, frozen=True, kw_only=True, rename={"low": "from", "high": "to"}):
    """The data of a loss: `count` entries that not every sink had acknowledged are gone, all of `from` to `to`."""

    low: int
    high: int
    count: int
    reason: str  # size: the cap forced them out; damage: the disk did not keep them


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries went: said to everybody and old enough, or lost."""

    delivered: int = 0
    lost: int = 0


class Pruning:
    """Lets go of entries, by age and by size."""

    def __init__(self, db: Database, entries: Entries, cursors: Cursors, *, cap_bytes: int, keep_s: float) -> None:
        """Keep at most `cap_bytes` of pages, and what was said for `keep_s` seconds of time served."""
        self._db = db
        self._entries = entries
        self._cursors = cursors
        self._clocks = Clocks(db)
        self._cap = cap_bytes
        self._keep = keep_s

    def by_age(self, moment: Moment) -> int:
        """Let go of a slice of what every sink acknowledged and is old enough; return how many.

        Age is counted in time served (see `Clocks`), so that a wall clock that jumps deletes nothing.
        """
        boot = self._clocks.boot(moment)
        origins = self._clocks.origins()
        cutoff = origins[boot] + moment.monotonic - self._keep
        gone: list[int] = []
        for lane in LANES:
            for seq, born, mono in self._db.each(_DELIVERED[lane], (self._cursors.floor(lane), _SLICE)):
                if origins[born] + mono > cutoff:
                    break
                gone.append(seq)
        self._entries.depart(sorted(gone), "delivered")
        return len(gone)

    def over(self) -> bool:
        """Return whether the pages in use exceed the cap."""
        return self._db.used() > self._cap

    def by_size(self, moment: Moment) -> Pruned:
        """Where the cap is exceeded, force out the oldest: first what was said, then reports, then the rest.

        A loss entry is added in the same transaction for what not everybody had acknowledged.
        """
        if not self.over():
            return Pruned()
        target = self._cap - max(self._cap // _ROOM, _ROOM_LEAST)
        said = 0
        for lane in LANES[::-1]:
            floor = self._cursors.floor(lane)
            while self._db.used() > target:
                seqs = [row[0] for row in self._db.rows(_DELIVERED[lane], (floor, _CHUNK))]
                if not seqs:
                    break
                self._entries.depart(seqs, "delivered")
                said += len(seqs)
        unsaid: list[int] = []
        for sql in _UNSAID:
            while self._db.used() > target:
                seqs = [row[0] for row in self._db.rows(sql, (_CHUNK,))]
                if not seqs:
                    break
                self._entries.depart(seqs, "size")
                unsaid.extend(seqs)
        self._confess(unsaid, "size", moment)
        return Pruned(delivered=said, lost=len(unsaid))

    def by_damage(self, seq: int, moment: Moment) -> None:
        """Let go of an entry whose body the disk did not keep, and say so, unless it has gone already."""
        if self._entries.lane_of(seq) is not None:
            self._entries.depart([seq], "damage")
            self._confess([seq], "damage", moment)

    def _confess(self, seqs: list[int], reason: str, moment: Moment) -> None:
        if seqs:
            loss = Loss(low=min(seqs), high=max(seqs), count=len(seqs), reason=reason)
            time = dt.datetime.fromtimestamp(max(moment.wall, 0.0), tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._entries.add(Draft(kind="loss", data=msgspec.json.encode(loss), time=time), moment)

    def give_back(self) -> None:
        """Give some free pages back to the disk where they are a tenth of the file. Outside a transaction."""
        if self._db.one("PRAGMA freelist_count") * 10 > self._db.one("PRAGMA page_count"):
            self._db.finish(f"PRAGMA incremental_vacuum({_VACUUM})")
