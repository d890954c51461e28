"""Carries the journal to one sink: from the cursor, first lane first, with patience, and without losing a word.

The cursor moves only after the centre has acknowledged, so whatever is cut short is sent again with the same ids. A
batch that is refused for good is sent again entry by entry, and only the refused entry is set aside (how blame is found
stands in agent.apart). One that is too large is split. Every other failure holds the whole sink back: exponential, with
full jitter, or as long as the centre asks. A trouble is said once when it begins and once when it ends.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NoReturn

import msgspec
import structlog

from agent.apart import CHUNK, DOORS, FAILURES, STRIKES, Apart, epoch
from agent.delivery import Bell, Delivery, Log, Pace
from agent.journal import JournalError
from agent.record import Entry, Lane
from agent.sinks.sink import Permanent, Sink, Transient
from probes.words import Phrase, utter

LANES: Final[tuple[Lane, ...]] = ("first", "report")

_ALONE_BYTES: Final = 4 * 1024 * 1024  # what is read to look past suspects; what is sent is one entry
_TRAILING: Final = 3  # entries refused as by a closed door, last of a walk that took others, that are believed at fault
_BREATH_S: Final = 1.0  # how long entries go alone before the first lane is looked at again
_GROWTH: Final = 4  # batches taken before a batch that was made smaller doubles again


class _Walk(msgspec.Struct, kw_only=True):
    """What became of entries sent one by one, up to now."""

    doors: list[tuple[Entry, Phrase]] = []  # in a row: told that the door is closed
    failed: int = 0  # in a row: the centre failed over them
    held: Transient | None = None

    @property
    def hopeless(self) -> bool:
        """Tell whether it is the centre rather than the entries."""
        return len(self.doors) >= DOORS or self.failed >= FAILURES


class Forwarder:
    """The one task that feeds one sink."""

    def __init__(
        self,
        *,
        log: Log,
        sink: Sink,
        bell: Bell | None = None,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Take what to read, where to deliver, what wakes us; `draw` is a source of randomness within [0, 1)."""
        self._log = log
        self._sink = sink
        self._bell = bell or Bell()
        self._pace = pace or Pace()
        self._clock, self._monotonic, self._sleep, self._draw = clock, monotonic, sleep, draw
        self._lanes = {lane: Apart() for lane in LANES}
        self._limit = self._pace.entries
        self._smooth = 0
        self._taken = 0
        self.state = Delivery(sink=sink.name)
        self._say = structlog.get_logger().bind(sink=sink.name)

    async def run(self) -> NoReturn:
        """Deliver for ever. Cancelling is safe at any moment: at worst a batch is sent a second time."""
        while True:
            seen = self._bell.rung
            pause = await self.step()
            if pause is None:
                await self._idle(seen)
            elif pause:
                await self._sleep(pause)

    async def step(self) -> float | None:
        """Deliver one batch; return the seconds to hold back, 0 to go on at once, None where nothing is left to do."""
        try:
            return 0.0 if await self._pass() else None
        except Transient as failure:
            return self._hold(failure)
        except JournalError as failure:  # it says so itself, and tells the operator
            return self._hold(Transient(failure.phrase))
        except Exception as fault:  # noqa: BLE001  a fault of ours must not end delivery for good
            held = Transient("forward.fault", kind=type(fault).__name__)
            if held.phrase != self.state.trouble:
                self._say.error("delivery_fault", exc_info=True)
            return self._hold(held)

    async def _pass(self) -> bool:
        held: Transient | None = None
        waiting: list[str] = []
        for lane in LANES:
            apart = self._lanes[lane]
            alone = bool(apart.suspects or apart.ahead)
            limit = CHUNK + len(apart.ahead) + len(apart.suspects) if alone else self._limit
            size = _ALONE_BYTES if alone else self._pace.bytes
            entries = await self._log.read(self._sink.name, lane, limit, size)
            if not entries:
                continue
            waiting.append(entries[0].time)
            self._note(waiting_since=min(waiting))
            if not apart.wants(entries):
                await self._together(lane, entries)
                return True
            due = apart.due(entries, now=self._monotonic(), troubled=self.state.failures > 0)
            if not due:
                continue
            held = await self._alone(lane, entries, due)
            if held is None:
                return True
        if held is not None:
            raise held
        if not waiting:
            self._note(waiting_since=None)
        return False

    async def _together(self, lane: Lane, entries: Sequence[Entry]) -> None:
        apart = self._lanes[lane]
        try:
            await self._sink.deliver(entries)
        except Permanent as refusal:
            if refusal.blame == "size":
                self._shrink(len(entries))
            else:
                apart.until = entries[-1].seq
            return
        except Transient as failure:
            if failure.choked:
                self._failed(lane, entries[-1].seq)
            elif failure.unheard and self.state.failures:
                self._shrink(len(entries))  # twice unheard: the line may be too slow for so much at once
            raise
        await self._acknowledge(lane, entries[-1])
        apart.tolerant = False
        self._accepted(lane, len(entries))
        self._smooth += 1
        if self._smooth >= _GROWTH:
            self._smooth = 0
            self._limit = min(self._pace.entries, self._limit * 2)

    async def _alone(self, lane: Lane, entries: Sequence[Entry], due: Sequence[Entry]) -> Transient | None:
        """Deliver `due` one by one; return why the lane is held where the centre took none of them."""
        apart = self._lanes[lane]
        began, before = self._monotonic(), self._taken
        fresh = any(entry.seq not in apart.suspects for entry in due)
        walk = _Walk()
        try:
            for entry in due:
                await self._try(lane, entry, walk)
                if walk.hopeless or self._monotonic() - began > _BREATH_S:
                    break
        except Transient:
            await self._advance(lane, entries)
            raise
        took = self._taken > before
        if took and len(walk.doors) <= _TRAILING:
            for entry, phrase in walk.doors:
                await self._put_aside(lane, entry, phrase)
            walk.doors.clear()
        await self._advance(lane, entries)
        # Known failures alone, while the centre takes others, have each a time of their own.
        postponed = not fresh and not walk.doors and not self.state.failures
        return walk.held if walk.hopeless or not (took or postponed) else None

    async def _try(self, lane: Lane, entry: Entry, walk: "_Walk") -> None:
        apart = self._lanes[lane]
        try:
            await self._sink.deliver([entry])
        except Permanent as refusal:
            if refusal.blame == "door" and not self._proven(lane, entry):
                apart.strike(entry.seq, phrase=refusal.phrase, taken=self._taken)
                walk.doors.append((entry, refusal.phrase))
                walk.held = Transient(refusal.phrase, operator=True)
            else:
                await self._put_aside(lane, entry, refusal.phrase)
        except Transient as failure:
            if failure.choked:
                self._failed(lane, entry.seq)
            if not (failure.choked and apart.tolerant):
                raise
            walk.failed += 1
            walk.held = failure
            await self._struck(lane, entry, failure)
        else:
            apart.settle(entry.seq, taken=True)
            self._accepted(lane, 1)
            walk.failed = 0
            # The door is open now. Was it just opened, or are these at fault? Only asking once more can tell.
            doors, walk.doors = walk.doors, []
            for refused, _ in doors:
                await self._try(lane, refused, walk)

    def _proven(self, lane: Lane, entry: Entry) -> bool:
        """Tell whether the centre took others since it last refused `entry` in the same manner."""
        suspect = self._lanes[lane].suspects.get(entry.seq)
        return suspect is not None and self._taken > suspect.taken

    async def _struck(self, lane: Lane, entry: Entry, failure: Transient) -> None:
        apart = self._lanes[lane]
        suspect = apart.strike(entry.seq, phrase=failure.phrase, taken=self._taken)
        pause = min(self._pace.cap / 5, self._pace.jittered(suspect.strikes, self._draw()))
        suspect.not_before = self._monotonic() + pause
        if suspect.strikes >= apart.need:
            await self._put_aside(lane, entry, failure.phrase)

    async def _put_aside(self, lane: Lane, entry: Entry, phrase: Phrase) -> None:
        await self._log.set_aside(self._sink.name, entry.seq, utter(phrase))
        self._lanes[lane].settle(entry.seq, taken=False)
        self._note(set_aside=self.state.set_aside + 1)
        self._say.error("entry_set_aside", id=entry.id, kind=entry.kind, reason=utter(phrase))

    async def _advance(self, lane: Lane, entries: Sequence[Entry]) -> None:
        reached = self._lanes[lane].reached(entries)
        if reached is not None:
            await self._acknowledge(lane, reached)

    async def _acknowledge(self, lane: Lane, last: Entry) -> None:
        await self._log.acknowledge(self._sink.name, lane, last.seq, epoch=epoch(last).rpartition("/")[2])

    def _failed(self, lane: Lane, seq: int) -> None:
        """Count an answer such as 500; where it does not change, one entry may be what the centre fails over."""
        apart = self._lanes[lane]
        apart.failed += 1
        if apart.failed >= STRIKES and not apart.tolerant:
            apart.tolerant = True
            apart.until = max(apart.until, seq)

    def _shrink(self, length: int) -> None:
        self._limit = max(1, length // 2)
        self._smooth = 0

    def _accepted(self, lane: Lane, count: int) -> None:
        self._taken += count
        self._lanes[lane].failed = 0
        if self.state.trouble is not None:
            self._say.info("delivery_resumed", after_failures=self.state.failures)
        self._note(
            delivered=self.state.delivered + count,
            failures=0,
            trouble=None,
            since=None,
            last_success=self._clock(),
        )

    def _hold(self, failure: Transient) -> float:
        failures = self.state.failures + 1
        pause = self._pace.jittered(failures, self._draw())
        if failure.retry_after is not None:
            # A little later than asked, each at another moment: a fleet must not come back all at once.
            pause = max(pause, min(self._pace.asked_cap, failure.retry_after) * (1 + self._draw() / 10))
        if failure.phrase != self.state.trouble:
            say = self._say.error if failure.operator else self._say.warning
            say("delivery_held", reason=utter(failure.phrase), retry_in_s=round(pause, 1))
        since = self.state.since if self.state.since is not None else self._clock()
        self._note(failures=failures, trouble=failure.phrase, since=since)
        return pause

    async def _idle(self, seen: int) -> None:
        """Wait until something was appended, or a suspect is to be tried again; look now and then in any case."""
        now = self._monotonic()
        moments = (moment for apart in self._lanes.values() if (moment := apart.next_due()) is not None)
        pause = max(0.0, min(moments, default=now + self._pace.look) - now)
        waits = [asyncio.ensure_future(self._bell.wait(seen)), asyncio.ensure_future(self._sleep(pause))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _note(self, **changed: str | float | Phrase | None) -> None:
        self.state = msgspec.structs.replace(self.state, **changed)
