"""Numbers folded by the hour and by the day."""

import math
from pathlib import Path

import pytest

from agent.journal import Fold, Unwritable
from agent.record import Sample
from tests.journals import DAY, NOW, Clocks, opened

MIDNIGHT = NOW - NOW % DAY
HOUR = 3600.0


def _sample(value: float, at: float, name: str = "temperature", device: str = "sw-1") -> Sample:
    return Sample(device=device, name=name, subject="1", unit="celsius", value=value, at=at)


async def test_an_hour_knows_its_count_bounds_mean_and_last(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.fold(_sample(value, NOW + n) for n, value in enumerate((40.0, 44.5, 39.5)))
        await journal.flush()
        await journal.fold([_sample(41.0, NOW + 9), _sample(7.0, NOW, "cpu.load"), _sample(1.0, NOW, device="sw-2")])
        (fold,) = await journal.trend("sw-1", "temperature", "1")
        assert fold == Fold(int(NOW), 4, 39.5, 44.5, 41.25, 41.0)
        assert fold.total == 165.0
        assert await journal.trend("sw-1", "temperature", "2") == []


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_day_is_its_hours_put_together_whether_it_is_over_or_not(tmp_path: Path, sealed: bool) -> None:  # noqa: FBT001  a table of two
    async with await opened(tmp_path) as journal:
        for hour in range(24):
            await journal.fold(_sample(hour + k / 4, MIDNIGHT + hour * HOUR + k * 900) for k in range(4))
        if sealed:
            await journal.flush()
            await journal.prune(MIDNIGHT + 2 * DAY)
        hours = await journal.trend("sw-1", "temperature", "1")
        days = await journal.trend("sw-1", "temperature", "1", daily=True)
        packed = (await journal.status()).rows["folds"]
    assert packed == (2 if sealed else 24)
    assert hours == [Fold(int(MIDNIGHT + h * HOUR), 4, h, h + 0.75, h + 0.375, h + 0.75) for h in range(24)]
    assert days == [Fold(int(MIDNIGHT), 96, 0.0, 23.75, 11.875, 23.75)]


async def test_a_day_sealed_too_early_by_a_clock_that_jumped_takes_in_what_still_comes(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.fold([_sample(10.0, NOW)])
        await journal.flush()
        await journal.prune(NOW + 365 * DAY)
        await journal.fold([_sample(20.0, NOW + 1), _sample(30.0, NOW + HOUR)])
        await journal.flush()
        await journal.prune(NOW + 365 * DAY)
        assert await journal.trend("sw-1", "temperature", "1") == [
            Fold(int(NOW), 2, 10.0, 20.0, 15.0, 20.0),
            Fold(int(NOW + HOUR), 1, 30.0, 30.0, 30.0, 30.0),
        ]
        assert await journal.trend("sw-1", "temperature", "1", daily=True) == [
            Fold(int(MIDNIGHT), 3, 10.0, 30.0, 20.0, 30.0)
        ]


async def test_hours_are_kept_for_fourteen_days_that_hold_any_and_days_longer(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        for day in range(20):
            await journal.fold([_sample(float(day), MIDNIGHT + day * DAY)])
            await journal.flush()
        await journal.prune(MIDNIGHT + 40 * DAY)
        hours = await journal.trend("sw-1", "temperature", "1")
        assert [fold.last for fold in hours] == [float(day) for day in range(6, 20)]
        assert len(await journal.trend("sw-1", "temperature", "1", daily=True)) == 20


async def test_numbers_wait_a_quarter_of_an_hour_and_an_orderly_stop_writes_them(tmp_path: Path) -> None:
    clocks = Clocks()
    journal = await opened(tmp_path, clocks)
    await journal.fold([_sample(1.0, NOW)])
    assert journal.commits == 0
    clocks.pass_by(901.0)
    await journal.fold([_sample(2.0, NOW)])
    assert journal.commits == 1
    await journal.fold([_sample(3.0, NOW)])
    await journal.aclose()
    async with await opened(tmp_path, clocks) as journal:
        (fold,) = await journal.trend("sw-1", "temperature", "1")
        assert (fold.count, fold.last) == (3, 3.0)


async def test_numbers_that_could_not_be_written_are_written_later(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.fold([_sample(1.0, NOW, name=f"n{n}") for n in range(2000)])
        await journal._ask(lambda store: store.db.one("PRAGMA max_page_count = 1"))
        with pytest.raises(Unwritable):
            await journal.flush()
        await journal.fold([_sample(2.0, NOW, name="n7")])
        await journal._ask(lambda store: store.db.one("PRAGMA max_page_count = 100000"))
        (fold,) = await journal.trend("sw-1", "n7", "1")
        assert (fold.count, fold.low, fold.last) == (2, 1.0, 2.0)


async def test_what_is_no_number_is_left_out_and_large_ones_keep_their_whole_part(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.fold([_sample(math.nan, NOW), _sample(math.inf, NOW), _sample(1.0, math.nan)])
        assert await journal.trend("sw-1", "temperature", "1") == []
        await journal.fold([_sample(1_795_417_201.25, NOW), _sample(0.000123456789, NOW, "reach.rtt")])
        (uptime,) = await journal.trend("sw-1", "temperature", "1")
        (rtt,) = await journal.trend("sw-1", "reach.rtt", "1")
        assert uptime.last == 1_795_417_201.0
        assert rtt.last == 0.000123457
