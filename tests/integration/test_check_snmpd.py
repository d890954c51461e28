"""`sitewarden check snmp://...` and `snmpv3://...` against Debian's snmpd, each call a process of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.calls import Said, spawn
from tests.integration.snmpd import LOCATION, V3User, snmpd

SUPER = V3User(name="super")
V3 = "snmpv3://super@127.0.0.1:{port}?auth=sha256&privacy=aes128"
BOTH = {"SITEWARDEN_PASSWORD_AUTH": SUPER.secret, "SITEWARDEN_PASSWORD_PRIVACY": SUPER.privacy_secret}


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    async with snmpd(tmp_path, SUPER) as running:
        yield running


async def check(address: str, *argv: str, env: dict[str, str]) -> Said:
    return await asyncio.to_thread(spawn, "check", address, *argv, env=env)


@pytest.mark.parametrize(
    ("address", "env"), [("snmp://127.0.0.1:{port}", {"SITEWARDEN_PASSWORD": "maple"}), (V3, BOTH)]
)
async def test_a_server_is_asked_by_its_address_alone(port: int, address: str, env: dict[str, str]) -> None:
    said = await check(address.format(port=port), "--json", env=env)
    assert (said.code, said.err) == (0, "")
    told = {seen["name"]: seen["value"] for report in json.loads(said.out) for seen in report["observations"]}
    assert (told["device.name"], told["device.location"], told["reach.snmp"]) == ("site-server", LOCATION, True)


@pytest.mark.parametrize("lacking", BOTH)
async def test_both_pass_phrases_of_v3_are_needed(lacking: str) -> None:
    said = await check(V3.format(port=161), env={name: value for name, value in BOTH.items() if name != lacking})
    assert (said.code, said.out) == (64, "")
    assert f"set {lacking}" in said.err


async def test_a_wrong_pass_phrase_is_a_refused_login_and_is_not_shown(port: int) -> None:
    env = {**BOTH, "SITEWARDEN_PASSWORD_AUTH": "wrong-harbour-9", "SITEWARDEN_DEBUG": "1"}
    said = await check(V3.format(port=port), "--json", env=env)
    assert said.code == 2
    assert "login" in {finding["check"] for report in json.loads(said.out) for finding in report["findings"]}
    assert not [secret for secret in env.values() if len(secret) > 1 and secret in said.out + said.err]


async def test_a_wrong_community_is_silence(port: int) -> None:
    said = await check(f"snmp://127.0.0.1:{port}", "--plugin", env={"SITEWARDEN_PASSWORD": "oak"})
    assert (said.code, said.err) == (2, "")
    assert said.out.startswith("SITEWARDEN CRITICAL - ")
