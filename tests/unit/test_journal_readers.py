"""Those who only look, and the lock that lets one alone write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.journal import Absent, Held, ReadOnly, Unwritable, lock
from agent.record import Record, Sample
from tests.journals import NOW, draft, names, opened

HOLDER = """
import sys
from pathlib import Path
from agent.journal import lock

held = lock(Path(sys.argv[1]))
print(flush=True)
input()
"""


async def test_a_reader_sees_each_commit_of_a_running_writer_and_never_holds_it_up(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.sinks(["a"])
        await journal.append(draft())
        with ReadOnly(tmp_path) as reader:
            assert (reader.agent, reader.epoch) == (journal.agent, journal.epoch)
            assert reader.status().last == 1
            looking = reader.entries()
            first = next(looking)
            second = await journal.append(draft("incident"))
            assert reader.status().last == 2
            assert [first.seq, *(entry.seq for entry in looking)] == [1, 2]
            assert list(reader.entries())[1] == second
            assert reader.verify().sound
            assert [sink.waiting for sink in reader.status().sinks] == [1, 1]


async def test_a_reader_works_when_no_service_runs_and_changes_nothing(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.record(Record(device="cam-1", kept=(("pin", "aa"),), draft=draft()))
        await journal.fold([Sample(device="cam-1", name="n", subject="", unit="", value=1.0, at=NOW)])
        await journal.mark("start", NOW, "boot-1", 1.0)
        board, status = await journal.board(), await journal.status()
    before = (tmp_path / "journal.db").read_bytes()
    with ReadOnly(tmp_path) as reader:
        assert reader.board() == board
        assert reader.kept("cam-1") == {"pin": "aa"}
        assert reader.footage("cam-1", "1") is None
        assert [fold.count for fold in reader.trend("cam-1", "n")] == [1]
        assert [mark.kind for mark in reader.marks()] == ["start"]
        assert reader.status().last == status.last
        assert reader.status().cap_bytes is None
    assert (tmp_path / "journal.db").read_bytes() == before
    async with await opened(tmp_path) as journal:
        assert (await journal.append(draft())).seq == 2


@pytest.mark.parametrize("there", [False, True])
def test_where_no_journal_was_begun_a_reader_says_so(tmp_path: Path, there: bool) -> None:  # noqa: FBT001  a table of two
    if there:
        (tmp_path / "journal.db").touch()
    before = names(tmp_path)
    with pytest.raises(Absent, match="no journal in"), ReadOnly(tmp_path):
        pass
    assert names(tmp_path) == before


def test_a_held_lock_is_refused_with_the_holders_number_and_free_once_given_back(tmp_path: Path) -> None:
    with lock(tmp_path / "state"), pytest.raises(Held, match=str(os.getpid())):
        lock(tmp_path / "state")
    again = lock(tmp_path / "state")
    again.release()
    again.release()


def test_the_lock_goes_with_the_process_that_held_it_however_it_ends(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "\n"
        with pytest.raises(Held, match=str(holder.pid)):
            lock(tmp_path)
        holder.kill()
    lock(tmp_path).release()


def test_a_folder_that_cannot_be_locked_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(Unwritable, match="Is a directory"):
        lock(tmp_path)
