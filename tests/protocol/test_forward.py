"""From the journal to a centre over real sockets: the house's promise that nothing is lost and nothing changes."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.delivery import Bell, Pace
from agent.forward import Forwarder
from agent.journal import Journal
from agent.record import Draft, Kind
from agent.sinks.https import HttpsSink
from tests.site.centre import DEAD, GARBAGE, LOST, PAGE, WELL, Centre, Mood, redirect, refuse, separate
from tests.site.ledger import Ledger

QUICK = Pace(entries=20, base=0.001, cap=0.01)


@contextlib.asynccontextmanager
async def forwarding(ledger: Ledger | Journal, url: str, *, bell: Bell, pace: Pace = QUICK) -> AsyncIterator[Forwarder]:
    sink = HttpsSink(name="centre", url=url)
    forwarder = Forwarder(log=ledger, sink=sink, bell=bell, pace=pace)
    task = asyncio.create_task(forwarder.run(), name="forward centre")
    try:
        yield forwarder
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await sink.aclose()


@contextlib.asynccontextmanager
async def journal(folder: Path) -> AsyncIterator[Journal]:
    async with await Journal.open(folder, source="sitewarden/depot", clock=time.time, linger_s=0.001) as opened:
        await opened.sinks(["centre"])
        yield opened


def draft(kind: Kind, n: int) -> Draft:
    return Draft(kind=kind, data=json.dumps({"n": n, "words": "Dépôt Nord"}).encode(), time="2026-11-23T07:00:00Z")


async def acknowledged(forwarder: Forwarder, count: int) -> None:
    """Return once the cursors have passed so many entries."""
    async with asyncio.timeout(20):
        while forwarder.state.delivered < count:  # noqa: ASYNC110  what is awaited is a value that status reads, not an event
            await asyncio.sleep(0.005)


async def test_what_the_journal_numbered_arrives_byte_for_byte(tmp_path: Path) -> None:
    async with journal(tmp_path) as log, Centre() as centre:
        kinds: list[Kind] = ["report", "incident", "heartbeat"]
        entries = [await log.append(draft(kinds[n % 3], n)) for n in range(45)]
        async with forwarding(log, centre.url, bell=Bell()) as forwarder:
            await acknowledged(forwarder, 45)
        assert centre.kept == {one.id: one.body for one in entries}
        assert centre.holes() == {}
        assert centre.received == 45


async def test_after_a_restart_it_goes_on_where_the_centre_acknowledged(tmp_path: Path) -> None:
    async with Centre() as centre:
        for _ in range(3):
            async with journal(tmp_path) as log:
                for n in range(10):
                    await log.append(draft("report", n))
                async with forwarding(log, centre.url, bell=Bell()) as forwarder:
                    await acknowledged(forwarder, 10)
        assert centre.received == 30
        assert centre.holes() == {}


async def test_a_poison_entry_is_set_aside_in_the_journal_and_all_others_arrive(tmp_path: Path) -> None:
    async with journal(tmp_path) as log, Centre() as centre:
        centre.poison = lambda event: 422 if event["data"]["n"] == 13 else None
        entries = [await log.append(draft("report", n)) for n in range(40)]
        async with forwarding(log, centre.url, bell=Bell()) as forwarder:
            await acknowledged(forwarder, 39)
        status = await log.status()
        assert [poison.seq for poison in status.poison] == [entries[13].seq]
        assert set(centre.kept) == {one.id for one in entries} - {entries[13].id}


async def test_a_lost_acknowledgement_repeats_the_same_ids_with_the_same_bytes() -> None:
    ledger = Ledger()
    ledger.put(50)
    async with Centre() as centre:
        centre.moods = [LOST, WELL, LOST, LOST]
        async with forwarding(ledger, centre.url, bell=ledger.bell):
            await centre.until_true(lambda: len(centre.acknowledged) == 50)
        assert centre.distinct == 50
        assert centre.received > 50
        assert centre.conflicts == []


@pytest.mark.parametrize("seed", range(3))
async def test_on_the_worst_of_days_everything_arrives_and_no_id_has_two_contents(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  a bad day, not a secret
    bad = [
        LOST, DEAD, GARBAGE, PAGE, refuse(500), refuse(503, retry_after="0"), refuse(429), redirect("http://x.example/"),
        Mood(status=200, flood=200_000),
    ]  # fmt: skip
    ledger = Ledger()
    async with Centre() as centre:
        centre.moods = [dice.choice([*bad, WELL, WELL]) for _ in range(150)]
        async with forwarding(ledger, centre.url, bell=ledger.bell):
            for _ in range(20):
                ledger.put(dice.randrange(20), kind=dice.choice(["report", "incident"]))
                seen = len(centre.batches)
                await centre.until_true(lambda seen=seen: len(centre.batches) > seen or not ledger.left)  # type: ignore[misc]
            await centre.until_true(lambda: len(centre.acknowledged) == len(ledger.entries))
        assert centre.holes() == {}
        assert centre.conflicts == []
        assert ledger.aside == {}


async def test_a_rotated_token_holds_everything_until_it_is_right_again() -> None:
    ledger = Ledger()
    ledger.put(60)
    async with Centre(token="new") as centre:
        async with forwarding(ledger, centre.url, bell=ledger.bell) as forwarder:
            await centre.until_true(lambda: len(centre.batches) >= 40)
            assert centre.distinct == 0
            assert ledger.aside == {}
            assert forwarder.state.trouble is not None
            assert forwarder.state.trouble.key == "forward.door"
            centre.token = ""
            await centre.until(60)
        assert ledger.aside == {}


async def test_a_centre_that_takes_little_at_once_gets_little_at_once() -> None:
    ledger = Ledger()
    ledger.put(60, size=100)
    async with Centre() as centre:
        centre.limit = 2_000
        async with forwarding(ledger, centre.url, bell=ledger.bell):
            await centre.until(60)
        assert ledger.aside == {}
        assert max(batch.size for batch in centre.batches if batch.status == 202) <= 2_000


async def test_an_entry_that_no_split_makes_small_enough_is_set_aside() -> None:
    ledger = Ledger()
    ledger.put(5)
    ledger.put(1, size=5_000)
    ledger.put(5)
    async with Centre() as centre:
        centre.limit = 4_000
        async with forwarding(ledger, centre.url, bell=ledger.bell):
            await centre.until(10)
        assert list(ledger.aside) == [6]


async def test_a_centre_in_a_process_of_its_own_tells_each_batch_on_a_line() -> None:
    ledger = Ledger()
    ledger.put(3)
    async with separate() as (url, process), forwarding(ledger, url, bell=ledger.bell):
        assert process.stdout is not None
        told = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    assert told["ids"] == ["a/e/1", "a/e/2", "a/e/3"]
    assert told["status"] == 202
