"""Keeps the books beside the probing: when each probe last asked, roll-ups, pruning, heartbeats, steps of the clock."""

import asyncio
import time
from collections import Counter
from importlib.metadata import version
from typing import Final

import msgspec
import structlog

from agent.delivery import Bell
from agent.house import House
from agent.journal import Unwritable, boot_id
from agent.judge import stamp
from agent.record import Asked, Draft, Sample

log = structlog.get_logger(__name__)

FOLD_S: Final = 60.0
ASKED_S: Final = 300.0
PRUNE_S: Final = 3600.0
LOOK_S: Final = 5.0
#: A wall clock that moved by so much against the monotonic one was set, by hand or by NTP.
STEP_S: Final = 2.0


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """The data of sitewarden.heartbeat.v1: that the agent lives, and how its site is in numbers."""

    version: str
    uptime_s: float
    devices: dict[str, int]  # by worst severity
    late_s: float = 0.0  # the worst lateness of a turn since the start


class Books:
    """The bookkeeping of one running service."""

    def __init__(self, *, house: House, bell: Bell) -> None:
        """Keep books for `house`; ring `bell` where something to be told was journaled."""
        self._house = house
        self._bell = bell
        self._samples: list[Sample] = []
        self._flushed: dict[tuple[str, str], Asked] = {}
        self._epoch = house.journal.epoch
        self._started = time.monotonic()

    def sample(self, sample: Sample) -> None:
        """Take a numeric fact, to be folded within a minute."""
        self._samples.append(sample)

    async def fold(self) -> None:
        """Hand the numbers over to the journal."""
        samples, self._samples = self._samples, []
        await self._house.journal.fold(samples)

    async def asked(self) -> None:
        """Keep in one commit when each probe last asked, where that changed."""
        now = {
            (device, probe): asked
            for device, watched in self._house.watched.items()
            for probe, asked in watched.knowledge.asked.items()
        }
        changed = [asked for key, asked in now.items() if self._flushed.get(key) != asked]
        if changed:
            await self._house.journal.asked(changed)
            self._flushed = now

    async def prune(self) -> None:
        """Let the journal let go of what was delivered and is old."""
        await self._house.journal.prune(time.time())

    async def beat(self, *, late_s: float = 0.0) -> None:
        """Journal that the agent lives."""
        severities = Counter(watched.knowledge.severity.value for watched in self._house.watched.values())
        beat = Heartbeat(
            version=version("sitewarden"),
            uptime_s=round(time.monotonic() - self._started, 1),
            devices=dict(sorted(severities.items())),
            late_s=round(late_s, 3),
        )
        draft = Draft(kind="heartbeat", data=msgspec.json.encode(beat), time=stamp(time.time()))
        await self._house.journal.append(draft)
        self._bell.ring()

    async def watch_clock(self) -> None:
        """Write down each step of the wall clock, for ever. Nothing in the house depends on it but what is stamped."""
        ahead = time.time() - time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.time() - time.monotonic()
            if abs(now - ahead) > STEP_S:
                log.warning("clock_stepped", seconds=round(now - ahead, 3))
                await self.mark("step")
            ahead = now

    async def mark(self, kind: str) -> None:
        """Write down a start, a stop or a step, by all clocks."""
        try:
            await self._house.journal.mark(kind, time.time(), boot_id(), time.monotonic())
        except Unwritable as fault:
            log.warning("mark_unwritable", kind=kind, reason=str(fault))

    async def renewed(self) -> None:
        """Let all that is known be told again where the journal had to begin anew because its file was damaged."""
        if self._epoch == self._house.journal.epoch:
            return
        self._epoch = self._house.journal.epoch
        self._flushed = {}
        for watched in self._house.watched.values():
            watched.knowledge.forget()

    async def close(self) -> None:
        """Hand over what is not yet written."""
        for act in (self.fold, self._house.journal.flush, self.asked):
            try:
                await act()
            except Unwritable as fault:
                log.warning("books_unwritable", reason=str(fault))
                return
