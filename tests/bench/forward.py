"""How fast the journal drains to a centre in a process of its own, and what a delivered entry costs in CPU."""

import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from agent.forward import Forwarder
from agent.journal import Journal
from agent.record import Draft
from agent.sinks.https import Compression, HttpsSink
from probes.model import Observation, Report
from tests.site.centre import separate

ENTRIES: Final = 10_000
FACTS: Final = 6
Row = tuple[str, float, str]
_WAYS: Final[tuple[tuple[str, Compression | None], ...]] = (("plain", None), ("gzip", "gzip"), ("zstd", "zstd"))


async def run() -> list[Row]:
    """Return rows of name, value and unit for a drain of `ENTRIES` reports of `FACTS` facts each."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        async with await Journal.open(Path(folder), source="sitewarden/bench", clock=time.time) as journal:
            await journal.sinks([name for name, _ in _WAYS])
            size = 0
            for start in range(0, ENTRIES, 500):  # as many as share a commit
                made = await asyncio.gather(*(journal.append(_draft(n)) for n in range(start, start + 500)))
                size += sum(len(entry.body) for entry in made)
            rows.append(("delivery, an entry's size", size / ENTRIES, "byte"))
            async with separate("--quiet") as (url, _):
                for name, compression in _WAYS:
                    rows += await _drain(journal, HttpsSink(name=name, url=url, compression=compression))
    return rows


async def _drain(journal: Journal, sink: HttpsSink) -> list[Row]:
    forwarder = Forwarder(log=journal, sink=sink)
    wall, cpu = time.perf_counter(), time.process_time()
    while await forwarder.step() is not None:
        pass
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await sink.aclose()
    assert forwarder.state.delivered == ENTRIES, forwarder.state
    assert forwarder.state.failures == 0, forwarder.state
    return [
        (f"delivery, drain {sink.name}", ENTRIES / wall, "entries/s"),
        (f"delivery, {sink.name}", cpu / ENTRIES * 1e6, "us CPU/entry"),
    ]


def _draft(n: int) -> Draft:
    report = Report(
        id=f"{n:032x}",
        device=f"cam-{n % 1000}",
        probe="onvif.identity",
        started_at="2026-11-23T07:00:00Z",
        duration_s=0.118,
        observations=tuple(
            Observation(name=f"device.fact{fact}", value=f"V5.7.{n % 97} build 220112") for fact in range(FACTS)
        ),
    )
    return Draft(kind="report", data=msgspec.json.encode(report), time=report.started_at)


def main() -> None:
    """Print the rows."""
    with contextlib.suppress(KeyboardInterrupt):
        for name, value, unit in asyncio.run(run()):
            sys.stdout.write(f"{name:<50} {value:10.2f} {unit}\n")


if __name__ == "__main__":
    main()
