"""The whole simulated site: its configuration is one that the agent takes, and it obeys from outside."""

import asyncio
import io
import json
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from rich.console import Console

from agent.settings import Settings, load
from tests.site import walks
from tests.site.board import rows
from tests.site.centre import Centre
from tests.site.demo import Ended, Show, timetable
from tests.site.onvif import Account, Quirks
from tests.site.onvif.client import post, request, token
from tests.site.onvif.soap import TDS
from tests.site.orders import obey
from tests.site.site import Outline, Site
from tests.site.tidings import Tidings
from tests.site.walk import Walk


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site(outline=Outline(cameras=3, nases=1, quirks={"*": {"auth": "both"}})) as site:
        yield site


async def order(site: Site, **what: Any) -> dict[str, Any]:
    return await obey(site, msgspec.json.encode(what))


async def test_the_agent_accepts_the_configuration_that_the_site_writes(site: Site, tmp_path: Path) -> None:
    site.write(tmp_path, sink="http://127.0.0.1:9/ingest", token="t0", every={"reach": "2s"})
    settings = load(tmp_path)
    assert isinstance(settings, Settings)
    told = {device.id: device for device in settings.devices}
    assert told.keys() == site.units.keys() == {"nvr-1", "sw-1", "ups-1", "nas-1", "cam-1", "cam-2", "cam-3"}
    camera = told["cam-1"]
    assert camera.onvif is not None
    assert (camera.address, camera.onvif.port) == (site.camera("cam-1").address, site.camera("cam-1").port)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()} == {0o600}


async def test_every_device_stands_on_an_address_of_its_own(site: Site) -> None:
    addresses = {unit.address for unit in site.units.values()}
    assert len(addresses) == len(site.units)
    assert all(address.startswith("127.") for address in addresses)


async def test_a_dead_device_is_silent_and_comes_back(site: Site) -> None:
    camera = site.camera("cam-2")
    await order(site, device="cam-2", alive=False)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.open_connection(camera.address, camera.port), 0.2)
    await order(site, device="nvr-1", alive=False)
    assert site.agent("nvr-1").faults.silent
    assert await order(site, alive=True) == {"done": list(site.units)}
    assert not site.agent("nvr-1").faults.silent
    _, writer = await asyncio.open_connection(camera.address, camera.port)
    writer.close()
    await writer.wait_closed()


