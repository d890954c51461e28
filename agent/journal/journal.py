"""The journal as everybody else sees it: asynchronous, and committed before it answers."""

import asyncio
import time as clocks
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from agent.journal import folds, state
from agent.journal.entries import Unreadable
from agent.journal.errors import Unwritable
from agent.journal.folds import Fold
from agent.journal.marks import Mark, Moment
from agent.journal.pruning import Pruned
from agent.journal.state import Status, Verdict
from agent.journal.store import Store, Terms
from agent.journal.writer import Act, Writer
from agent.record import Asked, Board, Draft, Entry, Lane, Record, Sample
from probes.model import Footage

_T = TypeVar("_T")

CAP_BYTES: Final = 1 << 30
KEEP_S: Final = 30 * 86_400.0
LINGER_S: Final = 0.02
FOLD_S: Final = 900.0
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Return what names this boot of the machine; where the kernel does not tell, each start counts as a boot."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


class Journal:
    """The one durable thing. Whatever a method that writes has returned from survives a kill and a power cut.

    Methods that write raise `Unwritable` where the disk does not let them; then nothing of what they were given is
    kept, and trying again later is right. A damaged file is set aside (`aside`) and a new epoch begins; whoever keeps
    the board in memory sees that `epoch` changed and records it anew.
    """

    def __init__(self, *, writer: Writer, terms: Terms, boot: str, monotonic: Callable[[], float]) -> None:
        """Use `Journal.open`."""
        self._writer = writer
        self._terms = terms
        self._boot = boot
        self._monotonic = monotonic
        self._buffer: folds.Buffer = {}
        self._folded_at = monotonic()

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        source: str,
        clock: Callable[[], float],
        cap_bytes: int = CAP_BYTES,
        keep_s: float = KEEP_S,
        linger_s: float = LINGER_S,
        boot: str | None = None,
        monotonic: Callable[[], float] = clocks.monotonic,
    ) -> Self:
        """Open the journal in the state directory `folder`, or begin one. Take `lock` first.

        Args:
            folder: made where there is none.
            source: `sitewarden/SITE`, for the events to come.
            clock: wall time in unix seconds.
            cap_bytes: how much the entries and all the rest may take.
            keep_s: how long an entry stays that every sink has acknowledged, in seconds of time served.
            linger_s: how long a commit waits for company, in seconds.
            boot: names this boot; by default the kernel's word.
            monotonic: seconds on the clock of this boot.

        Raises:
            Unwritable: the disk does not let us.
            TooNew: a later version wrote it.
        """
        named = boot or boot_id()

        def moment() -> Moment:
            return Moment(wall=clock(), boot=named, monotonic=monotonic())

        terms = Terms(folder=folder, source=source, cap_bytes=cap_bytes, keep_s=keep_s, moment=moment)
        writer = Writer(terms, linger_s=linger_s)
        try:
            await asyncio.wrap_future(writer.start())
        except BaseException:
            writer.stop()
            raise
        return cls(writer=writer, terms=terms, boot=named, monotonic=monotonic)

    async def __aenter__(self) -> Self:
        """Return itself, open already."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.aclose()

    @property
    def agent(self) -> str:
        """AGENT, as drawn when the state directory was first used."""
        return self._writer.agent

    @property
    def epoch(self) -> str:
        """EPOCH, as drawn when this file was begun."""
        return self._writer.epoch

    @property
    def aside(self) -> Path | None:
        """Where a damaged journal was set aside since the opening; None where none was."""
        return self._writer.aside

    @property
    def commits(self) -> int:
        """How many commits there were since the opening; each is one fsync of the log."""
        return self._writer.commits

    async def _write(self, act: Act[_T]) -> _T:
        return await asyncio.wrap_future(self._writer.submit(act, writes=True))

    async def _ask(self, act: Act[_T]) -> _T:
        return await asyncio.wrap_future(self._writer.submit(act, writes=False))

    async def record(self, record: Record) -> Entry | None:
        """Keep what one probing changed, whole; return its entry where it has a draft.

        Raises:
            Unwritable: nothing of it was kept.
            ValueError: the draft's data is not JSON.
        """
        moment = self._terms.moment()
        return await self._write(lambda store: store.record(record, moment))

    async def append(self, draft: Draft) -> Entry:
        """Number and keep one thing to be said.

        Raises:
            Unwritable: it was not kept.
            ValueError: its data is not JSON.
        """
        moment = self._terms.moment()
        return await self._write(lambda store: store.entries.add(draft, moment))

    async def asked(self, rows: Iterable[Asked]) -> None:
        """Keep when probes were last tried, in one commit."""
        given = tuple(rows)
        await self._write(lambda store: store.boards.asked(given))

    async def board(self) -> Board:
        """Return the latest of everything."""
        return await self._ask(lambda store: store.boards.board())

    async def kept(self, device: str) -> dict[str, str]:
        """Return the durable strings of `device` by name."""
        return await self._ask(lambda store: store.boards.kept(device))

    async def footage(self, device: str, subject: str) -> Footage | None:
        """Return what a channel held when last asked; None where that is not known."""
        return await self._ask(lambda store: store.boards.footage(device, subject))

    async def forget(self, device: str) -> None:
        """Drop what is known of a device that left the inventory; entries and roll-ups stay."""
        await self._write(lambda store: store.boards.forget(device))

    async def fold(self, samples: Iterable[Sample]) -> None:
        """Add numbers to their hours. They are written every quarter of an hour, by `flush`, and at the closing.

        Raises:
            Unwritable: it was time to write, and it could not be; the numbers are not lost, and tried again later.
        """
        folds.gather(self._buffer, samples)
        if self._monotonic() - self._folded_at >= FOLD_S:
            await self.flush()

    async def flush(self) -> None:
        """Write the numbers gathered so far."""
        unsaved, self._buffer = self._buffer, {}
        self._folded_at = self._monotonic()
        if not unsaved:
            return
        try:
            await self._write(lambda store: store.folds.write(unsaved))
        except Unwritable:
            folds.restore(self._buffer, unsaved)
            raise

    async def trend(self, device: str, name: str, subject: str = "", *, daily: bool = False) -> list[Fold]:
        """Return how a number went, by the hour (the last two weeks) or by the day, oldest first."""
        await self.flush()
        return await self._ask(lambda store: store.folds.trend(device, name, subject, daily=daily))

    async def sinks(self, names: Iterable[str]) -> None:
        """Let exactly `names` be read for; a new one starts at the beginning of what is kept."""
        given = tuple(names)
        self._writer.remember_sinks(given)
        await self._write(lambda store: store.cursors.register(given))

    async def read(self, sink: str, lane: Lane, limit: int, max_bytes: int) -> list[Entry]:
        """Return what `sink` has yet to be told in `lane`, oldest first: at most `limit` entries and `max_bytes` of
        bodies, but at least one entry where there is one. An entry that the disk did not keep becomes a loss.

        Raises:
            ValueError: no such sink is registered.
        """  # noqa: D205  the sentence is as long as what it promises
        while True:
            try:
                return await self._ask(lambda store: store.cursors.read(sink, lane, limit, max_bytes))
            except Unreadable as fault:
                await self._lose(fault.seq)

    async def _lose(self, seq: int) -> None:
        moment = self._terms.moment()
        await self._write(lambda store: store.pruning.by_damage(seq, moment))

    async def acknowledge(self, sink: str, lane: Lane, seq: int, *, epoch: str | None = None) -> None:
        """Note that `sink` has everything in `lane` up to `seq`. Never moves back.

        With `epoch` (that of the entry's id), an acknowledgement from before the journal was set aside moves nothing.
        """
        await self._write(
            lambda store: store.cursors.acknowledge(sink, lane, seq) if epoch in (None, store.epoch) else None
        )

    async def set_aside(self, sink: str, seq: int, reason: str) -> None:
        """Leave one entry out for `sink`, visibly, because it refuses it for good.

        Raises:
            ValueError: there is no such entry or sink.
        """
        wall = self._terms.moment().wall
        await self._write(lambda store: store.cursors.set_aside(sink, seq, reason, wall))

    async def mark(self, kind: str, wall: float, boot: str, monotonic: float) -> None:
        """Write down a start, a stop or a step of the clock."""
        moment = Moment(wall=wall, boot=boot, monotonic=monotonic)
        await self._write(lambda store: store.clocks.mark(kind, moment))

    async def marks(self) -> list[Mark]:
        """Return the marks in the order in which they were made."""
        return await self._ask(lambda store: store.clocks.marks())

    async def prune(self, now: float) -> Pruned:
        """Let go of what was said and is old, pack the days that are over, hold the cap; `now` in unix seconds.

        To be called every hour or so. The cap is held at every commit as well.
        """
        delivered = 0
        moment = self._terms.moment()
        while gone := await self._write(lambda store: store.pruning.by_age(moment)):
            delivered += gone

        def rest(store: Store) -> Pruned:
            store.folds.seal(now)
            store.folds.prune()
            return store.pruning.by_size(moment)

        pruned = await self._write(rest)
        await self._ask(lambda store: store.pruning.give_back())
        return Pruned(delivered=delivered + pruned.delivered, lost=pruned.lost)

    async def status(self) -> Status:
        """Return how full the journal is, and how far behind each sink."""
        folder, cap = self._terms.folder, self._terms.cap_bytes
        return await self._ask(
            lambda store: state.status(store.db, folder, agent=store.agent, epoch=store.epoch, cap_bytes=cap)
        )

    async def export(self) -> AsyncIterator[Entry]:
        """Yield every entry that is kept, in the order of the numbers; what cannot be read is left to `verify`."""
        cursor = 0
        while batch := await self._some(cursor):
            for entry in batch:
                if isinstance(entry, Entry):
                    yield entry
            cursor = batch[-1].seq

    async def _some(self, cursor: int) -> list[Entry | Unreadable]:
        return await self._ask(lambda store: store.entries.some(cursor))

    async def verify(self) -> Verdict:
        """Look at every page and every entry; writing waits meanwhile."""
        return await self._ask(lambda store: state.verify(store.db, agent=store.agent, epoch=store.epoch))

    async def aclose(self) -> None:
        """Write what is gathered, bring the log home, close. A second time does nothing."""
        if not self._writer.ended.done():
            try:
                await self.flush()
            except Unwritable:
                pass  # a roll-up is not worth hanging on for; everything else said so when it was refused
            finally:
                self._writer.stop()
        await asyncio.wrap_future(self._writer.ended)
