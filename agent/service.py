"""Keeps every turn of the plan going: cadence, silence and return, nudges, changes of the plan."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping

import msgspec
import structlog

from agent import schedule
from agent.known import SILENCE
from agent.plan import Turn
from agent.runner import Runner, Watched

log = structlog.get_logger(__name__)

_PAUSE_S = 5.0


class Lateness(msgspec.Struct):
    """How late turns began, in seconds: kept as a small histogram so that it costs nothing."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * 7)
    worst: float = 0.0

    #: Upper bounds of all but the last count.
    bounds = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0)

    def add(self, late: float) -> None:
        """Count one turn."""
        self.worst = max(self.worst, late)
        self.counts[sum(late > bound for bound in self.bounds)] += 1


class Turns:
    """One named task per (device, probe) inside a task group that the caller owns."""

    def __init__(self, *, group: asyncio.TaskGroup, runner: Runner) -> None:
        """Run tasks in `group`, asking through `runner`."""
        self._group = group
        self._runner = runner
        self._tasks: dict[str, tuple[Turn, asyncio.Task[None]]] = {}
        self._nudges: dict[str, asyncio.Event] = {}
        self._watched: dict[str, Watched] = {}
        self.lateness = Lateness()

    def follow(self, planned: Iterable[Turn], watched: Mapping[str, Watched]) -> None:
        """Take up a plan: turns that it lacks end, new ones begin, those that did not change go on undisturbed."""
        wanted = {turn.name: turn for turn in planned}
        for name, (turn, task) in list(self._tasks.items()):
            same_device = self._watched.get(turn.device.id) is watched.get(turn.device.id)
            if wanted.get(name) != turn or not same_device:
                task.cancel()
                del self._tasks[name]
                self._nudges.pop(name, None)
        self._watched = dict(watched)
        start = asyncio.get_running_loop().time()
        for name, turn in wanted.items():
            if name not in self._tasks:
                self._nudges[name] = asyncio.Event()
                task = self._group.create_task(self._go_on(turn, watched[turn.device.id], start), name=name)
                self._tasks[name] = (turn, task)

    def nudge(self, device: str, probe: str | None = None) -> None:
        """Let a device's turns (or the one of `probe`) come now instead of at their slot."""
        for name, event in self._nudges.items():
            owner, _, which = name.partition("/")
            if owner == device and probe in (None, which):
                event.set()

    async def _go_on(self, turn: Turn, watched: Watched, start: float) -> None:
        """Take this turn at each of its slots, for ever. Nothing that goes wrong in one ends the next."""
        loop = asyncio.get_running_loop()
        nudge = self._nudges[turn.name]
        slot = schedule.first(start, turn.every, schedule.phase(turn.device.id, turn.probe.name))
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(slot):
                    await nudge.wait()
            nudged, now = nudge.is_set(), loop.time()
            nudge.clear()
            if not nudged:
                self.lateness.add(now - slot)
                slot = schedule.following(slot, turn.every, now)
            try:
                await self._take(turn, watched)
            except Exception:
                log.exception("turn_failed", device=turn.device.id, probe=turn.probe.name)
                await asyncio.sleep(_PAUSE_S)

    async def _take(self, turn: Turn, watched: Watched) -> None:
        """Ask, unless the device is known to be silent or its login rests; hurry where silence begins or ends."""
        silent = watched.knowledge.unreachable
        probe = turn.probe
        if (silent and probe.name != SILENCE) or self._runner.resting(watched, probe) is not None:
            return
        report = await self._runner.turn(watched, probe)
        if probe.name == SILENCE:
            if silent and not watched.knowledge.unreachable:
                self.nudge(turn.device.id)
        elif any(finding.subject == probe.name and finding.check == "answer" for finding in report.findings):
            self.nudge(turn.device.id, SILENCE)
