"""The running service as systemd and the centre see it: ready, reloading, ending, killed, on a full disk."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agent.journal import ReadOnly
from tests.calls import environment
from tests.site.centre import Centre
from tests.site.site import Outline, Site

READY, STOPPING, RELOADING, WATCHDOG = "READY=1", "STOPPING=1", "RELOADING=1", "WATCHDOG=1"


class Systemd:
    """The other end of the notify socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(str(path))
        self._line.settimeout(0)
        self.heard: list[str] = []

    async def until(self, word: str) -> None:
        async with asyncio.timeout(30):
            while True:
                told = await asyncio.get_running_loop().sock_recv(self._line, 4096)
                self.heard += told.decode().splitlines()
                if word in told.decode().splitlines():
                    return

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    opened = Systemd(tmp_path / "notify")
    yield opened
    opened.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site(outline=Outline(cameras=2)) as running:
        yield running


@contextlib.asynccontextmanager
async def service(conf: Path, systemd: Systemd, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    log = conf.parent / "log"
    with log.open("ab") as errors:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent", "run", "--config", str(conf),
            env=environment({"NOTIFY_SOCKET": str(systemd.path), **env}), stderr=errors,
        )  # fmt: skip
    try:
        await systemd.until(READY)
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_it_says_that_it_is_ready_alive_and_stopping_and_ends_within_five_seconds(
    tmp_path: Path, site: Site, systemd: Systemd
) -> None:
    conf = tmp_path / "conf"
    site.write(conf, every={"reach": "1s"})
    await site.die("cam-1")  # one probing is under way when the end comes
    async with service(conf, systemd, WATCHDOG_USEC="200000") as running:
        await systemd.until(WATCHDOG)
        running.send_signal(signal.SIGTERM)
        await systemd.until(STOPPING)
        async with asyncio.timeout(5):
            assert await running.wait() == 0
    with ReadOnly(conf / "state") as journal:
        assert [mark.kind for mark in journal.marks()] == ["start", "stop"]
        assert journal.verify().sound


async def test_a_changed_configuration_is_taken_up_and_a_wrong_one_refused(
    tmp_path: Path, site: Site, systemd: Systemd
) -> None:
    conf = tmp_path / "conf"
    site.write(conf, every={"reach": "1s"})
    inventory = conf / "inventory.yaml"
    right = inventory.read_text()
    async with service(conf, systemd) as running:
        inventory.write_text(right.replace("kind: camera", "kind: kamera"))
        running.send_signal(signal.SIGHUP)
        await systemd.until(READY)
        assert systemd.heard[-2:] == [READY, "STATUS=5 devices"]
        inventory.write_text(f"{right}\n- {{id: new, kind: server, address: 127.0.0.1}}\n")
        running.send_signal(signal.SIGHUP)
        await systemd.until("STATUS=6 devices")
        assert running.returncode is None
    said = (tmp_path / "log").read_text()
    assert "configuration_refused" in said
    assert "inventory.yaml" in said


async def test_what_the_centre_acknowledged_before_a_kill_is_there_afterwards_and_nothing_is_told_in_two_ways(
    tmp_path: Path, site: Site, systemd: Systemd
) -> None:
    conf = tmp_path / "conf"
    async with Centre() as centre:
        site.write(conf, sink=centre.url, every={"reach": "1s"}, heartbeat="1s")
        for rounds in range(3):
            async with service(conf, systemd) as running, asyncio.timeout(30):
                await centre.until(3 * (rounds + 1))
                running.kill()
        with ReadOnly(conf / "state") as journal:
            kept = {entry.id: json.loads(entry.body) for entry in journal.entries()}
            assert journal.verify().sound
        told = {str(event["id"]): event for event in centre.events()}
        assert len(told) >= 9
        assert told == {name: kept[name] for name in told}
        assert not any(centre.holes().values())


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
async def test_on_a_full_disk_it_goes_on_probing_says_so_and_recovers(
    tmp_path: Path, site: Site, systemd: Systemd
) -> None:
    conf, small = tmp_path / "conf", tmp_path / "small"
    small.mkdir()
    mounted = await asyncio.to_thread(
        subprocess.run, ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        site.write(conf, every={"reach": "1s", "onvif.identity": "1s", "onvif.clock": "1s"})
        async with service(conf, systemd, STATE_DIRECTORY=str(small)) as running:
            filler = small / "filler"
            with contextlib.suppress(OSError), filler.open("wb") as file:
                while True:
                    file.write(b"\0" * 4096)
                    file.flush()
            await site.die("cam-1", wire="refused")
            await _logged(tmp_path / "log", "journal_unwritable")
            filler.unlink()
            await _logged(tmp_path / "log", "journal_writable_again")
            running.send_signal(signal.SIGTERM)
            assert await running.wait() == 0
        with ReadOnly(small) as journal:
            standing = {(each.device, each.finding.severity.value) for each in journal.board().standings}
        assert ("cam-1", "crit") in standing
    finally:
        await asyncio.to_thread(subprocess.run, ["umount", str(small)], check=True)


async def _logged(path: Path, event: str) -> None:
    """Wait until the service logs `event`. The file is polled: nothing on disk can be awaited portably."""
    async with asyncio.timeout(30):
        while event not in await asyncio.to_thread(path.read_text):  # noqa: ASYNC110  nothing on disk can be awaited
            await asyncio.sleep(0.1)


UNIT = Path(__file__).parents[2] / "packaging" / "sitewarden.service"


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit as it would be installed, with a program that is there on every machine."""
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("PEERS") == "all":
            pytest.fail("systemd-analyze is not installed (make peers)")
        pytest.skip("systemd-analyze is not installed (make peers)")
    copy = tmp_path / "sitewarden.service"
    copy.write_text(UNIT.read_text().replace("/usr/bin/sitewarden run", "/bin/true run"))
    return copy


def test_systemd_finds_nothing_wrong_with_the_unit(unit: Path) -> None:
    said = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_the_unit_is_exposed_by_at_most_one_point_six(unit: Path) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=16", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout[-200:]
