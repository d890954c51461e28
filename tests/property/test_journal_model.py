"""Whatever is done to a journal, and whenever it is killed, it is what a simple model says that it is."""

import asyncio
import itertools
import json
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from agent.journal import Journal, Unwritable
from agent.record import Draft, Entry, Fact, Kind, Lane, Record
from probes.model import Value
from tests.journals import DAY, NOW, TIME, Clocks, crashed, opened

T = TypeVar("T")

SINKS = ("a", "b", "c")
LANES: tuple[Lane, ...] = ("first", "report")
ALL = 1 << 30
CAP = 150_000  # a dozen entries of the larger kind
KINDS: tuple[Kind, ...] = ("report", "report", "incident", "heartbeat")

sinks = st.sampled_from(SINKS)
lanes = st.sampled_from(LANES)
datas = st.builds(
    lambda text, size: json.dumps(text + "".join(f"{k * k * 7919 % 99991:x}" for k in range(size))).encode(),
    st.text(max_size=5),
    st.sampled_from([0, 1500]),
)
drafts = st.builds(lambda kind, data: Draft(kind=kind, data=data, time=TIME), st.sampled_from(KINDS), datas)
facts = st.dictionaries(
    st.tuples(st.sampled_from(["n", "m"]), st.sampled_from(["", "1"])), st.booleans() | st.text(max_size=3), max_size=3
)


class Model:
    """What a journal is: entries that are kept, cursors, entries set aside, what is known."""

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self.last = 0
        self.cursors: dict[tuple[str, Lane], int] = {}
        self.active: set[str] = set()
        self.aside: set[tuple[str, int]] = set()
        self.facts: dict[tuple[str, str], Value] = {}
        self.lost = 0
        self.served: dict[int, float] = {}

    def waiting(self, sink: str, lane: Lane) -> list[Entry]:
        cursor = self.cursors[sink, lane]
        return [
            entry
            for seq, entry in sorted(self.entries.items())
            if entry.lane == lane and seq > cursor and (sink, seq) not in self.aside
        ]

    def said(self, entry: Entry) -> bool:
        return all(self.cursors[sink, entry.lane] >= entry.seq for sink in self.active)

    def move(self, sink: str, lane: Lane, cursor: int) -> None:
        """Move a cursor, and on over what was set aside."""
        self.cursors[sink, lane] = cursor
        ahead = sorted(seq for seq, entry in self.entries.items() if entry.lane == lane and seq > cursor)
        for seq in itertools.takewhile(lambda seq: (sink, seq) in self.aside, ahead):
            self.cursors[sink, lane] = seq


