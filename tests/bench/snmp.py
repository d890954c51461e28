"""What SNMP identity costs: CPU of our whole probe, per library, beside bare gufo-snmp calls asking the same."""

import asyncio
import contextlib
import functools
import importlib.util
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final
from unittest import mock

from probes.probe import Target
from probes.snmp import identity, session
from tests.bench.snmp_site import MODEL
from tests.site.snmp_target import target

AGENTS: Final = 200
ROUNDS: Final = 5
SCALARS: Final = (*identity._SYSTEM, *identity._HIKVISION)
CELLS: Final = tuple(f"{column}.2" for column in identity._CELLS)
Row = tuple[str, float, str]


async def run() -> list[Row]:
    """Return rows of name, value and unit: milliseconds of CPU per device, and the ratios of this run."""
    async with site(AGENTS) as ports:
        targets = [target(port) for port in ports]
        cost = {"pysnmp": await ours(targets, "pysnmp")}
        if importlib.util.find_spec("gufo.snmp") is not None:
            cost["gufo-snmp"] = await ours(targets, "gufo")
            cost["bare gufo-snmp"] = await least([functools.partial(bare, port) for port in ports])
    rows = [(f"snmp identity, {name}", cpu * 1_000, "ms CPU/device") for name, cpu in cost.items()]
    floor = cost.get("bare gufo-snmp")
    if floor:
        rows += [
            (f"snmp identity, {name} over bare gufo-snmp", cost[name] / floor, "x") for name in ("gufo-snmp", "pysnmp")
        ]
    return rows


@contextlib.asynccontextmanager
async def site(count: int) -> AsyncIterator[list[int]]:
    """Run the agents in another process; yields their ports."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.snmp_site", str(count), stdin=pipe, stdout=pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield [int(port) for port in (await process.stdout.readline()).split()]
    finally:
        process.stdin.close()
        await process.wait()


async def ours(targets: list[Target], adapter: session.Adapter) -> float:
    """Return the CPU seconds of one whole probing by `adapter`."""
    with mock.patch.object(identity, "session", functools.partial(session.session, adapter=adapter)):
        return await least([functools.partial(probing, subject) for subject in targets])


async def probing(subject: Target) -> None:
    """Run the probe; a device that tells less than all is a fault of the bench."""
    noted: list[object] = []
    await identity.PROBE.observe(subject, noted.append)
    assert len(noted) == 7, noted


async def bare(port: int) -> None:
    """Ask what the probe asks, by gufo-snmp's own session."""
    from gufo.snmp.aio import SnmpSession

    snmp = SnmpSession("127.0.0.1", port, community="public", timeout=6.0, max_repetitions=25)
    await snmp.get_many(SCALARS)
    rows = [row async for row in snmp.getbulk(f"{MODEL}.5")]
    assert len(rows) == 24
    await snmp.get_many(CELLS)


async def least(calls: list[Callable[[], Awaitable[None]]]) -> float:
    """Return the CPU seconds per call in the best of some rounds, 20 calls at a time."""
    best = float("inf")
    for _ in range(ROUNDS):
        gate = asyncio.Semaphore(20)
        began = time.process_time()
        await asyncio.gather(*(_through(gate, call) for call in calls))
        best = min(best, time.process_time() - began)
    return best / len(calls)


async def _through(gate: asyncio.Semaphore, call: Callable[[], Awaitable[None]]) -> None:
    async with gate:
        await call()


def main() -> None:
    """Print the rows."""
    for name, value, unit in asyncio.run(run()):
        sys.stdout.write(f"{name:<50} {value:8.2f} {unit}\n")


if __name__ == "__main__":
    main()
