"""Requests are what the official descriptions demand; those that travel with us are those that zeep builds."""

import logging
import os
import subprocess
import sys

import msgspec
import pytest
from lxml import etree

from probes.errors import Unsupported
from probes.onvif.calls import CALLS, INFORMATION, Call
from probes.onvif.documents import Documents, Shipment, build, descriptions, make, shipped
from probes.onvif.envelope import wrap

XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
async def test_every_request_that_is_sent_is_valid_by_its_description(call: Call) -> None:
    request = await Documents().request(call)
    path = descriptions() / f"{call.service}.wsdl"
    inside = etree.parse(path).find(f".//{XS}schema")
    assert inside is not None
    schema = etree.XMLSchema(etree.fromstring(etree.tostring(inside), base_url=str(path)))
    sent = etree.fromstring(wrap(request, profile="Profile_1 & more"))
    schema.assertValid(sent[0][0])
    assert etree.QName(sent[0][0]).localname == call.operation
    assert request.action.endswith(f"/{call.operation}")


def test_what_is_shipped_is_what_zeep_builds_now() -> None:
    assert msgspec.json.decode(make(), type=Shipment).requests == shipped()
    assert set(shipped()) == {call.name for call in CALLS}


async def test_beside_another_version_of_the_descriptions_zeep_builds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    was = await Documents().request(INFORMATION)
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0.0")
    assert shipped() == {}
    assert await Documents().request(INFORMATION) == was


async def test_a_call_that_is_not_shipped_is_built_once() -> None:
    call = Call(service="devicemgmt", operation="GetNTP")
    ours = Documents()
    assert await ours.request(call) is await ours.request(call)
    assert (await ours.request(call)).body.startswith("<")


@pytest.mark.parametrize(
    "call",
    [
        Call(service="nothing", operation="GetScopes"),
        Call(service="devicemgmt", operation="GetNothing"),
        Call(service="devicemgmt", operation="GetScopes", arguments={"Nothing": 1}),
    ],
)
def test_what_no_description_knows_is_unsupported(call: Call) -> None:
    with pytest.raises(Unsupported):
        build(call.service, (call,))


@pytest.mark.parametrize(
    "load", ["import probes.onvif.identity, probes.onvif.clock", "from probes.onvif.documents import make; make()"]
)
def test_neither_asking_nor_building_touches_logging_or_the_environment(load: str) -> None:
    seen = (
        f"import logging, os, sys\n{load}\n"
        "print(len(logging.getLogger().handlers), os.environ['http_proxy'], "
        "'onvif' in sys.modules, 'zeep' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", seen],
        env={**os.environ, "http_proxy": "http://p"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["0", "http://p", "False", str("make" in load)]
    assert logging.getLogger().level != logging.INFO
