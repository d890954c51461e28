"""A journal that is not sound is set aside, loudly, and nothing is ever numbered twice."""

import sqlite3
import zlib
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.journal import Damaged, Journal, ReadOnly, TooNew
from agent.journal.database import Database
from agent.journal.schema import STEPS, set_up
from agent.record import Fact, Record, Sample
from probes.model import Footage
from tests.journals import NOW, crashed, draft, names, opened, overwrite

PAGE = 4096
SPOIL = {
    "flipped": "UPDATE entries SET body = zeroblob(length(body)) WHERE seq = 1",
    "cut": "UPDATE entries SET body = substr(body, 1, length(body) / 2) WHERE seq = 1",
}


ROT = {
    "facts": "UPDATE facts SET value = x'c1' WHERE name = 'a'",
    "footage": "UPDATE footage SET packed = zeroblob(length(packed)) WHERE subject = '1'",
    "folds": "UPDATE folds SET packed = x'ff' WHERE at = (SELECT min(at) FROM folds)",
}


async def _filled(folder: Path, count: int = 200) -> tuple[str, str]:
    async with await opened(folder) as journal:
        await journal.sinks(["a"])
        for _ in range(count):
            await journal.append(draft(data=b'"' + b"x" * 3000 + b'"'))
        return journal.agent, journal.epoch


async def _begun_anew(journal: Journal, agent: str, epoch: str) -> None:
    assert journal.agent == agent
    assert journal.epoch != epoch
    assert (await journal.append(draft())).id == f"{agent}/{journal.epoch}/1"
    assert journal.aside is not None
    assert (await journal.status()).set_aside == (journal.aside.name,)
    assert (await journal.verify()).sound


@pytest.mark.parametrize(
    ("at", "what"),
    [
        (0, b"this is not SQLite at all"),
        (PAGE, b"\xff" * PAGE * 4),
        (PAGE * 30, b"\xff" * PAGE),  # which nobody would look at for a long time
        (68, b"\x00\x00\x00\x07"),  # another program's application_id
    ],
)
async def test_a_damaged_file_is_set_aside_at_the_opening_and_a_new_epoch_begins(
    tmp_path: Path, at: int, what: bytes
) -> None:
    agent, epoch = await _filled(tmp_path)
    overwrite(tmp_path / "journal.db", at, what)
    with capture_logs() as logs:
        journal = await opened(tmp_path)
    async with journal:
        await _begun_anew(journal, agent, epoch)
        assert journal.aside is not None
        assert journal.aside.name == "journal.db.20261123T070000Z.damaged"
    loud = [log for log in logs if log["log_level"] == "error"]
    assert [(log["event"], log["path"]) for log in loud] == [("journal_set_aside", str(journal.aside))]


async def test_entries_that_no_longer_know_whose_they_are_are_set_aside_and_not_numbered_anew(tmp_path: Path) -> None:
    agent, epoch = await _filled(tmp_path, 1)
    async with await opened(tmp_path) as journal:
        await journal._write(lambda store: store.db.run("DELETE FROM meta"))
    async with await opened(tmp_path) as journal:
        await _begun_anew(journal, agent, epoch)


async def test_a_journal_that_got_no_further_than_its_tables_is_begun_on(tmp_path: Path) -> None:
    db = Database(tmp_path / "journal.db")
    set_up(db)
    db.close()
    async with await opened(tmp_path) as journal:
        assert journal.aside is None
        assert (await journal.append(draft())).id == f"{journal.agent}/{journal.epoch}/1"


async def test_a_file_damaged_under_our_feet_is_set_aside_and_what_was_asked_is_done(tmp_path: Path) -> None:
    agent, epoch = await _filled(tmp_path)
    journal = await opened(tmp_path)
    async with journal:
        await journal.sinks(["a"])
        overwrite(tmp_path / "journal.db", PAGE, b"\xff" * PAGE * 400)
        await journal._ask(lambda store: store.db.run("PRAGMA shrink_memory"))  # so that pages are read again
        with capture_logs() as logs:
            entry = await journal.append(draft())
        assert [log["event"] for log in logs if log["log_level"] == "error"] == ["journal_set_aside"]
        assert journal.epoch != epoch
        assert entry.id == f"{agent}/{journal.epoch}/1"
        assert [found.seq for found in await journal.read("a", "report", 9, 1 << 20)] == [1]