class Journals(RuleBasedStateMachine):
    """Does to a journal and to the model the same things in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.root = Path(tempfile.mkdtemp(prefix="journal-"))
        self.folder = self.root / "0"
        self.copies = itertools.count(1)
        self.clocks = Clocks()
        self.served = 0.0
        self.model = Model()
        self.journal = self.do(self._open())
        self.identity = (self.journal.agent, self.journal.epoch)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _open(self) -> Journal:
        return await opened(self.folder, self.clocks, cap_bytes=CAP)

    async def _export(self) -> dict[int, Entry]:
        return {entry.seq: entry async for entry in self.journal.export()}

    def teardown(self) -> None:
        self.do(self.journal.aclose())
        self.runner.close()
        shutil.rmtree(self.root)

    def after_writing(self, entries: list[Entry]) -> None:
        """Take in new entries, and what the cap forced out for them: the said first, then reports, then the rest."""
        model = self.model
        for entry in entries:
            assert entry.seq == model.last + 1
            model.last = entry.seq
            model.entries[entry.seq] = entry
            model.served[entry.seq] = self.served
        there = self.do(self._export())
        gone = [model.entries[seq] for seq in sorted(model.entries.keys() - there.keys())]
        unsaid = [entry for entry in gone if not model.said(entry)]
        fresh = sorted(there.keys() - model.entries.keys())
        if unsaid:
            assert [entry for entry in there.values() if model.said(entry) and entry.kind != "loss"] == []
            if any(entry.kind != "report" for entry in unsaid):
                assert [entry for entry in there.values() if entry.kind == "report"] == []
            (seq,) = fresh
            assert seq == model.last + 1
            told = json.loads(there[seq].body)["data"]
            numbers = [entry.seq for entry in unsaid]
            assert told == {"from": min(numbers), "to": max(numbers), "count": len(numbers), "reason": "size"}
            model.last = seq
            model.entries[seq] = there[seq]
            model.served[seq] = self.served
            model.lost += len(unsaid)
        else:
            assert fresh == []
        assert all(entry.kind != "loss" or model.said(entry) for entry in gone)
        self.forget([entry.seq for entry in gone])

    def forget(self, seqs: list[int]) -> None:
        for seq in seqs:
            del self.model.entries[seq]
        self.model.aside = {(sink, seq) for sink, seq in self.model.aside if seq in self.model.entries}

    @initialize(names=st.sets(sinks))
    def begin(self, names: set[str]) -> None:
        self.register(names)

    @rule(names=st.sets(sinks))
    def register(self, names: set[str]) -> None:
        self.do(self.journal.sinks(sorted(names)))
        self.model.active = names
        for sink, lane in itertools.product(names, LANES):
            self.model.cursors.setdefault((sink, lane), 0)

    @rule(draft=drafts)
    def append(self, draft: Draft) -> None:
        entry = self.do(self.journal.append(draft))
        assert json.loads(entry.body)["data"] == json.loads(draft.data)
        assert entry.id == "/".join((*self.identity, str(entry.seq)))
        self.after_writing([entry])

    @rule(many=st.lists(drafts, min_size=2, max_size=12))
    def append_together(self, many: list[Draft]) -> None:
        async def all_at_once() -> list[Entry]:
            return await asyncio.gather(*(self.journal.append(draft) for draft in many))

        before = self.do(self._export()).keys()
        entries = {entry.seq: entry for entry in self.do(all_at_once())}
        # The cap may have struck between two of the commits: such losses are entries like any other.
        there = self.do(self._export())
        between = {seq: entry for seq, entry in there.items() if seq not in before and seq < max(entries)}
        if any(seq not in entries for seq in between) or sorted(entries) != list(
            range(self.model.last + 1, self.model.last + 1 + len(entries))
        ):
            self.adopt(there, entries)
        else:
            self.after_writing([entries[seq] for seq in sorted(entries)])

    def adopt(self, there: dict[int, Entry], entries: dict[int, Entry]) -> None:
        """Where losses came between: what was said is there unless lost, and the journal itself counts the losses."""
        model = self.model
        known = {**model.entries, **entries}
        assert all(known.get(seq, entry) == entry for seq, entry in there.items())
        assert all(entry.kind == "loss" for seq, entry in there.items() if seq not in known)
        model.last = max(there)
        model.lost = self.do(self.journal.status()).lost
        model.entries = dict(there)
        for seq in there:
            model.served.setdefault(seq, self.served)
        self.forget([])

    @rule(
        given=facts, gone=st.sets(st.tuples(st.sampled_from(["n", "m"]), st.sampled_from(["", "1"]))), say=st.booleans()
    )
    def record(self, given: dict[tuple[str, str], Value], gone: set[tuple[str, str]], say: bool) -> None:  # noqa: FBT001  drawn
        rows = tuple(
            Fact(device="d", probe="p", name=name, subject=subject, value=value, seen_at=NOW, changed_at=NOW)
            for (name, subject), value in given.items()
        )
        draft = Draft(kind="report", data=b"{}", time=TIME) if say else None
        leaving = gone - given.keys()
        keys = tuple(("p", name, subject) for name, subject in leaving)
        entry = self.do(self.journal.record(Record(device="d", facts=rows, gone=keys, draft=draft)))
        assert (entry is not None) == say
        self.model.facts = {key: value for key, value in {**self.model.facts, **given}.items() if key not in leaving}
        self.after_writing([entry] if entry else [])

    @rule(draft=drafts, given=facts)
    def be_refused_by_a_full_disk(self, draft: Draft, given: dict[tuple[str, str], Value]) -> None:
        bulk = tuple(
            Fact(device="d", probe="p", name=f"x{n}", subject="", value="y" * 900, seen_at=NOW, changed_at=NOW)
            for n in range(300)
        )
        rows = tuple(
            Fact(device="d", probe="p", name=name, subject=subject, value=value, seen_at=NOW, changed_at=NOW)
            for (name, subject), value in given.items()
        )
        self.do(self.journal._ask(lambda store: store.db.one("PRAGMA max_page_count = 1")))
        try:
            self.do(self.journal.record(Record(device="d", facts=rows + bulk, draft=draft)))
        except Unwritable:
            pass
        else:
            raise AssertionError
        self.do(self.journal._ask(lambda store: store.db.one("PRAGMA max_page_count = 1000000")))

    @rule(sink=sinks, lane=lanes, limit=st.integers(1, 5), step=st.integers(0, 4))
    def read_and_acknowledge(self, sink: str, lane: Lane, limit: int, step: int) -> None:
        if sink not in self.model.active:
            return
        found = self.do(self.journal.read(sink, lane, limit, ALL))
        assert found == self.model.waiting(sink, lane)[:limit]
        for entry in found[step : step + 1]:
            self.do(self.journal.acknowledge(sink, lane, entry.seq))
            self.model.move(sink, lane, entry.seq)

    @rule(sink=sinks, lane=lanes)
    def acknowledge_everything(self, sink: str, lane: Lane) -> None:
        if sink in self.model.active and self.model.waiting(sink, lane):
            last = self.model.waiting(sink, lane)[-1].seq
            self.do(self.journal.acknowledge(sink, lane, last))
            self.model.move(sink, lane, last)

    @rule(sink=sinks, lane=lanes, seq=st.integers(0, 50))
    def acknowledge_again_what_is_behind(self, sink: str, lane: Lane, seq: int) -> None:
        if sink in self.model.active:
            self.do(self.journal.acknowledge(sink, lane, min(seq, self.model.cursors[sink, lane])))

    @rule(sink=sinks, lane=lanes, pick=st.integers(0, 3))
    def set_aside(self, sink: str, lane: Lane, pick: int) -> None:
        if sink not in self.model.active:
            return
        for entry in self.model.waiting(sink, lane)[pick : pick + 1]:
            self.do(self.journal.set_aside(sink, entry.seq, "refused"))
            self.model.aside.add((sink, entry.seq))
            self.model.move(sink, lane, self.model.cursors[sink, lane])

    @rule(days=st.sampled_from([0.5, 10.0, 20.0]))
    def let_time_pass(self, days: float) -> None:
        self.clocks.pass_by(days * DAY)
        self.served += days * DAY

    @rule(jump=st.sampled_from([-400 * DAY, 400 * DAY, -NOW]))
    def jump(self, jump: float) -> None:
        self.clocks.now = max(self.clocks.now + jump, 0.0)

    @rule()
    def prune(self) -> None:
        pruned = self.do(self.journal.prune(self.clocks.now))
        assert pruned.lost == 0
        due = [
            seq
            for seq, entry in self.model.entries.items()
            if self.model.said(entry) and self.model.served[seq] <= self.served - 30 * DAY
        ]
        assert pruned.delivered == len(due)
        self.forget(due)

    @rule(how=st.sampled_from(["close", "kill", "copy while writing"]))
    def end(self, how: Literal["close", "kill", "copy while writing"]) -> None:
        old = self.journal
        if how == "close":
            self.do(old.aclose())
        else:
            into = self.root / str(next(self.copies))
            if how == "copy while writing":
                self.do(self._copied_while_writing(into))
            else:
                crashed(self.folder, into)
            self.do(old.aclose())
            self.folder = into
        self.journal = self.do(self._open())
        assert self.journal.aside is None
        if how == "copy while writing":
            there = self.do(self._export())
            fresh = [there[seq] for seq in sorted(there) if seq > self.model.last]
            assert len(fresh) <= 3
            self.after_writing(fresh)

    async def _copied_while_writing(self, into: Path) -> None:
        draft = Draft(kind="incident", data=b'"unsaid"', time=TIME)
        writing = [asyncio.ensure_future(self.journal.append(draft)) for _ in range(3)]
        await asyncio.sleep(0)
        crashed(self.folder, into)
        await asyncio.gather(*writing)

    @precondition(lambda self: self.clocks.up > DAY)
    @rule()
    def boot(self) -> None:
        # Without this last sign of life, the time since the one before would not count as served.
        self.do(self.journal.mark("stop", self.clocks.now, self.clocks.boot, self.clocks.up))
        self.do(self.journal.aclose())
        self.clocks.reboot()
        self.journal = self.do(self._open())

    @invariant()
    def is_what_the_model_says(self) -> None:
        model = self.model
        assert (self.journal.agent, self.journal.epoch) == self.identity
        assert self.do(self._export()) == model.entries
        board = self.do(self.journal.board())
        assert {(fact.name, fact.subject): fact.value for fact in board.facts} == model.facts
        status = self.do(self.journal.status())
        assert (status.last, status.entries, status.lost) == (model.last, len(model.entries), model.lost)
        assert status.used_bytes <= CAP or all(entry.kind == "loss" for entry in model.entries.values())
        told = {(sink.sink, sink.lane): (sink.cursor, sink.waiting) for sink in status.sinks}
        assert told == {
            (sink, lane): (model.cursors[sink, lane], len(model.waiting(sink, lane)))
            for sink in model.active
            for lane in LANES
        }
        assert {(poison.sink, poison.seq) for poison in status.poison} == model.aside
        assert self.do(self.journal.verify()).sound


TestJournals = Journals.TestCase
TestJournals.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
