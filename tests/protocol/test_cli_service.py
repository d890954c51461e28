"""`sitewarden` beside the running service, after it was killed, and on what it left: journal and configuration."""

import asyncio
import json
import os
import signal
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.board import View
from agent.local.where import NAME
from tests.calls import Said, call, environment, made, names
from tests.site.site import Outline, Site


@pytest.fixture
async def conf(tmp_path: Path) -> AsyncIterator[Path]:
    async with Site(outline=Outline(cameras=2)) as site:
        site.write(tmp_path / "conf", every={"reach": "1s"})
        yield tmp_path / "conf"


async def run(*argv: object, **kwargs: Any) -> Said:
    return await asyncio.to_thread(call, *argv, **kwargs)


def checks(said: Said) -> set[tuple[str, str, str]]:
    return {
        (report["device"], finding["check"], finding["severity"])
        for report in json.loads(said.out)
        for finding in report["findings"]
    }


@asynccontextmanager
async def service(conf: Path, **env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the service until its socket is there."""
    folder = Path(env.get("RUNTIME_DIRECTORY", conf / "state"))
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent", "run", "--config", str(conf),
        env=environment(env), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert running.stderr is not None
    try:
        async with asyncio.timeout(30):
            while b"event=started" not in (line := await running.stderr.readline()):
                assert line, "the service ended"
        assert (folder / NAME).exists()
        draining = asyncio.create_task(running.stderr.read())
        yield running
    finally:
        if running.returncode is None:
            running.send_signal(signal.SIGTERM)
        await running.wait()
        await draining


async def test_where_the_service_runs_everything_goes_through_it(conf: Path) -> None:
    async with service(conf):
        said = await run("check", "cam-1", "--json", "--config", conf)
        assert (said.code, said.err) == (0, "")
        assert ("cam-1", "reach", "ok") in checks(said)
        assert "phrase" not in said.out
        french = await run("check", "cam-1", "--config", conf, "--lang", "fr")
        assert "répond" in french.out
        board = msgspec.json.decode((await run("status", "--json", "--config", conf)).out, type=View)
        assert board.service
        assert {row.device: row for row in board.devices}["cam-1"].severity.value == "ok"
        wrong = await run("check", "cam-1", "--probe", "rech", "--config", conf)
        assert wrong == (64, "", 'sitewarden: there is no probe "rech"; did you mean "reach"?\n')
    said = await run("status", "--config", conf)
    assert "the service does not run" in said.out
    assert (await run("journal", "verify", "--config", conf)).code == 0


async def test_a_service_with_a_runtime_directory_is_found_without_it(conf: Path, tmp_path: Path) -> None:
    there, signpost = tmp_path / "run" / NAME, conf / "state" / NAME
    made(there.parent)
    async with service(conf, RUNTIME_DIRECTORY=str(there.parent)):
        assert stat.S_ISSOCK(os.lstat(there).st_mode)
        assert "the service runs" in (await run("status", "--config", conf)).out
    assert NAME not in names(there.parent) | names(signpost.parent)


async def test_a_killed_service_leaves_nothing_that_is_in_the_way(conf: Path) -> None:
    async with service(conf) as running:
        running.kill()
        await running.wait()
        assert (conf / "state" / NAME).exists()
        assert "the service does not run" in (await run("status", "--config", conf)).out
        assert (await run("check", "cam-1", "--config", conf)).code == 0
    async with service(conf):
        assert "the service runs" in (await run("status", "--config", conf)).out


async def test_the_journal_is_told_exported_and_verified(conf: Path) -> None:
    absent = await run("journal", "status", "--config", conf)
    assert absent.code == 65
    assert "there is no journal in" in absent.err
    await run("check", "--config", conf)
    exported = (await run("journal", "export", "--config", conf)).out.splitlines()
    events = [json.loads(line) for line in exported]
    assert [event["id"].rpartition("/")[2] for event in events] == [str(n + 1) for n in range(len(events))]
    assert {event["type"] for event in events} == {"sitewarden.report.v1"}
    told = json.loads((await run("journal", "status", "--json", "--config", conf)).out)
    assert told["last"] == len(events)
    text = await run("journal", "status", "--config", conf, "--lang", "fr")
    assert f"{len(events)} entrées conservées" in text.out
    assert (await run("journal", "verify", "--config", conf)).code == 0


async def test_a_journal_that_is_not_sound_is_2(conf: Path) -> None:
    await run("check", "--config", conf)
    with sqlite3.connect(conf / "state" / "journal.db") as link:
        link.execute("DELETE FROM entries WHERE seq = 2")
    link.close()
    said = await run("journal", "verify", "--config", conf)
    assert said.code == 2
    assert "entries 2 to 2 are missing" in said.out


async def test_validate_tells_all_errors_at_once_or_one_line(conf: Path) -> None:
    good = await run("validate", "--config", conf)
    assert good == (0, "ok: 5 devices, 2 credentials, 0 sinks\n", "")
    inventory = conf / "inventory.yaml"
    inventory.write_text(inventory.read_text().replace("kind: switch", "kind: swich").replace("onvif:", "onvfi:"))
    bad = await run("validate", "--config", conf, "--lang", "fr")
    assert (bad.code, bad.out) == (78, "")
    lines = bad.err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("inventory.yaml:") for line in lines)
    (conf / "secrets" / "lan").chmod(0o644)
    assert "lan" in (await run("validate", "--config", conf)).err
