"""A disk that is full, read-only or gone: refused whole, said clearly, and recovered from."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.journal import Journal, ReadOnly, Unwritable
from agent.record import Fact, Record
from tests.journals import NOW, Clocks, draft, opened

BULK = Record(
    device="sw-1",
    facts=tuple(
        Fact(device="sw-1", probe="snmp.links", name=f"n{n}", value="x" * 900, seen_at=NOW, changed_at=NOW)
        for n in range(400)
    ),
    kept=(("pin", "new"),),
    draft=draft("incident"),
)


def _mount(folder: Path, options: str) -> None:
    folder.mkdir(exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("a file system of our own cannot be mounted here (that takes root)")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    _mount(folder, "size=2m")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


async def _refused_whole(journal: Journal) -> None:
    with pytest.raises(Unwritable, match="no space left for the journal"):
        await journal.record(BULK)
    assert (await journal.board()).facts == ()
    assert await journal.kept("sw-1") == {"pin": "old"}
    assert (await journal.status()).last == 1


async def _works_again(journal: Journal) -> None:
    entry = await journal.record(BULK)
    assert entry is not None
    assert entry.seq == 2
    assert len((await journal.board()).facts) == 400
    assert (await journal.verify()).sound


async def test_a_file_that_may_not_grow_refuses_the_record_whole_and_recovers(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        await journal.record(Record(device="sw-1", kept=(("pin", "old"),), draft=draft()))
        await journal._ask(lambda store: store.db.one("PRAGMA max_page_count = 1"))
        await _refused_whole(journal)
        await journal._ask(lambda store: store.db.one("PRAGMA max_page_count = 1000000"))
        await _works_again(journal)


async def test_all_who_shared_the_refused_commit_are_told_and_none_is_kept(tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path, source="sitewarden/x", clock=Clocks().wall, linger_s=0.1)
    async with journal:
        await journal._ask(lambda store: store.db.one("PRAGMA max_page_count = 1"))
        outcomes = await asyncio.gather(
            journal.append(draft()), journal.record(BULK), journal.append(draft()), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [Unwritable] * 3
        assert len({id(outcome) for outcome in outcomes}) == 3
        assert (await journal.status()).last == 0


async def test_a_full_file_system_refuses_the_record_whole_and_recovers(disk: Path) -> None:
    async with await opened(disk) as journal:
        await journal.record(Record(device="sw-1", kept=(("pin", "old"),), draft=draft()))
        _fill(disk / "ballast")
        await _refused_whole(journal)
        (disk / "ballast").unlink()
        await _works_again(journal)


async def test_a_disk_too_full_to_begin_on_is_one_clear_error_and_nothing_stays_open(disk: Path) -> None:
    _fill(disk / "ballast")
    with pytest.raises(Unwritable):
        await opened(disk)
    (disk / "ballast").unlink()
    async with await opened(disk) as journal:
        assert (await journal.append(draft())).seq == 1


async def test_a_journal_goes_through_a_full_disk_at_any_point_without_losing_what_it_said(disk: Path) -> None:
    said: dict[int, bytes] = {}
    async with await opened(disk) as journal:
        refused = 0
        ballast = disk / "ballast"
        for n in range(60):
            if n % 6 == 3:
                _fill(ballast, keep=n * 700)
            if n % 6 == 5:
                ballast.unlink()
            try:
                entry = await journal.append(draft(data=b'"' + os.urandom(2000).hex().encode() + b'"'))
            except Unwritable:
                refused += 1
            else:
                said[entry.seq] = entry.body
        assert refused
        assert {entry.seq: entry.body async for entry in journal.export()} == said
        assert sorted(said) == list(range(1, len(said) + 1))
    async with await opened(disk) as journal:
        assert {entry.seq: entry.body async for entry in journal.export()} == said
        assert (await journal.verify()).sound


async def test_a_file_system_that_turns_read_only_refuses_and_recovers(disk: Path) -> None:
    async with await opened(disk) as journal:
        await journal.append(draft())
        await journal.aclose()
    _remount(disk, "ro")
    with pytest.raises(Unwritable):
        await opened(disk)
    with ReadOnly(disk) as reader:
        assert [entry.seq for entry in reader.entries()] == [1]
        assert reader.status().last == 1
    _remount(disk, "rw")
    async with await opened(disk) as journal:
        assert (await journal.append(draft())).seq == 2


async def test_after_a_crash_even_a_read_only_file_system_tells_what_is_in_the_log(disk: Path) -> None:
    async with await opened(disk) as journal:
        await journal.append(draft())
        log = (disk / "journal.db-wal").read_bytes()
        main = (disk / "journal.db").read_bytes()
    (disk / "journal.db").write_bytes(main)
    (disk / "journal.db-wal").write_bytes(log)
    _remount(disk, "ro")
    with ReadOnly(disk) as reader:
        assert [entry.seq for entry in reader.entries()] == [1]
        assert reader.verify().sound


async def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(Unwritable, match="File exists"):
        await opened(tmp_path / "state")


def _remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def _fill(path: Path, keep: int = 0) -> None:
    """Take what the file system has, and give `keep` bytes of it back."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            file.truncate(max(file.tell() - keep, 0))
