"""How the forwarder finds whom to blame, how long it waits, and that it loses nothing meanwhile."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.apart import DOORS, STRIKES
from agent.delivery import Pace
from agent.forward import Forwarder
from agent.record import Entry, Kind
from agent.sinks.answer import judge
from agent.sinks.sink import Transient
from tests.site.ledger import Ledger

Answer = Callable[[Sequence[Entry]], int]
STATUSES = [400, 403, 404, 413, 422]
KINDS: list[Kind] = ["report", "incident"]
PACE = Pace(entries=20, bytes=4096)


class Scripted:
    """A sink whose centre answers each batch with the status that a function gives; 0 is no answer."""

    name = "centre"

    def __init__(self, answer: Answer = lambda _: 202) -> None:
        self.answer = answer
        self.taken: list[int] = []
        self.tried: list[list[int]] = []

    async def deliver(self, entries: Sequence[Entry]) -> None:
        await asyncio.sleep(0)
        self.tried.append([one.seq for one in entries])
        status = self.answer(entries)
        if status == 0:
            raise Transient("forward.cut", unheard=True)
        judge(status, b"")
        self.taken += [one.seq for one in entries]

    async def aclose(self) -> None:
        """Nothing is open."""


class House:
    """A forwarder between a ledger and a scripted sink, in a time of its own."""

    def __init__(self, answer: Answer = lambda _: 202, *, pace: Pace = PACE, draw: float = 0.5) -> None:
        self.ledger = Ledger()
        self.sink = Scripted(answer)
        self.now = 0.0
        self.pauses: list[float] = []
        self.forwarder = Forwarder(
            log=self.ledger,
            sink=self.sink,
            bell=self.ledger.bell,
            pace=pace,
            clock=lambda: 1000.0 + self.now,
            monotonic=lambda: self.now,
            draw=lambda: draw,
        )

    async def go(self, steps: int = 400) -> None:
        """Step until nothing is left to do, or so many times; time jumps over every wait."""
        for _ in range(steps):
            pause = await self.forwarder.step()
            if pause is None:
                moments = [m for lane in self.forwarder._lanes.values() if (m := lane.next_due()) is not None]
                if not moments:
                    return
                self.now = max(self.now, *moments)
            elif pause:
                self.pauses.append(pause)
                self.now += pause


def poison(*seqs: int, status: int) -> Answer:
    return lambda entries: status if {one.seq for one in entries} & set(seqs) else 202


async def test_everything_arrives_once_in_order_in_batches_bounded_by_count_and_bytes() -> None:
    house = House()
    house.ledger.put(45)
    house.ledger.put(3, size=1000)
    await house.go()
    assert house.sink.taken == list(range(1, 49))
    assert max(len(batch) for batch in house.sink.tried) == 20
    sizes = [sum(len(house.ledger.entries[seq - 1].body) for seq in batch) for batch in house.sink.tried]
    assert max(sizes) <= PACE.bytes
    assert house.ledger.left == []


async def test_a_fresh_incident_overtakes_a_long_drain_of_reports_after_the_batch_under_way() -> None:
    house = House()
    house.ledger.put(100)

    def answer(entries: Sequence[Entry]) -> int:
        if entries[0].seq == 21:
            house.ledger.put(kind="incident")
        return 202

    house.sink.answer = answer
    await house.go()
    assert house.sink.taken.index(101) == 40
    assert sorted(house.sink.taken) == list(range(1, 102))


async def test_a_fresh_incident_overtakes_reports_that_must_go_one_by_one() -> None:
    house = House(pace=Pace(entries=100))
    house.ledger.put(100)

    def answer(entries: Sequence[Entry]) -> int:
        house.now += 0.3  # a slow centre
        if [one.seq for one in entries] == [5]:
            house.ledger.put(kind="incident")
        return 400 if len(entries) > 1 else 202

    house.sink.answer = answer
    await house.go()
    assert house.sink.taken.index(101) < 10
    assert house.ledger.left == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 451])
@pytest.mark.parametrize("place", [1, 7, 20])
async def test_one_poison_entry_is_set_aside_alone_whatever_the_refusal(status: int, place: int) -> None:
    house = House(poison(place, status=status))
    house.ledger.put(20)
    await house.go()
    assert list(house.ledger.aside) == [place]
    assert str(status) in house.ledger.aside[place]
    assert house.sink.taken == [seq for seq in range(1, 21) if seq != place]
    assert house.ledger.left == []
    assert house.forwarder.state.set_aside == 1


@pytest.mark.parametrize("status", [400, 422])
async def test_a_poison_entry_that_is_alone_is_set_aside_where_the_refusal_speaks_of_the_entry(status: int) -> None:
    house = House(poison(1, status=status))
    house.ledger.put()
    await house.go()
    assert list(house.ledger.aside) == [1]
    assert house.sink.tried == [[1]]


@pytest.mark.parametrize("status", [401, 403, 404, 405, 407])
async def test_a_closed_door_sets_nothing_aside_and_all_goes_out_when_it_opens(status: int) -> None:
    house = House(lambda _: status)
    house.ledger.put(100)
    house.ledger.put(3, kind="incident")
    with structlog.testing.capture_logs() as logs:
        await house.go(60)
    assert house.ledger.aside == {}
    assert house.sink.taken == []
    assert len(house.sink.tried) <= 60 * 2 * DOORS
    assert house.forwarder.state.failures == len(house.pauses) > 50
    assert [line["log_level"] for line in logs if line["event"] == "delivery_held"] == ["error"]
    house.sink.answer = lambda _: 202
    with structlog.testing.capture_logs() as logs:
        await house.go()
    assert sorted(house.sink.taken) == list(range(1, 104))
    assert house.ledger.aside == {}
    assert house.ledger.left == []
    assert [line["event"] for line in logs] == ["delivery_resumed"]


async def test_a_door_that_closes_while_entries_go_one_by_one_sets_nothing_aside() -> None:
    house = House()
    house.ledger.put(20)

    def answer(entries: Sequence[Entry]) -> int:
        if len(entries) > 1:
            return 422
        return 202 if entries[0].seq <= 4 else 401

    house.sink.answer = answer
    await house.go(40)
    assert house.ledger.aside == {}
    assert house.sink.taken == [1, 2, 3, 4]


@pytest.mark.parametrize("requests", range(1, 40))
async def test_a_door_that_opens_at_any_moment_lets_everything_through(requests: int) -> None:
    house = House()
    house.sink.answer = lambda _: 401 if len(house.sink.tried) <= requests else 202
    house.ledger.put(2, kind="incident")
    house.ledger.put(20)
    await house.go()
    assert sorted(house.sink.taken) == list(range(1, 23))
    assert house.ledger.aside == {}


@pytest.mark.parametrize("count", [1, 3, 12])
async def test_entries_refused_as_by_a_door_do_not_block_those_behind_them(count: int) -> None:
    house = House(poison(*range(1, count + 1), status=403))
    house.ledger.put(count)
    await house.go(10)
    assert house.ledger.aside == {}
    house.ledger.put(2)
    await house.go()
    assert house.sink.taken == [count + 1, count + 2]
    assert sorted(house.ledger.aside) == list(range(1, count + 1))


async def test_an_incident_refused_as_by_a_door_does_not_block_the_reports() -> None:
    house = House(poison(1, status=404))
    house.ledger.put(kind="incident")
    house.ledger.put(30)
    await house.go()
    assert sorted(house.sink.taken) == list(range(2, 32))
    assert list(house.ledger.aside) == [1]


async def test_an_entry_over_which_the_centre_always_fails_is_set_aside_late_and_alone() -> None:
    house = House(poison(3, status=500))
    house.ledger.put(30)
    for _ in range(40):
        await house.go(20)
        house.ledger.put(kind="heartbeat")
    assert list(house.ledger.aside) == [3]
    assert sorted(house.sink.taken) == [seq for seq in range(1, len(house.ledger.entries)) if seq != 3]
    assert len(set(house.sink.taken)) == len(house.sink.taken)
    alone = [batch for batch in house.sink.tried if batch == [3]]
    assert len(alone) >= STRIKES
    with_it = [batch for batch in house.sink.tried if 3 in batch and len(batch) > 1]
    assert len(with_it) >= STRIKES


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 408, 425, 429, 307, 0])
async def test_an_outage_however_long_sets_nothing_aside(status: int) -> None:
    house = House(lambda _: status)
    house.ledger.put(50)
    house.ledger.put(5, kind="incident")
    await house.go(300)
    assert house.ledger.aside == {}
    house.sink.answer = lambda _: 202
    await house.go()
    assert sorted(house.sink.taken) == list(range(1, 56))
    assert house.ledger.left == []
    assert house.ledger.aside == {}


@pytest.mark.parametrize("seed", range(20))
async def test_a_bad_day_at_the_centre_costs_nothing_but_time(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  a bad day, not a secret
    moods = [202, 202, 202, 500, 429, 503, 0, 307, 502]
    house = House()
    house.sink.answer = lambda _: dice.choice(moods)
    for _ in range(30):
        house.ledger.put(dice.randrange(12), kind=dice.choice(["report", "incident", "heartbeat"]))
        await house.go(dice.randrange(12))
    house.sink.answer = lambda _: 202
    await house.go()
    assert set(house.sink.taken) == {one.seq for one in house.ledger.entries}
    assert house.ledger.left == []
    assert house.ledger.aside == {}


@pytest.mark.parametrize("seed", range(12))
async def test_a_centre_that_fails_at_random_two_times_in_three_costs_no_entry(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  a bad day, not a secret
    house = House(lambda _: dice.choice([202, 500, 500]))
    for _ in range(60):
        house.ledger.put(dice.randrange(12), kind=dice.choice(KINDS))
        await house.go(dice.randrange(30))
    await house.go(3000)
    assert house.ledger.left == []
    assert house.ledger.aside == {}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whichever_entries_are_poison_just_these_are_set_aside(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=40))
    bad = data.draw(st.dictionaries(st.integers(1, len(kinds)), st.sampled_from(STATUSES), max_size=20))

    def answer(entries: Sequence[Entry]) -> int:
        return next((bad[one.seq] for one in entries if one.seq in bad), 202)

    async def play() -> None:
        house = House(answer)
        for kind in kinds:
            house.ledger.put(kind=kind)
        for _ in range(12):  # time goes on, and heartbeats with it
            await house.go(30)
            house.ledger.put(kind="heartbeat")
            house.ledger.put()
        await house.go(60)
        assert set(house.ledger.aside) == set(bad)
        assert sorted(house.sink.taken) == [one.seq for one in house.ledger.entries if one.seq not in bad]
        assert house.ledger.left == []

    asyncio.run(play())


async def test_a_batch_that_is_too_large_is_split_until_it_fits_and_grows_again() -> None:
    house = House(lambda entries: 413 if len(entries) > 6 else 202)
    house.ledger.put(60)
    await house.go()
    assert house.sink.taken == list(range(1, 61))
    assert house.ledger.aside == {}
    assert house.pauses == []
    house.sink.answer = lambda _: 202
    house.ledger.put(200)
    await house.go()
    assert len(house.sink.tried[-2]) == PACE.entries


async def test_a_batch_that_is_never_heard_of_is_made_smaller_for_a_slow_line() -> None:
    house = House(lambda entries: 0 if len(entries) > 3 else 202)
    house.ledger.put(20)
    await house.go()
    assert house.sink.taken == list(range(1, 21))


@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999])
async def test_pauses_grow_with_full_jitter_up_to_the_cap(draw: float) -> None:
    house = House(lambda _: 503, draw=draw)
    house.ledger.put()
    await house.go(12)
    expected = [max(0.1, draw * min(300.0, 2.0**n)) for n in range(12)]
    assert house.pauses == pytest.approx(expected)


async def test_jitter_survives_a_month_of_failures() -> None:
    assert Pace().jittered(100_000, 0.5) == 150.0


@pytest.mark.parametrize(("asked", "low", "high"), [(20.0, 20.0, 22.0), (0.0, 0.1, 1.0), (1e11, 3600.0, 3960.0)])
async def test_what_the_centre_asks_for_is_waited_and_not_beyond_reason(asked: float, low: float, high: float) -> None:
    house = House()
    house.ledger.put()

    def answer(_: Sequence[Entry]) -> int:
        raise Transient("forward.busy", status=429, retry_after=asked)

    house.sink.answer = answer
    await house.go(1)
    assert low <= house.pauses[0] <= high


async def test_a_trouble_is_said_once_when_it_begins_and_once_when_it_ends() -> None:
    house = House(lambda _: 503)
    house.ledger.put(5)
    with structlog.testing.capture_logs() as logs:
        await house.go(10)
        house.sink.answer = lambda _: 307
        await house.go(10)
        house.sink.answer = lambda _: 202
        await house.go()
    told = [(line["event"], line["log_level"]) for line in logs]
    assert told == [("delivery_held", "warning"), ("delivery_held", "error"), ("delivery_resumed", "info")]


async def test_the_state_tells_success_trouble_and_what_waits() -> None:
    house = House()
    house.ledger.put(2)
    await house.go()
    state = house.forwarder.state
    assert (state.delivered, state.failures, state.trouble, state.waiting_since) == (2, 0, None, None)
    assert state.last_success == 1000.0
    house.sink.answer = lambda _: 503
    house.ledger.put()
    await house.go(3)
    state = house.forwarder.state
    assert (state.failures, state.since, state.last_success) == (3, 1000.0, 1000.0)
    assert state.trouble is not None
    assert state.trouble.key == "forward.failing"
    assert state.waiting_since == house.ledger.entries[2].time


async def test_cancelled_before_the_acknowledgement_it_sends_the_same_ids_again() -> None:
    house = House()
    house.ledger.put(3)
    gate = asyncio.Event()

    async def never(*_: Any, **__: Any) -> None:
        gate.set()
        await asyncio.Event().wait()

    real, house.ledger.acknowledge = house.ledger.acknowledge, never  # type: ignore[method-assign]  # the disk hangs
    task = asyncio.create_task(house.forwarder.run())
    await gate.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    house.ledger.acknowledge = real  # type: ignore[method-assign]
    await house.go()
    assert house.sink.taken == [1, 2, 3, 1, 2, 3]
    assert house.ledger.left == []


async def test_a_journal_that_cannot_be_read_for_a_while_stops_nothing_for_good() -> None:
    house = House()
    house.ledger.put(3)
    real = house.ledger.read

    async def broken(*_: Any) -> Sequence[Entry]:
        raise OSError("disk")

    house.ledger.read = broken  # type: ignore[method-assign, assignment]  # the disk fails
    with structlog.testing.capture_logs() as logs:
        await house.go(3)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["delivery_fault"]
    house.ledger.read = real  # type: ignore[method-assign]
    await house.go()
    assert house.sink.taken == [1, 2, 3]


async def test_a_new_epoch_begins_with_a_clean_sheet() -> None:
    house = House(poison(1, status=500))
    house.ledger.put(5)
    await house.go(STRIKES + 2)
    assert house.sink.taken == [2, 3, 4, 5]  # ahead of the first, which the cursor has yet to pass
    assert house.ledger.left == [1, 2, 3, 4, 5]
    house.ledger.renew("a/f")
    house.sink.answer = lambda _: 202
    house.sink.taken.clear()
    house.ledger.put(5)
    await house.go()
    assert house.sink.taken == [1, 2, 3, 4, 5]
    assert house.ledger.aside == {}


async def test_an_acknowledgement_of_a_former_epoch_moves_no_cursor() -> None:
    house = House()
    house.ledger.put(3)

    def answer(_: Sequence[Entry]) -> int:
        if house.ledger.epoch == "a/e":
            house.ledger.renew("a/f")
            house.ledger.put(3)
        return 202

    house.sink.answer = answer
    await house.go()
    assert house.sink.taken == [1, 2, 3, 1, 2, 3]
    assert house.ledger.left == []


async def test_an_idle_forwarder_is_woken_by_an_append_and_sleeps_otherwise() -> None:
    house = House()
    house.forwarder._sleep = lambda _: asyncio.Event().wait()  # type: ignore[assignment, return-value]  # time stands still
    arrived = asyncio.Event()

    def answer(_: Sequence[Entry]) -> int:
        arrived.set()
        return 202

    house.sink.answer = answer
    task = asyncio.create_task(house.forwarder.run())
    for count in (1, 2):
        arrived.clear()
        house.ledger.put(count)
        await asyncio.wait_for(arrived.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert house.sink.tried == [[1], [2, 3]]