async def test_what_stood_in_the_log_of_a_damaged_file_is_set_aside_with_it(tmp_path: Path) -> None:
    await _filled(tmp_path / "one")
    async with await opened(tmp_path / "one") as journal:
        last = await journal.append(draft())
        left = crashed(tmp_path / "one", tmp_path / "two")
    overwrite(left / "journal.db", PAGE * 30, b"\xff" * PAGE)
    packed = zlib.compress(last.body, 6)
    assert packed not in (left / "journal.db").read_bytes()
    async with await opened(left) as journal:
        assert journal.aside is not None
    aside = [left / name for name in names(left) if ".damaged" in name]
    assert any(packed in path.read_bytes() for path in aside)


async def test_two_damaged_files_of_the_same_second_keep_names_of_their_own(tmp_path: Path) -> None:
    for _ in range(2):
        await _filled(tmp_path, 1)
        overwrite(tmp_path / "journal.db", 0, b"this is not SQLite at all")
    async with await opened(tmp_path) as journal:
        assert (await journal.status()).set_aside == (
            "journal.db.20261123T070000Z.1.damaged",
            "journal.db.20261123T070000Z.damaged",
        )


async def test_a_log_without_its_journal_is_never_replayed_into_a_new_one(tmp_path: Path) -> None:
    async with await opened(tmp_path / "one") as journal:
        await journal.append(draft())
        left = crashed(tmp_path / "one", tmp_path / "two")
        epoch = journal.epoch
    left.joinpath("journal.db").unlink()
    async with await opened(left) as journal:
        assert journal.epoch != epoch
        assert (await journal.status()).last == 0


async def test_the_agent_survives_its_file_and_the_file_survives_the_agent(tmp_path: Path) -> None:
    agent, epoch = await _filled(tmp_path, 1)
    overwrite(tmp_path / "agent-id", 0, b"!")
    async with await opened(tmp_path) as journal:
        assert (journal.agent, journal.epoch) == (agent, epoch)
    assert (tmp_path / "agent-id").read_text() == agent + "\n"
    (tmp_path / "journal.db").unlink()
    async with await opened(tmp_path) as journal:
        assert journal.agent == agent
        assert journal.epoch != epoch


@pytest.mark.parametrize("how", sorted(SPOIL))
async def test_an_entry_whose_body_did_not_survive_becomes_a_loss_and_blocks_nothing(tmp_path: Path, how: str) -> None:
    await _filled(tmp_path, 3)
    async with await opened(tmp_path) as journal:
        await journal._write(lambda store: store.db.run(SPOIL[how]))
        verdict = await journal.verify()
        assert [problem.key for problem in verdict.problems] == ["journal.verify_body"]
        assert [entry.seq for entry in await journal.read("a", "report", 9, 1 << 20)] == [2, 3]
        (loss,) = await journal.read("a", "first", 9, 1 << 20)
        assert loss.kind == "loss"
        assert loss.body.endswith(b'"data":{"from":1,"to":1,"count":1,"reason":"damage"}}')
        assert (await journal.verify()).sound
        assert (await journal.status()).lost == 1


