"""What leaves the journal: the said and old, and under duress the unsaid, never silently."""

import json
from pathlib import Path

import pytest

from agent.journal import Journal, Pruned
from agent.record import Entry
from tests.journals import DAY, Clocks, draft, opened

ALL = 1 << 30


async def _entries(journal: Journal) -> list[Entry]:
    return [entry async for entry in journal.export()]


async def _said(journal: Journal, sink: str = "a") -> None:
    for lane in ("first", "report"):
        while batch := await journal.read(sink, lane, 99, ALL):
            await journal.acknowledge(sink, batch[-1].lane, batch[-1].seq)


async def test_what_everybody_acknowledged_goes_when_it_is_old(tmp_path: Path) -> None:
    clocks = Clocks()
    async with await opened(tmp_path, clocks) as journal:
        await journal.sinks(["a", "b"])
        for kind in ("report", "incident", "report"):
            await journal.append(draft(kind))
        clocks.pass_by(20 * DAY)
        await journal.append(draft())
        await _said(journal)
        clocks.pass_by(11 * DAY)
        assert await journal.prune(clocks.now) == Pruned()
        await journal.acknowledge("b", "report", 1)
        assert await journal.prune(clocks.now) == Pruned(delivered=1)
        await _said(journal, "b")
        assert await journal.prune(clocks.now) == Pruned(delivered=2)
        assert [entry.seq for entry in await _entries(journal)] == [4]
        assert (await journal.verify()).sound
        assert (await journal.append(draft())).seq == 5


async def test_a_sink_that_vanished_no_longer_holds_anything_back(tmp_path: Path) -> None:
    clocks = Clocks()
    async with await opened(tmp_path, clocks) as journal:
        await journal.sinks(["a", "gone"])
        await journal.append(draft())
        await _said(journal)
        clocks.pass_by(31 * DAY)
        assert await journal.prune(clocks.now) == Pruned()
        await journal.sinks(["a"])
        assert await journal.prune(clocks.now) == Pruned(delivered=1)


async def test_the_number_goes_on_when_all_entries_have_gone(tmp_path: Path) -> None:
    clocks = Clocks()
    async with await opened(tmp_path, clocks) as journal:
        for _ in range(3):
            await journal.append(draft())
        clocks.pass_by(31 * DAY)
        assert await journal.prune(clocks.now) == Pruned(delivered=3)
    async with await opened(tmp_path, clocks) as journal:
        assert (await journal.append(draft())).seq == 4
        assert (await journal.verify()).sound


@pytest.mark.parametrize("jump", [365 * DAY, -365 * DAY, -1.7e9])
async def test_a_wall_clock_that_jumps_deletes_nothing(tmp_path: Path, jump: float) -> None:
    clocks = Clocks()
    async with await opened(tmp_path, clocks) as journal:
        await journal.sinks(["a"])
        await journal.append(draft())
        await _said(journal)
        clocks.now += jump
        clocks.pass_by(29 * DAY)
        assert await journal.prune(clocks.now) == Pruned()
        clocks.pass_by(2 * DAY)
        assert await journal.prune(clocks.now) == Pruned(delivered=1)


async def test_age_is_counted_over_boots_and_time_switched_off_does_not_count(tmp_path: Path) -> None:
    clocks = Clocks()
    async with await opened(tmp_path, clocks) as journal:
        await journal.append(draft())
        clocks.pass_by(20 * DAY)
        await journal.append(draft())
    clocks.now += 1_000 * DAY
    clocks.reboot()
    async with await opened(tmp_path, clocks) as journal:
        await journal.append(draft())
        assert await journal.prune(clocks.now) == Pruned()
        clocks.pass_by(11 * DAY)
        assert await journal.prune(clocks.now) == Pruned(delivered=1)
        clocks.pass_by(18 * DAY)
        assert await journal.prune(clocks.now) == Pruned()
        clocks.pass_by(2 * DAY)
        assert await journal.prune(clocks.now) == Pruned(delivered=2)


async def test_the_cap_forces_out_reports_before_anything_else_and_says_which(tmp_path: Path) -> None:
    cap = 600_000
    async with await opened(tmp_path, cap_bytes=cap) as journal:
        await journal.sinks(["a"])
        first = [(await journal.append(draft("incident"))).seq for _ in range(3)]
        while not (await journal.status()).lost:
            await journal.append(draft(data=noise(len(first) + (await journal.status()).last)))
        entries = await _entries(journal)
        losses = [entry for entry in entries if entry.kind == "loss"]
        assert [entry.seq for entry in entries if entry.kind == "incident"] == first
        (told,) = [json.loads(loss.body)["data"] for loss in losses]
        kept = {entry.seq for entry in entries}
        gone = set(range(1, entries[-1].seq + 1)) - kept
        assert told == {"from": min(gone), "to": max(gone), "count": len(gone), "reason": "size"}
        assert [entry.seq for entry in await journal.read("a", "first", 9, ALL)] == [*first, losses[0].seq]
        status = await journal.status()
        assert status.used_bytes <= cap
        assert status.lost == len(gone)
        assert (await journal.verify()).sound


async def test_what_everybody_has_goes_before_anything_is_lost(tmp_path: Path) -> None:
    async with await opened(tmp_path, cap_bytes=600_000) as journal:
        await journal.sinks(["a"])
        for n in range(400):
            entry = await journal.append(draft(data=noise(n)))
            await journal.acknowledge("a", "report", entry.seq)
        status = await journal.status()
        assert status.lost == 0
        assert status.entries < 400
        assert status.last == 400


async def test_incidents_go_only_when_no_report_is_left_and_losses_never(tmp_path: Path) -> None:
    async with await opened(tmp_path, cap_bytes=400_000) as journal:
        await journal.sinks(["a"])
        for n in range(40):
            await journal.append(draft(data=noise(n)))
        for n in range(400):
            await journal.append(draft("incident", noise(n)))
        entries = await _entries(journal)
        assert {entry.kind for entry in entries} == {"incident", "loss"}
        losses = [json.loads(entry.body)["data"] for entry in entries if entry.kind == "loss"]
        assert losses[0]["from"] == 1
        assert sum(loss["count"] for loss in losses) == entries[-1].seq - len(entries)
        assert (await journal.verify()).sound


async def test_space_that_was_freed_is_given_back_to_the_disk(tmp_path: Path) -> None:
    clocks = Clocks()
    async with await opened(tmp_path, clocks) as journal:
        for n in range(300):
            await journal.append(draft(data=noise(n)))
        full = (await journal.status()).used_bytes
        clocks.pass_by(31 * DAY)
        await journal.prune(clocks.now)
    assert (tmp_path / "journal.db").stat().st_size < full // 4


def noise(n: int) -> bytes:
    """Return JSON that zlib cannot make small."""
    digits = "".join(f"{hash((n, k)) & 0xFFFFFFFFFFFF:012x}" for k in range(250))
    return f'"{digits}"'.encode()
