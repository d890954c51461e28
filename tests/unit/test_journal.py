"""What the journal keeps, numbers and hands out."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from agent.journal import Closed, Journal
from agent.record import Asked, Board, Fact, Record, Standing
from probes.model import Finding, Footage, Severity, Value, opinion
from tests.journals import NOW, SOURCE, Clocks, draft, names, opened


def _fact(name: str, value: Value, **more: str) -> Fact:
    return Fact(device="cam-1", probe="onvif.identity", name=name, value=value, seen_at=NOW, changed_at=NOW, **more)


def _standing(owner: str, finding: Finding) -> Standing:
    return Standing(device="cam-1", owner=owner, finding=finding, since=NOW)


def _sorted(board: Board) -> Board:
    return Board(
        facts=tuple(sorted(board.facts, key=lambda fact: (fact.name, fact.subject))),
        standings=board.standings,
        asked=board.asked,
    )


async def test_numbers_count_from_one_by_one_and_stand_in_the_event(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        entries = [await journal.append(draft()) for _ in range(3)]
        assert [entry.seq for entry in entries] == [1, 2, 3]
        for entry in entries:
            told = json.loads(entry.body)
            assert told["id"] == entry.id == f"{journal.agent}/{journal.epoch}/{entry.seq}"
            assert told["source"] == SOURCE
            assert told["data"] == {"a": 1}


async def test_an_entry_is_the_same_to_the_byte_when_read_and_after_reopening(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.sinks(["centre"])
        said = [await journal.append(draft(kind, b'{"x":   1.0}')) for kind in ("report", "incident", "report")]
        agent, epoch = journal.agent, journal.epoch
        assert [*await journal.read("centre", "report", 9, 1 << 20)] == [said[0], said[2]]
    async with await opened(tmp_path) as journal:
        assert (journal.agent, journal.epoch) == (agent, epoch)
        assert [entry async for entry in journal.export()] == said
        assert (await journal.append(draft())).seq == 4


async def test_only_what_travels_takes_a_number(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        assert await journal.record(Record(device="cam-1", facts=(_fact("device.model", "M"),))) is None
        entry = await journal.record(Record(device="cam-1", draft=draft()))
        assert entry is not None
        assert entry.seq == 1


async def test_a_draft_that_is_not_json_is_refused_alone(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path, source=SOURCE, clock=time.time, linger_s=0.05) as journal:
        bad = Record(device="cam-1", facts=(_fact("device.model", "M"),), draft=draft(data=b"{"))
        outcomes = await asyncio.gather(
            journal.append(draft()), journal.record(bad), journal.append(draft()), return_exceptions=True
        )
        assert isinstance(outcomes[1], ValueError)
        assert [outcome.seq for outcome in outcomes[::2] if not isinstance(outcome, BaseException) and outcome] == [
            1,
            2,
        ]
        assert journal.commits == 1
        assert (await journal.board()).facts == ()


async def test_what_arrives_together_shares_one_commit(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path, source=SOURCE, clock=time.time, linger_s=0.2) as journal:
        entries = await asyncio.gather(*(journal.append(draft()) for _ in range(50)))
        assert sorted(entry.seq for entry in entries) == list(range(1, 51))
        assert journal.commits == 1


async def test_a_record_changes_exactly_what_it_says(tmp_path: Path) -> None:
    silent = opinion("answer.silent", Severity.CRIT)
    other = opinion("answer.refused", Severity.WARN, subject="1")
    async with await opened(tmp_path) as journal:
        await journal.record(
            Record(
                device="cam-1",
                facts=(_fact("device.model", "old"), _fact("temperature", 41.0, unit="celsius", subject="cpu")),
                owners=("reach", "clock"),
                standings=(_standing("reach", silent), _standing("clock", other), _standing("clock", other)),
                kept=(("pin", "aa"), ("rest", "bb")),
                footage=(("1", Footage(evidence="segments", spans=((1.5, 2.5), (3.0, 4.0)))),),
            )
        )
        await journal.record(
            Record(
                device="cam-1",
                facts=(_fact("device.model", "new"), _fact("reach.ping", value=False)),
                gone=(("onvif.identity", "temperature", "cpu"),),
                owners=("reach",),
                kept=(("pin", None), ("more", "cc")),
            )
        )
        await journal.asked([Asked(device="cam-1", probe="reach", tried_at=NOW, answered_at=NOW - 1)])
    async with await opened(tmp_path) as journal:
        board = _sorted(await journal.board())
        assert board.facts == (_fact("device.model", "new"), _fact("reach.ping", value=False))
        assert board.standings == (_standing("clock", other), _standing("clock", other))
        assert board.asked == (Asked(device="cam-1", probe="reach", tried_at=NOW, answered_at=NOW - 1),)
        assert await journal.kept("cam-1") == {"rest": "bb", "more": "cc"}
        assert await journal.footage("cam-1", "1") == Footage(evidence="segments", spans=((1.5, 2.5), (3.0, 4.0)))
        assert await journal.footage("cam-1", "2") is None


@pytest.mark.parametrize("value", [True, False, 0, 1, -(2**40), 1.0, 0.5, float("inf"), "", "é\x00", "1"])
async def test_a_value_comes_back_as_what_it_was(tmp_path: Path, value: Value) -> None:
    async with await opened(tmp_path) as journal:
        await journal.record(Record(device="cam-1", facts=(_fact("n", value),)))
        (fact,) = (await journal.board()).facts
        assert fact.value == value
        assert type(fact.value) is type(value)


async def test_a_forgotten_device_leaves_the_board_and_nothing_else(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.record(Record(device="cam-1", facts=(_fact("n", 1),), kept=(("pin", "a"),), draft=draft()))
        await journal.record(Record(device="cam-2", kept=(("pin", "b"),)))
        await journal.forget("cam-1")
        assert (await journal.board()).facts == ()
        assert await journal.kept("cam-1") == {}
        assert await journal.kept("cam-2") == {"pin": "b"}
        assert (await journal.status()).entries == 1


async def test_lanes_have_cursors_of_their_own_and_a_new_sink_starts_at_the_beginning(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.sinks(["a"])
        for kind in ("report", "incident", "report", "heartbeat"):
            await journal.append(draft(kind))
        await journal.acknowledge("a", "first", 4)
        assert [entry.seq for entry in await journal.read("a", "report", 9, 1 << 20)] == [1, 3]
        assert await journal.read("a", "first", 9, 1 << 20) == []
        await journal.acknowledge("a", "report", 3)
        await journal.acknowledge("a", "report", 1)
        assert await journal.read("a", "report", 9, 1 << 20) == []
        await journal.sinks(["b"])
        assert [entry.seq for entry in await journal.read("b", "first", 9, 1 << 20)] == [2, 4]
        with pytest.raises(ValueError, match="a"):
            await journal.read("a", "first", 9, 1 << 20)
        await journal.sinks(["a", "b"])
        assert await journal.read("a", "report", 9, 1 << 20) == []


async def test_reading_is_bounded_by_count_and_bytes_but_never_empty_handed(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.sinks(["a"])
        size = len((await journal.append(draft())).body)
        for _ in range(4):
            await journal.append(draft())
        assert len(await journal.read("a", "report", 2, 1 << 20)) == 2
        assert len(await journal.read("a", "report", 9, size * 3)) == 3
        assert len(await journal.read("a", "report", 9, 1)) == 1


async def test_an_acknowledgement_of_what_is_not_there_or_of_another_epoch_moves_nothing(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.sinks(["a"])
        await journal.append(draft())
        await journal.acknowledge("a", "report", 2)
        await journal.acknowledge("a", "report", 1, epoch="another")
        assert len(await journal.read("a", "report", 9, 1 << 20)) == 1
        await journal.acknowledge("a", "report", 1, epoch=journal.epoch)
        assert await journal.read("a", "report", 9, 1 << 20) == []


async def test_an_entry_set_aside_is_left_out_for_that_sink_alone_and_seen(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.sinks(["a", "b"])
        for _ in range(4):
            await journal.append(draft())
        await journal.set_aside("a", 2, "413")
        assert [entry.seq for entry in await journal.read("a", "report", 9, 1 << 20)] == [1, 3, 4]
        assert [entry.seq for entry in await journal.read("b", "report", 9, 1 << 20)] == [1, 2, 3, 4]
        status = await journal.status()
        assert [(poison.sink, poison.seq, poison.reason) for poison in status.poison] == [("a", 2, "413")]
        assert {(sink.sink, sink.waiting) for sink in status.sinks if sink.lane == "report"} == {("a", 3), ("b", 4)}
        await journal.acknowledge("a", "report", 1)
        await journal.set_aside("a", 3, "413")
        assert {
            sink.cursor for sink in (await journal.status()).sinks if sink.sink == "a" and sink.lane == "report"
        } == {3}
        with pytest.raises(ValueError, match="9"):
            await journal.set_aside("a", 9, "413")


async def test_marks_carry_all_three_clocks(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.mark("start", NOW, "boot-1", 100.0)
        await journal.mark("step", 12.0, "boot-1", 200.0)
        await journal.mark("start", NOW, "boot-2", 5.0)
        marks = await journal.marks()
    assert [(mark.kind, mark.wall, mark.boot, mark.monotonic) for mark in marks] == [
        ("start", NOW, "boot-1", 100.0),
        ("step", 12.0, "boot-1", 200.0),
        ("start", NOW, "boot-2", 5.0),
    ]


async def test_status_tells_where_each_sink_stands(tmp_path: Path) -> None:
    clocks = Clocks()
    async with await opened(tmp_path, clocks) as journal:
        await journal.sinks(["a"])
        await journal.append(draft())
        clocks.pass_by(60.0)
        await journal.append(draft("incident"))
        await journal.append(draft())
        await journal.acknowledge("a", "report", 1)
        status = await journal.status()
    assert (status.agent, status.epoch, status.last, status.entries) == (journal.agent, journal.epoch, 3, 3)
    assert status.oldest is not None
    assert status.newest is not None
    assert (status.oldest.seq, status.newest.seq) == (1, 3)
    assert [(sink.lane, sink.cursor, sink.waiting, sink.since) for sink in status.sinks] == [
        ("first", 0, 1, NOW + 60.0),
        ("report", 1, 1, NOW + 60.0),
    ]
    assert status.used_bytes > 0
    assert status.cap_bytes == 1 << 30
    assert status.set_aside == ()


async def test_a_closed_journal_says_so_and_closing_twice_is_nothing(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await journal.append(draft())
    await journal.aclose()
    await journal.aclose()
    assert names(tmp_path) == ["agent-id", "journal.db"]
    with pytest.raises(Closed):
        await journal.append(draft())
