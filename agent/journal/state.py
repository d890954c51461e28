"""What the journal tells about itself: how full, how far behind, and whether it is sound."""

from pathlib import Path

import msgspec

from agent.events import event_id
from agent.journal import place
from agent.journal.boards import Boards
from agent.journal.cursors import Cursors
from agent.journal.database import Database
from agent.journal.entries import LANES, Entries, Unreadable, ranges
from agent.record import Lane
from probes.words import Phrase


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """One sink in one lane: acknowledged up to `cursor`, `waiting` entries to go, the next of them from `since`."""

    sink: str
    lane: Lane
    cursor: int
    waiting: int
    since: float | None  # unix seconds: when the next one was journaled


class Poison(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that a sink refuses for good, and why."""

    sink: str
    seq: int
    reason: str
    at: float  # unix seconds


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest or the newest entry."""

    seq: int
    time: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The journal at a moment. Sizes are bytes; `lost` counts entries gone that not every sink had acknowledged."""

    agent: str
    epoch: str
    version: int
    last: int  # the last number that was given
    entries: int
    oldest: Edge | None
    newest: Edge | None
    used_bytes: int
    file_bytes: int
    log_bytes: int
    cap_bytes: int | None  # None where it is not known: a reader does not
    sinks: tuple[Behind, ...]
    poison: tuple[Poison, ...]
    lost: int
    set_aside: tuple[str, ...]  # names of damaged files in the state directory
    rows: dict[str, int]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the journal holds what it promises; each problem as a phrase of the catalogue."""

    entries: int
    last: int
    problems: tuple[Phrase, ...] = ()

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return not self.problems


def status(db: Database, folder: Path, *, agent: str, epoch: str, cap_bytes: int | None) -> Status:
    """Return what there is to know, all of one moment."""
    entries = Entries(db, agent=agent, epoch=epoch, source="")
    cursors = Cursors(db, entries)
    with db.snapshot():
        names = [row[0] for row in db.rows("SELECT name FROM sinks WHERE active = 1 ORDER BY name")]
        lost = "SELECT coalesce(sum(high - low + 1), 0) FROM departed WHERE why <> 'delivered'"
        gone = "SELECT coalesce(sum(high - low + 1), 0) FROM departed"
        return Status(
            agent=agent,
            epoch=epoch,
            version=int(db.one("PRAGMA user_version")),
            last=entries.last(),
            entries=entries.last() - int(db.one(gone)),
            oldest=_edge(db, "SELECT seq, time FROM entries ORDER BY seq LIMIT 1"),
            newest=_edge(db, "SELECT seq, time FROM entries ORDER BY seq DESC LIMIT 1"),
            used_bytes=db.used(),
            file_bytes=place.size(folder),
            log_bytes=place.size(folder, "-wal"),
            cap_bytes=cap_bytes,
            sinks=tuple(_behind(db, entries, cursors, name, lane) for name in names for lane in LANES),
            poison=tuple(
                Poison(sink=sink, seq=seq, reason=reason, at=wall)
                for sink, seq, reason, wall in db.rows("SELECT sink, seq, reason, wall FROM poison ORDER BY sink, seq")
            ),
            lost=int(db.one(lost)),
            set_aside=place.asides(folder),
            rows=Boards(db).counts(),
        )


def _edge(db: Database, sql: str) -> Edge | None:
    row = db.rows(sql)
    return Edge(seq=row[0][0], time=row[0][1]) if row else None


def _behind(db: Database, entries: Entries, cursors: Cursors, sink: str, lane: Lane) -> Behind:
    cursor = cursors.at(sink, lane)
    ahead = entries.next_after(cursor, lane)
    since = None if ahead is None else db.one("SELECT wall FROM entries WHERE seq = ?", (ahead,))
    return Behind(sink=sink, lane=lane, cursor=cursor, waiting=cursors.waiting(sink, lane), since=since)


class _Envelope(msgspec.Struct):
    id: str
    data: msgspec.Raw


def verify(db: Database, *, agent: str, epoch: str) -> Verdict:
    """Look at every page and every entry, which takes its time; return what is wrong.

    Every number from 1 to the last is an entry or recorded as departed, never both; every body is JSON under its id.
    """
    entries = Entries(db, agent=agent, epoch=epoch, source="")
    envelopes = msgspec.json.Decoder(_Envelope)
    problems = [
        Phrase(key="journal.verify_page", args={"fault": str(fault)})
        for (fault,) in db.rows("PRAGMA integrity_check(20)")
        if fault != "ok"
    ]
    with db.snapshot():
        present: list[int] = []
        for entry in entries.every():
            present.append(entry.seq)
            if isinstance(entry, Unreadable):
                problems.append(Phrase(key="journal.verify_body", args={"seq": entry.seq}))
                continue
            try:
                told = envelopes.decode(entry.body).id
            except (msgspec.DecodeError, UnicodeDecodeError):
                problems.append(Phrase(key="journal.verify_body", args={"seq": entry.seq}))
                continue
            if told != event_id(agent, epoch, entry.seq):
                problems.append(Phrase(key="journal.verify_id", args={"seq": entry.seq, "id": told}))
        last = entries.last()
        here = [(low, high) for low, high in ranges(present)]
        gone = [(low, high) for low, high in db.rows("SELECT low, high FROM departed")]
    problems.extend(_joints(sorted(here + gone), last))
    return Verdict(entries=len(present), last=last, problems=tuple(problems))


def _joints(covered: list[tuple[int, int]], last: int) -> list[Phrase]:
    problems: list[Phrase] = []
    reached = 0
    for low, high in covered:
        if low > reached + 1:
            problems.append(Phrase(key="journal.verify_gap", args={"low": reached + 1, "high": low - 1}))
        elif low <= reached:
            problems.append(Phrase(key="journal.verify_twice", args={"low": low, "high": min(high, reached)}))
        reached = max(reached, high)
    if reached < last:
        problems.append(Phrase(key="journal.verify_gap", args={"low": reached + 1, "high": last}))
    return problems