@pytest.mark.parametrize("table", ["facts", "footage", "folds"])
async def test_a_row_that_cannot_be_read_is_said_loudly_and_costs_no_other(tmp_path: Path, table: str) -> None:
    async with await opened(tmp_path) as journal:
        facts = tuple(
            Fact(device="cam-1", probe="p", name=name, value=1, seen_at=NOW, changed_at=NOW) for name in ("a", "b")
        )
        footage = Footage(evidence="days", spans=((1.0, 2.0),))
        await journal.record(Record(device="cam-1", facts=facts, footage=(("1", footage), ("2", footage))))
        hours = [Sample(device="cam-1", name="n", subject="", unit="", value=1.0, at=at) for at in (NOW, NOW + 3600)]
        await journal.fold(hours)
        await journal.flush()
        await journal._write(lambda store: store.db.run(ROT[table]))
        with capture_logs() as logs:
            left = (
                len((await journal.board()).facts),
                [await journal.footage("cam-1", subject) for subject in ("1", "2")].count(footage),
                len(await journal.trend("cam-1", "n")),
            )
    assert sorted(left) == [1, 2, 2]
    assert left[["facts", "footage", "folds"].index(table)] == 1
    assert {(log["event"], log["table"]) for log in logs} == {("journal_row_unreadable", table)}


async def test_verify_sees_what_is_missing_doubled_or_under_another_name(tmp_path: Path) -> None:
    await _filled(tmp_path, 9)
    async with await opened(tmp_path) as journal:
        for sql in (
            "DELETE FROM entries WHERE seq IN (3, 4)",
            "INSERT INTO departed VALUES (7, 7, 'size')",
            "UPDATE entries SET body = (SELECT body FROM entries WHERE seq = 1) WHERE seq = 2",
        ):
            await journal._write(lambda store, sql=sql: store.db.run(sql))  # type: ignore[misc]
        problems = (await journal.verify()).problems
    assert [(problem.key, dict(problem.args)) for problem in problems] == [
        ("journal.verify_id", {"seq": 2, "id": f"{journal.agent}/{journal.epoch}/1"}),
        ("journal.verify_gap", {"low": 3, "high": 4}),
        ("journal.verify_twice", {"low": 7, "high": 7}),
    ]


async def test_a_journal_of_a_later_version_is_refused_clearly_and_left_as_it_is(tmp_path: Path) -> None:
    await _filled(tmp_path, 1)
    link = sqlite3.connect(tmp_path / "journal.db")
    link.execute("PRAGMA user_version = 99")
    link.close()
    before = (tmp_path / "journal.db").read_bytes()
    with pytest.raises(TooNew, match=r"newer sitewarden \(format 99; this one knows up to 1\)"):
        await opened(tmp_path)
    with pytest.raises(TooNew), ReadOnly(tmp_path):
        pass
    assert (tmp_path / "journal.db").read_bytes() == before
    assert not [name for name in names(tmp_path) if name.endswith(".damaged")]


def test_an_older_journal_is_brought_forward_in_one_commit(tmp_path: Path) -> None:
    db = Database(tmp_path / "journal.db")
    assert set_up(db)
    db.run("INSERT INTO kept VALUES ('cam-1', 'pin', 'aa')")
    assert not set_up(db, steps=(*STEPS, ("ALTER TABLE kept ADD COLUMN more TEXT NOT NULL DEFAULT 'new'",)))
    assert db.rows("SELECT * FROM kept") == [("cam-1", "pin", "aa", "new")]
    assert db.one("PRAGMA user_version") == 2
    with pytest.raises(sqlite3.OperationalError):
        set_up(db, steps=(*STEPS, (), ("CREATE TABLE half (a TEXT) STRICT", "NONSENSE")))
    assert db.one("PRAGMA user_version") == 2
    assert db.one("SELECT count(*) FROM sqlite_master WHERE name = 'half'") == 0
    with pytest.raises(TooNew):
        set_up(db)
    db.close()


async def test_a_reader_of_a_damaged_journal_says_so_and_touches_nothing(tmp_path: Path) -> None:
    await _filled(tmp_path, 1)
    overwrite(tmp_path / "journal.db", 0, b"this is not SQLite at all")
    with pytest.raises(Damaged), ReadOnly(tmp_path):
        pass
    assert names(tmp_path) == ["agent-id", "journal.db"]
