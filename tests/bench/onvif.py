"""What ONVIF identity and clock cost a camera in CPU and memory, beside a raw aiohttp and lxml loop asking the same."""

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import aiohttp
from lxml import etree

from probes.onvif import clock, identity
from probes.probe import Shared, Target
from tests.cameras import PASSWORD, USERNAME, aim
from tests.site.onvif.client import post, request, token
from tests.site.onvif.soap import TDS
from tests.site.onvif.spec import Account

CAMERAS: Final = 200
FIRST: Final = 40  # cameras whose memory is not counted: what is shared is made for them
ROUNDS: Final = 5
AT_ONCE: Final = 20
#: What identity asks and then what clock asks, with a login or without.
CALLS: Final = (
    (("GetSystemDateAndTime", False), ("GetDeviceInformation", True), ("GetScopes", True)),
    (("GetSystemDateAndTime", False),),
)
ACCOUNT: Final = Account(username=USERNAME, password=PASSWORD)
Row = tuple[str, float, str]
Step = Callable[[], Awaitable[None]]


async def run() -> list[Row]:
    """Return rows of name, value and unit; the ratios are of this one run."""
    async with site(CAMERAS) as ports:
        async with Shared() as shared:
            targets = [aim(shared, port=port) for port in ports]
            memory = await growth(targets)
            ours = await least([_probing(target) for target in targets])
        alike = await least([_raw(None, port) for port in ports])
        async with raw_session() as session:
            kept = await least([_raw(session, port) for port in ports])
    check = await asyncio.to_thread(alone)
    return [
        ("onvif identity + clock", ours * 1_000, "ms CPU/camera"),
        ("onvif, raw loop, connections closed between polls", alike * 1_000, "ms CPU/camera"),
        ("onvif, raw loop, connections kept for ever", kept * 1_000, "ms CPU/camera"),
        ("onvif over the raw loop that closes as we do", ours / alike, "x"),
        ("onvif over the raw loop that keeps connections", ours / kept, "x"),
        ("onvif, memory of a further camera", memory / 1_000, "kB"),
        ("onvif, imports and one identity", check, "s wall"),
    ]


@contextlib.asynccontextmanager
async def site(count: int) -> AsyncIterator[list[int]]:
    """Run the cameras in another process; yields their ports."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.onvif_site", str(count), stdin=pipe, stdout=pipe
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield [int(port) for port in (await process.stdout.readline()).split()]
    finally:
        process.stdin.close()
        await process.wait()


def _probing(target: Target) -> Step:
    async def step() -> None:
        noted: list[object] = []
        await identity.PROBE.observe(target, noted.append)
        await clock.PROBE.observe(target, noted.append)
        assert len(noted) == 8, noted

    return step


def raw_session() -> aiohttp.ClientSession:
    """Return a session as a plain script has it."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


def _raw(kept: aiohttp.ClientSession | None, port: int) -> Step:
    """Return the same calls by hand: on `kept` connections, or on one that is closed after each poll, as ours is."""
    url = f"http://127.0.0.1:{port}/onvif/device_service"

    async def step() -> None:
        seen = 0
        for calls in CALLS:
            async with contextlib.nullcontext(kept) if kept else raw_session() as session:
                for operation, signed in calls:
                    answer = await post(session, url, request(operation, TDS, header=token(ACCOUNT) if signed else ""))
                    body = etree.fromstring(answer.body)[-1]
                    seen += sum(1 for element in body.iter("*") if element.text)
        assert seen > 8, seen

    return step


async def growth(targets: Sequence[Target]) -> float:
    """Return by how many bytes the process grows a camera, all of them asked twice."""
    await least([_probing(target) for target in targets[:FIRST]], rounds=2)
    before = _resident()
    await least([_probing(target) for target in targets[FIRST:]], rounds=2)
    return (_resident() - before) / (len(targets) - FIRST)


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def least(steps: Sequence[Step], *, rounds: int = ROUNDS) -> float:
    """Return the CPU seconds a step in the best of some rounds, some steps at a time."""
    best = float("inf")
    for _ in range(rounds):
        gate = asyncio.Semaphore(AT_ONCE)
        began = time.process_time()
        await asyncio.gather(*(_through(gate, step) for step in steps))
        best = min(best, time.process_time() - began)
    return best / len(steps)


async def _through(gate: asyncio.Semaphore, step: Step) -> None:
    async with gate:
        await step()


def alone() -> float:
    """Return the wall seconds of an interpreter that starts, loads the probe and asks one camera; the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "tests.bench.onvif", "alone"], check=True)
        best = min(best, time.perf_counter() - began)
    return best


async def _alone() -> None:
    from tests.site.onvif import Camera

    async with Camera() as camera, Shared() as shared:
        await _probing(aim(shared, port=camera.port))()


def main() -> None:
    """Print the rows."""
    if sys.argv[1:] == ["alone"]:
        asyncio.run(_alone())
        return
    for name, value, unit in asyncio.run(run()):
        sys.stdout.write(f"{name:<50} {value:8.2f} {unit}\n")


if __name__ == "__main__":
    main()
