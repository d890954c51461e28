"""Asks devices on demand, in the order a technician would: first whether each answers, then the rest of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from agent.judge import login_owner
from agent.runner import Runner, Watched
from probes.model import Report
from probes.probe import Probe

#: A check of up to a hundred devices ends within 60 s, whatever they do.
DEADLINE_S: Final = 55.0
_FIRST: Final = "reach"


async def ask(
    runner: Runner,
    asked: Iterable[tuple[Watched, Sequence[Probe]]],
    *,
    deadline_s: float = DEADLINE_S,
) -> AsyncIterator[Report]:
    """Yield the report of each probing as it ends; devices side by side, the probes of one device one by one.

    Once a device is found silent its other probings are skipped. A login that rests is told once per protocol. Probings
    share what is left of `deadline_s`, so that the last report is there in time.
    """
    ready: asyncio.Queue[Report | None] = asyncio.Queue()
    ends = asyncio.get_running_loop().time() + deadline_s

    async def one(watched: Watched, probes: Sequence[Probe]) -> None:
        rested: set[str] = set()
        for probe in sorted(probes, key=lambda each: each.name != _FIRST):
            left = ends - asyncio.get_running_loop().time()
            if left <= 0 or (probe.name != _FIRST and watched.knowledge.unreachable and len(probes) > 1):
                continue
            if runner.resting(watched, probe) is not None:
                owner = login_owner(probe.protocol or "")
                if owner in rested:
                    continue
                rested.add(owner)
            report = await runner.turn(watched, probe, timeout_s=min(probe.timeout, left))
            if report.observations or report.findings:
                ready.put_nowait(report)

    async def everyone() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for watched, probes in asked:
                    group.create_task(one(watched, probes), name=f"check/{watched.target.device.id}")
        finally:
            ready.put_nowait(None)

    work = asyncio.create_task(everyone(), name="check")
    try:
        while (report := await ready.get()) is not None:
            yield report
        await work
    finally:
        work.cancel()
        await asyncio.wait([work])
