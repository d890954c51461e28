"""What the journal costs: records and fsyncs a second, alone and in company, and bytes for a device and a day."""

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from agent.journal import Journal
from agent.record import Draft, Fact, Record, Sample

_TIME: Final = "2026-11-23T07:00:00Z"
_MIDNIGHT: Final = 1_795_392_000.0
_DAY: Final = 86_400
_SECONDS: Final = 2.0
_DEVICES: Final = 50
_DAYS: Final = 4  # the newest two stay open, so two are packed
_REPORT: Final = (
    b'{"id":"%d","device":"cam-1","probe":"onvif.identity","started_at":"2026-11-23T07:00:00Z","duration_s":0.118,'
    b'"observations":[%s],"findings":[]}'
)
_SEEN: Final = b'{"name":"device.firmware","value":"V5.7.3 build 220112","unit":"","subject":"","detail":""}'
#: Name, unit, where it starts, how far it wanders in a minute, to how many decimals the device tells it.
_FACTS: Final = (
    ("cpu.load", "%", 20.0, 4.0, 0),
    ("memory.used", "%", 55.0, 0.5, 1),
    ("temperature", "celsius", 41.0, 0.3, 1),
    ("reach.rtt", "s", 0.0008, 0.0002, 6),
    ("clock.offset", "s", 0.12, 0.01, 3),
    ("storage.used", "%", 97.0, 0.02, 1),
    ("port.errors", "1/s", 0.0, 0.0, 3),
    ("device.uptime", "s", 8_640_000.0, 0.0, 0),
)


def _record(n: int) -> Record:
    seen = Fact(
        device="cam-1", probe="onvif.identity", name="device.firmware", value=str(n), seen_at=1.0, changed_at=1.0
    )
    draft = Draft(kind="report", data=_REPORT % (n, b",".join([_SEEN] * 6)), time=_TIME)
    return Record(device="cam-1", facts=(seen,), draft=draft)


@contextlib.asynccontextmanager
async def _opened(linger_s: float) -> AsyncIterator[tuple[Journal, Path]]:
    with tempfile.TemporaryDirectory(prefix="journal-", dir=".") as folder:
        place = Path(folder)
        async with await Journal.open(place, source="sitewarden/x", clock=time.time, linger_s=linger_s) as journal:
            yield journal, place


async def _writing(writers: int, linger_s: float) -> tuple[float, float]:
    """Return records a second, and commits a record."""
    async with _opened(linger_s) as (journal, _):
        until = time.perf_counter() + _SECONDS
        count = 0

        async def write() -> None:
            nonlocal count
            while time.perf_counter() < until:
                count += 1
                await journal.record(_record(count))

        start, before = time.perf_counter(), journal.commits
        await asyncio.gather(*(write() for _ in range(writers)))
        return count / (time.perf_counter() - start), (journal.commits - before) / count


def _samples(day: int, hour: int, state: dict[tuple[int, str], float], chance: random.Random) -> Iterator[Sample]:
    for minute in range(60):
        at = _MIDNIGHT + day * _DAY + hour * 3600 + minute * 60
        for device in range(_DEVICES):
            for name, unit, start, step, digits in _FACTS:
                value = state.setdefault((device, name), start) + chance.gauss(0.0, step)
                state[device, name] = value + 60.0 if name == "device.uptime" else value * 0.99 + start * 0.01
                told = round(value, digits)
                yield Sample(device=f"cam-{device}", name=name, subject="", unit=unit, value=told, at=at)


async def _folding() -> tuple[float, float, float, float]:
    """Return bytes of a device and a day: open, by the hour once the day is over, by the day; and samples a second."""
    chance = random.Random(1)  # noqa: S311  weather, not secrets
    state: dict[tuple[int, str], float] = {}
    count, took = 0, 0.0
    async with _opened(0.0) as (journal, _):
        for day in range(_DAYS):
            for hour in range(24):
                samples = list(_samples(day, hour, state, chance))
                start = time.perf_counter()
                await journal.fold(samples)
                await journal.flush()
                took += time.perf_counter() - start
                count += len(samples)
        await journal.prune(_MIDNIGHT + (_DAYS - 1) * _DAY)
        sql = """SELECT grain, sum(length(packed) + 12), count(DISTINCT CASE grain WHEN 0 THEN at / 24 ELSE at END)
                 FROM folds GROUP BY 1"""
        rows = await journal._ask(lambda store: store.db.rows(sql))
    open_, hourly, daily = (size / days / _DEVICES for _, size, days in rows)
    return open_, hourly, daily, count / took


async def _draining() -> float:
    """Return entries a second that one sink reads and acknowledges, a hundred at a time."""
    async with _opened(0.02) as (journal, _):
        await journal.sinks(["centre"])
        for start in range(0, 5_000, 500):
            await asyncio.gather(*(journal.record(_record(start + n)) for n in range(500)))
        begun, count = time.perf_counter(), 0
        while batch := await journal.read("centre", "report", 100, 1 << 20):
            await journal.acknowledge("centre", "report", batch[-1].seq)
            count += len(batch)
        return count / (time.perf_counter() - begun)


async def run() -> list[tuple[str, float, str]]:
    """Return the rows of the table: what, how much, of which unit."""
    alone, alone_commits = await _writing(1, 0.02)
    company, company_commits = await _writing(50, 0.02)
    hasty, _ = await _writing(1, 0.0)
    open_, hourly, daily, folded = await _folding()
    return [
        ("journal: records by one writer", alone, "1/s"),
        ("journal: fsyncs a record, one writer", alone_commits, ""),
        ("journal: records by fifty writers", company, "1/s"),
        ("journal: fsyncs a record, fifty writers", company_commits, ""),
        ("journal: records by one writer that nobody keeps waiting", hasty, "1/s"),
        ("journal: entries drained by one sink", await _draining(), "1/s"),
        ("journal: samples folded", folded, "1/s"),
        ("journal: eight numbers, device and day, while the day is open", open_, "byte"),
        ("journal: eight numbers, device and day, by the hour (14 days)", hourly, "byte"),
        ("journal: eight numbers, device and day, by the day (400 days)", daily, "byte"),
    ]


def main() -> None:
    """Print the table."""
    for what, amount, unit in asyncio.run(run()):
        print(f"{what:<66}{amount:>12.3f} {unit}")


if __name__ == "__main__":
    main()
