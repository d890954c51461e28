"""`sitewarden check`, `status` and `journal` on a simulated site, alone and through the running service."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from agent.board import View
from agent.journal import lock
from agent.settings.schema import schema
from tests.calls import Said, call, made, spawn
from tests.site.site import COMMUNITY, Outline, Site

#: The first is all that XML lets through; SNMP lets everything through.
HOSTILE, WORSE = "cam\x9b31m [red]\u202eX", "sw\x1b]0;owned\x07 [red]"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with Site(outline=Outline(cameras=2)) as site:
        site.write(tmp_path / "conf", every={"reach": "1s"})
        yield site


@pytest.fixture
def conf(site: Site, tmp_path: Path) -> Path:
    return tmp_path / "conf"


async def run(*argv: object, **kwargs: Any) -> Said:
    return await asyncio.to_thread(call, *argv, **kwargs)


def onvif(site: Site, name: str = "cam-1", user: str = "supervision@") -> str:
    camera = site.camera(name)
    return f"onvif://{user}{camera.address}:{camera.port}"


def snmp(site: Site, name: str = "sw-1") -> str:
    agent = site.agent(name)
    return f"snmp://{agent.address}:{agent.port}"


def found(said: Said) -> dict[tuple[str, str], str]:
    return {
        (report["device"], finding["check"]): finding["severity"]
        for report in json.loads(said.out)
        for finding in report["findings"]
    }


async def test_the_whole_inventory_is_asked_and_reported_in_the_shape_of_the_contract(site: Site, conf: Path) -> None:
    said = await run("check", "--json", "--config", conf, env={"LANG": "fr_FR.UTF-8"})
    assert (said.code, said.err) == (0, "")
    assert '"summary":"answers"' in said.out
    reports = json.loads(said.out)
    assert {report["device"] for report in reports} == site.units.keys()
    for report in reports:
        jsonschema.validate(report, schema("report"))
    assert found(said)["cam-1", "clock"] == "ok"


async def test_only_what_is_named_is_asked(site: Site, conf: Path) -> None:
    said = await run("check", "cam-2", "sw-1", "cam-2", "--probe", "reach", "--json", "--config", conf)
    told = [(report["device"], report["probe"]) for report in json.loads(said.out)]
    assert told == [("cam-2", "reach"), ("sw-1", "reach")]


@pytest.mark.parametrize(
    ("argv", "code", "told"),
    [
        (["cam-11"], 64, 'there is no device "cam-11" in the inventory; did you mean "cam-1"?'),
        (["lobby"], 64, 'there is no device "lobby" in the inventory\n'),
        (["admin:hunter22@192.0.2.7"], 64, "one of the arguments is neither a device's id nor an ADDRESS"),
        (["cam-1", "--probe", "rech"], 64, 'there is no probe "rech"; did you mean "reach"?'),
        (["cam-1", "onvif://admin:hunter22@192.0.2.7"], 64, "a secret has no place in an ADDRESS"),
        (["cam-1", "onvif://admin@192.0.2.7"], 64, "onvif://admin@192.0.2.7 needs a secret: set SITEWARDEN_PASSWORD"),
    ],
)
async def test_a_mistake_in_one_name_asks_nobody(site: Site, conf: Path, argv: list[str], code: int, told: str) -> None:
    said = await run("check", *argv, "--json", "--config", conf)
    assert (said.code, said.out) == (code, "")
    assert told in said.err
    assert "hunter22" not in said.err
    assert site.camera("cam-1").counts == {}


async def test_an_address_needs_no_configuration_and_its_secret_comes_from_the_environment(site: Site) -> None:
    env = {"SITEWARDEN_PASSWORD": site.account.password, "SITEWARDEN_CONFIG": "/nowhere"}
    said = await run("check", onvif(site), "--json", env=env)
    assert (said.code, said.err) == (0, "")
    assert {finding for _, finding in found(said)} == {"reach", "clock"}
    assert {report["device"] for report in json.loads(said.out)} == {onvif(site)}


async def test_an_address_of_snmp_takes_its_community_from_the_environment(site: Site) -> None:
    said = await run("check", snmp(site), "--json", env={"SITEWARDEN_PASSWORD": COMMUNITY})
    assert said.code == 0
    facts = {seen["name"] for report in json.loads(said.out) for seen in report["observations"]}
    assert {"device.vendor", "device.uptime"} <= facts


async def test_a_secret_is_asked_for_on_a_terminal(site: Site) -> None:
    asked = []

    def prompt(told: str) -> str:
        asked.append(told)
        return site.account.password

    said = await run("check", onvif(site), "--lang", "fr", prompt=prompt)
    assert said.code == 0
    assert asked == [f"Mot de passe de {onvif(site)} : "]


async def test_an_address_and_a_device_are_asked_in_one_go(site: Site, conf: Path) -> None:
    env = {"SITEWARDEN_PASSWORD": site.account.password}
    said = await run("check", "sw-1", onvif(site, "cam-2"), "--json", "--config", conf, env=env)
    assert {report["device"] for report in json.loads(said.out)} == {"sw-1", onvif(site, "cam-2")}


async def test_an_address_is_not_journaled(site: Site, conf: Path) -> None:
    await run("check", "cam-1", onvif(site, "cam-2", user=""), "--config", conf)
    said = await run("journal", "export", "--config", conf)
    told = [json.loads(line) for line in said.out.splitlines()]
    assert {event["data"]["device"] for event in told} == {"cam-1"}


async def test_a_wrong_password_is_refused_once_and_shown_nowhere(site: Site) -> None:
    env = {"SITEWARDEN_PASSWORD": "Tr0ub4dor", "SITEWARDEN_DEBUG": "1", "SITEWARDEN_LOG": "debug"}
    for form, told in (("--json", "login"), ("--plugin", "login"), ("--lang=fr", "identifiant")):
        said = await asyncio.to_thread(spawn, "check", onvif(site), form, env=env)
        assert said.code == 2, said
        assert "Tr0ub4dor" not in said.out + said.err
        assert told in said.out
        assert "not tried again" not in said.out


@pytest.mark.parametrize(("dead", "code", "state"), [(False, 0, "OK"), (True, 2, "CRITICAL")])
async def test_the_plugin_line_and_the_exit_code_tell_the_worst(
    site: Site, conf: Path, *, dead: bool, code: int, state: str
) -> None:
    if dead:
        await site.die("cam-1", wire="refused")
    said = await run("check", "cam-1", "--plugin", "--config", conf)
    assert (said.code, said.err) == (code, "")
    assert said.out.startswith(f"SITEWARDEN {state} - ")
    assert said.out.count("\n") == 1


async def test_one_dead_device_is_one_finding_and_the_others_are_asked(site: Site, conf: Path) -> None:
    await site.die("cam-1", wire="refused")
    said = await run("check", "--json", "--config", conf)
    assert said.code == 2
    told = found(said)
    assert {key: value for key, value in told.items() if key[0] == "cam-1"} == {("cam-1", "reach"): "crit"}
    assert told["cam-2", "clock"] == "ok"


@pytest.mark.parametrize("tty", [False, True])
async def test_what_a_device_says_never_reaches_a_terminal_raw(site: Site, conf: Path, tty: bool) -> None:  # noqa: FBT001  a parameter of the table
    site.camera("cam-1").spec.model = HOSTILE
    site.agent("sw-1").set("1.3.6.1.2.1.1.5.0", WORSE)
    for form in ([], ["--json"], ["--plugin"]):
        said = await run("check", "cam-1", "sw-1", *form, "--config", conf, tty=tty, env={"TERM": "xterm"})
        assert "\x07" not in said.out
        assert "\x1b]" not in said.out
        assert "\x9b" not in said.out
        assert "\u202e" not in said.out
        assert "Traceback" not in said.err
    plain = (await run("check", "cam-1", "sw-1", "--config", conf)).out
    assert "model cam 31m [red]?X" in plain
    assert "name sw ]0;owned [red]" in plain
    told = json.loads((await run("check", "cam-1", "--json", "--config", conf)).out)
    assert "cam 31m [red]\u202eX" in {seen["value"] for report in told for seen in report["observations"]}
    assert ("\x1b[" in (await run("check", "cam-1", "--config", conf, tty=tty, env={"TERM": "xterm"})).out) is tty


async def test_progress_is_for_terminals_alone(site: Site, conf: Path) -> None:
    assert (await run("check", "--config", conf)).err == ""
    said = await run("check", "--config", conf, tty=True, env={"TERM": "xterm"})
    assert "5 of 5 devices" in said.err


async def test_a_person_reads_blocks_in_his_language_in_the_order_of_the_inventory(site: Site, conf: Path) -> None:
    await site.die("sw-1")
    said = await run("check", "cam-1", "sw-1", "--config", conf, "--lang", "fr")
    assert said.code == 2
    first, second = said.out.split("\n\n")
    assert first.startswith("cam-1  OK  (")
    assert "modèle DS-2CD2143G2-I" in first
    assert second.splitlines()[0].startswith("sw-1  CRITIQUE  (")
    assert second.splitlines()[1] == "  CRITIQUE   reach  ne répond pas"


async def test_status_shows_what_the_check_found_and_what_nobody_asked_yet(site: Site, conf: Path) -> None:
    said = await run("status", "--json", "--config", conf)
    board = msgspec.json.decode(said.out, type=View)
    assert (said.code, board.service, board.journal, board.severity.value) == (0, False, None, "unknown")
    assert {held.summary for row in board.devices for held in row.findings} == {"not asked yet"}
    await site.die("cam-1", wire="refused")
    await run("check", "cam-1", "cam-2", "--config", conf)
    board = msgspec.json.decode((await run("status", "--json", "--config", conf)).out, type=View)
    assert board.journal is not None
    rows = {row.device: row for row in board.devices}
    assert list(rows) == list(site.units)
    assert [(held.check, held.summary) for held in rows["cam-1"].findings] == [("reach", "does not answer")]
    assert rows["cam-2"].severity.value == "ok"
    assert rows["cam-1"].asked_at is not None
    assert rows["sw-1"].severity.value == "unknown"
    text = (await run("status", "--config", conf, "--lang", "fr")).out
    assert "ne répond pas" in text
    assert "le service ne tourne pas" in text
    assert "\x1b" not in text
    drawn = (await run("status", "--config", conf, tty=True, env={"TERM": "xterm"})).out
    assert "does not answer" in drawn


async def test_a_refused_login_rests_for_the_next_check_as_well(site: Site, conf: Path) -> None:
    (conf / "secrets" / "cams").write_text("wrong")
    first = await run("check", "cam-1", "--json", "--config", conf)
    assert found(first)["cam-1", "login"] == "crit"
    second = json.loads((await run("check", "cam-1", "--json", "--config", conf)).out)
    (resting,) = [finding for report in second for finding in report["findings"] if finding["check"] == "login"]
    assert "is not tried again before" in resting["summary"]


async def test_a_held_state_directory_without_a_socket_is_one_clear_error(site: Site, conf: Path) -> None:
    with lock(conf / "state"):
        said = await run("check", "cam-1", "--config", conf)
    assert (said.code, said.out) == (75, "")
    told = f"another sitewarden (process {os.getpid()}) works on {conf / 'state'}, and answers on no socket there"
    assert told in said.err
    assert said.err.count("\n") == 1


async def test_a_state_directory_that_cannot_be_made_is_named(site: Site, conf: Path) -> None:
    (conf / "file").touch()
    said = await run("check", "cam-1", "--config", conf, env={"STATE_DIRECTORY": str(conf / "file" / "state")})
    assert (said.code, said.out) == (73, "")
    assert str(conf / "file" / "state") in said.err
    assert said.err.count("\n") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_root_works_as_the_owner_of_the_state_directory(site: Site, conf: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir()
        os.chown(state, 54_321, 54_322)
        made(Path(folder), 0o755)
        for argv in (["check"], ["status"], ["journal", "verify"]):
            said = await asyncio.to_thread(spawn, *argv, "--config", conf, env={"STATE_DIRECTORY": str(state)})
            assert (said.code, said.err) == (0, ""), argv
            owners = {(path.stat().st_uid, path.stat().st_gid) for path in state.iterdir()}
            assert owners == {(54_321, 54_322)}