async def test_orders_change_clock_quirks_identity_and_values(site: Site) -> None:
    await order(site, device="cam-1", clock={"offset_s": 90.0}, quirks={"html": True}, spec={"firmware": "V9"})
    camera = site.camera("cam-1")
    assert 89.0 < camera.clock.offset_s < 91.0
    assert (camera.quirks.html, camera.spec.firmware) == (True, "V9")
    before = site.agent("nvr-1").walk
    await order(site, device="nvr-1", values={walks.HIK_DISK_STATUS: 2}, faults={"delay": 0.5})
    after = site.agent("nvr-1")
    changed = [pair for pair in zip(before.varbinds, after.walk.varbinds, strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1
    assert after.faults.delay == 0.5


WRONG_ORDERS = [
    b"x",
    b'{"nope": 1}',
    b'{"device": "cam-99"}',
    b'{"quirks": {"nope": 1}}',
    b'{"device": "nvr-1", "faults": {"nope": 1}}',
]


@pytest.mark.parametrize("line", WRONG_ORDERS)
async def test_a_wrong_order_is_answered_with_what_is_wrong(site: Site, line: bytes) -> None:
    assert (await obey(site, line)).keys() == {"error"}


async def test_the_site_tells_how_often_it_was_asked(site: Site) -> None:
    async with aiohttp.ClientSession() as session:
        header = token(Account())
        await post(session, site.camera("cam-1").url, request("GetDeviceInformation", TDS, header=header))
    asked = (await order(site, tell=True))["asked"]
    assert asked["cam-1"] == {"GetDeviceInformation": 1}
    assert asked["cam-2"] == {}


async def run(*options: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.site", *options, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2]
    )


@pytest.mark.parametrize("manner", ["stdin", "signal"])
async def test_in_a_process_of_its_own_it_obeys_and_ends_when_told(manner: str, tmp_path: Path) -> None:
    process = await run("--cameras", "40", "--config", str(tmp_path), "--sink", "http://127.0.0.1:9/ingest")
    assert process.stdin is not None
    assert process.stdout is not None
    told = json.loads(await process.stdout.readline())["devices"]
    assert len(told) == 43
    assert load(tmp_path).devices
    process.stdin.write(b'{"device": "cam-7", "clock": {"drift": 0.5}}\n')
    assert json.loads(await process.stdout.readline()) == {"done": ["cam-7"]}
    if manner == "stdin":
        process.stdin.close()
    else:
        process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    process.stdin.close()


@pytest.mark.parametrize("say", [walks.recorder, walks.switch, walks.ups, walks.nas])
def test_every_line_of_a_walk_is_encoded_and_none_is_said_twice(say: Any) -> None:
    text = say("it")
    lines = text.splitlines()
    assert len(Walk(text).keys) == len(lines) == len({line.partition("|")[0] for line in lines})


@pytest.mark.parametrize(
    ("say", "oid"),
    [(walks.recorder, walks.HIK_DISK_STATUS), (walks.switch, walks.if_oper_status(7)), (walks.ups, walks.APC_OUTPUT),
     (walks.nas, walks.DSM_DISK_STATUS)],
)  # fmt: skip
def test_what_breaks_is_a_value_that_the_walk_has(say: Any, oid: str) -> None:
    assert f"{oid}|2|" in say("it")


async def test_whatever_the_demo_breaks_it_mends() -> None:
    async with Site(outline=Outline(cameras=9)) as site:
        before = msgspec.json.encode([site.camera(f"cam-{number}").quirks for number in range(1, 10)])
        disks = site.agent("nvr-1").walk.varbinds
        acts = timetable(site)
        assert [act.part for act in acts] == sorted(act.part for act in acts)
        for number, act in enumerate(acts, start=1):
            done = act.do()
            if done is not None:
                await done
            if number == 3:
                assert site.camera("cam-3").quirks.wire == "refused"
                assert site.agent("nvr-1").walk.varbinds != disks
        assert msgspec.json.encode([site.camera(f"cam-{number}").quirks for number in range(1, 10)]) == before
        assert site.agent("nvr-1").walk.varbinds == disks
        assert abs(site.camera("cam-5").clock.offset_s) < 0.001


STAND_IN = """
import json, signal, sys, urllib.request, yaml
command, folder = sys.argv[1], sys.argv[3]
if command == "status":
    print(json.dumps({"devices": [{"device": "cam-1", "kind": "camera", "severity": "crit",
                                   "findings": [{"check": "reach", "severity": "crit", "summary": "GONE"}]}]}))
elif sys.argv[0].endswith("dies.py"):
    sys.exit("it broke")
else:
    sink = yaml.safe_load(open(folder + "/site.yaml"))["sinks"][0]["url"]
    for seq, severity in enumerate(("ok", "crit", "ok"), start=1):
        found = {"check": "reach", "severity": severity, "summary": "s", "subject": ""}
        data = {"device": "cam-1", "probe": "reach", "started_at": "2026-11-23T07:00:00Z", "findings": [found]}
        event = {"specversion": "1.0", "id": f"a/e/{seq}", "type": "sitewarden.report.v1", "data": data}
        body = json.dumps([event]).encode()
        kind = {"Content-Type": "application/cloudevents-batch+json"}
        urllib.request.urlopen(urllib.request.Request(sink, body, kind)).close()
    signal.sigwait({signal.SIGTERM})
"""


@pytest.mark.parametrize("terminal", [True, False])
async def test_the_demo_shows_the_agents_board_and_sums_up(tmp_path: Path, *, terminal: bool) -> None:
    script, screen = tmp_path / "agent.py", io.StringIO()
    script.write_text(STAND_IN)
    console = Console(file=screen, force_terminal=terminal, width=150)
    async with Centre() as centre, Site(outline=Outline(cameras=9)) as site:
        site.write(tmp_path, sink=centre.url)
        program = (sys.executable, str(script))
        show = Show(site=site, centre=centre, folder=tmp_path, console=console, program=program)
        running = asyncio.create_task(show.run(None))
        await centre.until(3)
        async with asyncio.timeout(20):
            while not show._rows or (terminal and "GONE" not in screen.getvalue()):  # noqa: ASYNC110  a screen has no event
                await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert [word for word in show.summary().split() if word.isdigit()] == ["12", "1", "1", "3", "3"]
    assert terminal or "reach crit" in screen.getvalue()


async def test_an_agent_that_breaks_is_told_with_its_last_words(tmp_path: Path) -> None:
    script = tmp_path / "dies.py"
    script.write_text(STAND_IN)
    async with Centre() as centre, Site(outline=Outline(cameras=9)) as site:
        site.write(tmp_path, sink=centre.url)
        program = (sys.executable, str(script))
        show = Show(site=site, centre=centre, folder=tmp_path, console=Console(file=io.StringIO()), program=program)
        with pytest.raises(Ended, match="it broke"):
            await show.run(20.0)


def report(device: str, probe: str, *findings: tuple[str, str, str]) -> dict[str, Any]:
    told = [{"check": check, "severity": severity, "summary": "s", "subject": sub} for check, severity, sub in findings]
    data = {"device": device, "probe": probe, "started_at": "2026-11-23T07:00:00Z", "findings": told}
    return {"type": "sitewarden.report.v1", "data": data}


def test_tidings_count_what_is_raised_and_cleared() -> None:
    tidings = Tidings()
    assert not tidings.hear({"type": "sitewarden.heartbeat.v1", "data": {}})
    assert not tidings.hear(report("cam-1", "onvif.clock", ("clock", "ok", "")))
    raised = tidings.hear(report("cam-1", "onvif.clock", ("clock", "warn", "")))
    assert [(one.turn, one.check, one.severity) for one in raised] == [("raised", "clock", "warn")]
    assert not tidings.hear(report("cam-1", "onvif.clock", ("clock", "crit", "")))
    assert not tidings.hear(report("cam-1", "reach", ("reach", "ok", "")))
    assert [one.turn for one in tidings.hear(report("cam-1", "onvif.clock", ("clock", "ok", "")))] == ["cleared"]
    tidings.hear(report("nvr-1", "snmp", ("storage", "crit", "1"), ("storage", "crit", "2")))
    assert [one.turn for one in tidings.hear(report("nvr-1", "snmp", ("storage", "crit", "2")))] == ["cleared"]
    assert (tidings.raised, tidings.cleared) == (3, 2)


def test_the_board_reads_what_status_tells_and_passes_over_what_it_does_not_know() -> None:
    held = '[{"check": "reach", "severity": "crit", "since": "2026-11-23T07:00:00Z"}]'
    row = f'{{"device": "cam-1", "kind": "camera", "severity": "crit", "new": 1, "findings": {held}}}'
    for said in (f"[{row}]", f'{{"devices": [{row}], "sinks": []}}'):
        told = rows(said.encode())
        assert (told[0].device, told[0].findings[0].check) == ("cam-1", "reach")
    with pytest.raises(msgspec.DecodeError):
        rows(b"Traceback")


def test_a_camera_takes_only_switches_that_there_are() -> None:
    with pytest.raises(msgspec.ValidationError):
        Site(outline=Outline(cameras=1, quirks={"*": {"nope": True}}))
    assert Quirks().wire == "open"
