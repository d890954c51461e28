"""`kill -9` at any moment, and a power cut at any byte, lose nothing that was said to be kept."""

import hashlib
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journals import Clocks, crashed, draft, opened

WRITER = """
import asyncio, hashlib, sys, time
from pathlib import Path
from agent.journal import Journal
from agent.record import Draft

async def write(journal, who):
    n = 0
    while True:
        n += 1
        data = b'{"who": %d, "n": %d, "pad": "%s"}' % (who, n, b"x" * (n * 37 % 4000))
        entry = await journal.append(Draft(kind="report", data=data, time="2026-11-23T07:00:00Z"))
        print(entry.seq, hashlib.sha256(entry.body).hexdigest(), flush=True)

async def main():
    journal = await Journal.open(Path(sys.argv[1]), source="sitewarden/x", clock=time.time, linger_s=0.002)
    async with asyncio.TaskGroup() as group:
        for who in range(8):
            group.create_task(write(journal, who))

asyncio.run(main())
"""


def _said_until_killed(folder: Path, lines: int) -> dict[int, str]:
    """Let eight writers say what they have kept, and kill them once they have said `lines` of it."""
    with subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(lines)]
        writer.send_signal(signal.SIGKILL)
        told.extend(writer.stdout)
    whole = [line.split() for line in told if line.endswith("\n")]
    return {int(seq): digest for seq, digest in whole}


async def test_what_was_acknowledged_before_a_kill_is_there_to_the_byte(tmp_path: Path) -> None:
    said: dict[int, str] = {}
    chance = random.Random(7)  # noqa: S311  moments, not secrets
    for _ in range(6):
        more = _said_until_killed(tmp_path, chance.randrange(1, 400))
        assert not said.keys() & more.keys()
        said |= more
        async with await opened(tmp_path) as journal:
            there = {entry.seq: hashlib.sha256(entry.body).hexdigest() async for entry in journal.export()}
            assert there.items() >= said.items()
            assert sorted(there) == list(range(1, len(there) + 1))
            assert (await journal.verify()).sound
            assert journal.aside is None


async def test_every_commit_is_synced_to_the_disk_before_it_is_said(tmp_path: Path) -> None:
    async with await opened(tmp_path) as journal:
        asked = [await journal._ask(lambda store: store.db.one("PRAGMA synchronous"))]
        asked.append(await journal._ask(lambda store: store.db.one("PRAGMA journal_mode")))
        assert asked == [2, "wal"]


@pytest.mark.parametrize("seed", range(3))
async def test_a_power_cut_at_any_byte_of_the_log_keeps_what_was_acknowledged_before_it(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  places, not secrets
    log = tmp_path / "one" / "journal.db-wal"
    lengths: list[int] = []
    async with await opened(tmp_path / "one", Clocks()) as journal:
        for n in range(30):
            await journal.append(draft(data=b'"%d"' % n))
            lengths.append(log.stat().st_size)
        whole = crashed(tmp_path / "one", tmp_path / "whole")
    for k in range(20):
        cut = shutil.copytree(whole, tmp_path / str(k))
        length = chance.randrange(lengths[0], lengths[-1] + 1)
        with (cut / "journal.db-wal").open("r+b") as file:
            file.truncate(length)
        async with await opened(cut) as journal:
            last = (await journal.status()).last
            assert last >= sum(1 for size in lengths if size <= length)
            assert (await journal.verify()).sound
            assert journal.aside is None
            assert (await journal.append(draft())).seq == last + 1
