"""Checks on demand, the same for the socket and for the command line alone: names understood, nobody left out."""

import re
import time
import uuid
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Final

from agent.ask import ask
from agent.exits import usage
from agent.guess import guess
from agent.house import House
from agent.judge import stamp
from agent.runner import Runner, Watched
from probes.model import Footage, Report, Severity, opinion
from probes.probe import Probe

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def known_device(name: str, devices: Collection[str]) -> None:
    """Hold the name of a device against those that there are.

    Raises:
        Stop: there is none of that name (64).
    """
    if name in devices:
        return
    if not _NAME.fullmatch(name):
        raise usage("local.no_device")  # not repeated: it may be an ADDRESS gone wrong, with a secret in it
    close = guess(name, devices)
    raise (
        usage("local.misspelt_device", name=name, close=close) if close else usage("local.unknown_device", name=name)
    )


def known_probe(name: str | None, probes: Collection[str]) -> None:
    """Hold the name of a probe against those that there are.

    Raises:
        Stop: there is none of that name (64).
    """
    if name is None or name in probes:
        return
    shown = name if _NAME.fullmatch(name) else "?"
    close = guess(name, probes)
    raise (
        usage("local.misspelt_probe", name=shown, close=close)
        if close
        else usage("local.unknown_probe", name=shown, known=", ".join(sorted(probes)))
    )


async def check(house: House, names: Iterable[str] = (), probe: str | None = None) -> AsyncIterator[Report]:
    """Ask the devices `names` (none: all) by `probe` (None: all but slow ones) and yield the reports as they come.

    Raises:
        Stop: a device or the probe is unknown (64); nothing was asked then.
    """
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        known_device(name, house.watched)
    known_probe(probe, house.catalog.probes)
    async for report in everyone(house.runner, house.pick(wanted, probe)):
        yield report


async def everyone(runner: Runner, asked: Sequence[tuple[Watched, Sequence[Probe]]]) -> AsyncIterator[Report]:
    """Yield the reports of `asked`; a device whose turn never came before the deadline has one that says so."""
    silent = {watched.target.device.id for watched, probes in asked if probes}
    reports = ask(runner, asked)
    try:
        async for report in reports:
            silent.discard(report.device)
            yield homeward(report)
    finally:
        await reports.aclose()  # type: ignore[attr-defined]
    for device in sorted(silent):
        yield Report(
            id=uuid.uuid4().hex,
            device=device,
            probe="reach",
            started_at=stamp(time.time()),
            duration_s=0.0,
            findings=(opinion("answer.unasked", Severity.UNKNOWN, subject="reach"),),
        )


def homeward(report: Report) -> Report:
    """Return the report as it is shown at home: without footage, which is large, but with phrases, which translate."""
    seen = tuple(each for each in report.observations if not isinstance(each.value, Footage))
    if len(seen) == len(report.observations):
        return report
    return Report(
        id=report.id,
        device=report.device,
        probe=report.probe,
        started_at=report.started_at,
        duration_s=report.duration_s,
        observations=seen,
        findings=report.findings,
    )
