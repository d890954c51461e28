"""Every answer of the simulated camera is what the official WSDLs say it must be."""

import functools
import importlib.util
from pathlib import Path

import aiohttp
import pytest
from lxml import etree

from tests.site.onvif import Account, Camera, CameraSpec, Quirks
from tests.site.onvif.client import post, request, token
from tests.site.onvif.soap import SOAP12, TDS, TEV, TIMG, TMD, TRT, TT, WSNT

FOUND = importlib.util.find_spec("onvif")  # found, not imported: importing it configures logging
assert FOUND is not None
assert FOUND.origin is not None
WSDL = Path(FOUND.origin).parent / "wsdl"
FILES = {TDS: "devicemgmt", TRT: "media", TIMG: "imaging", TMD: "deviceio", TEV: "events"}
ADMIN = Account(username="admin", password="Haus-7-Meister", level="Administrator")
PROFILE = "<ProfileToken>Profile_1</ProfileToken>"

CALLS = [
    (TDS, "device", "GetSystemDateAndTime", ""),
    (TDS, "device", "GetDeviceInformation", ""),
    (TDS, "device", "GetServices", "<IncludeCapability>false</IncludeCapability>"),
    (TDS, "device", "GetServices", "<IncludeCapability>true</IncludeCapability>"),
    (TDS, "device", "GetServiceCapabilities", ""),
    (TDS, "device", "GetCapabilities", "<Category>All</Category>"),
    (TDS, "device", "GetCapabilities", "<Category>Media</Category>"),
    (TDS, "device", "GetScopes", ""),
    (TDS, "device", "GetNetworkInterfaces", ""),
    (TDS, "device", "GetNTP", ""),
    (TDS, "device", "GetHostname", ""),
    (TDS, "device", "GetUsers", ""),
    (TRT, "media", "GetServiceCapabilities", ""),
    (TRT, "media", "GetProfiles", ""),
    (TRT, "media", "GetProfile", PROFILE),
    (TRT, "media", "GetVideoSources", ""),
    (TRT, "media", "GetVideoEncoderConfigurations", ""),
    (TRT, "media", "GetStreamUri", PROFILE),
    (TRT, "media", "GetSnapshotUri", PROFILE),
    (TIMG, "imaging", "GetServiceCapabilities", ""),
    (TIMG, "imaging", "GetImagingSettings", "<VideoSourceToken>VideoSource_1</VideoSourceToken>"),
    (TMD, "deviceio", "GetServiceCapabilities", ""),
    (TMD, "deviceio", "GetDigitalInputs", ""),
    (TEV, "event", "GetServiceCapabilities", ""),
    (TEV, "event", "GetEventProperties", ""),
    (TEV, "event", "CreatePullPointSubscription", ""),
]


@functools.cache
def schema(namespace: str) -> etree.XMLSchema:
    """Return the schema inside the shipped WSDL of `namespace`; SOAP 1.2 faults need none."""
    path = WSDL / (f"{FILES[namespace]}.wsdl" if namespace in FILES else "b-2.xsd")
    tree = etree.parse(path)
    inside = tree.find(".//{http://www.w3.org/2001/XMLSchema}schema")
    root = tree.getroot() if inside is None else inside
    return etree.XMLSchema(etree.fromstring(etree.tostring(root), base_url=str(path)))


def inside(body: bytes) -> etree._Element:
    found = etree.fromstring(body).find(f"{{{SOAP12}}}Body/*")
    assert found is not None
    return found


def hold_valid(element: etree._Element) -> None:
    judge = schema(etree.QName(element).namespace or "")
    alone = etree.fromstring(etree.tostring(element))
    assert judge.validate(alone), f"{judge.error_log}\n{etree.tostring(alone).decode()}"


@pytest.mark.parametrize(
    "quirks", [{}, {"no_media2": True, "no_utc": True, "no_timezone": True}], ids=["plain", "bare"]
)
@pytest.mark.parametrize(
    ("namespace", "service", "operation", "asked"), CALLS, ids=[f"{call[1]}.{call[2]}{call[3][1:9]}" for call in CALLS]
)
async def test_each_answer_is_valid_by_the_shipped_wsdl(
    namespace: str, service: str, operation: str, asked: str, quirks: dict[str, bool]
) -> None:
    spec = CameraSpec(accounts=(ADMIN,), name="café & <Söhne>", profiles=3)
    async with Camera(spec=spec, quirks=Quirks(**quirks)) as camera, aiohttp.ClientSession() as session:  # type: ignore[arg-type]
        url = f"http://{camera.address}:{camera.port}/onvif/{service}_service"
        answer = await post(session, url, request(operation, namespace, asked, header=token(ADMIN)))
    assert answer.status == 200, answer.body
    told = inside(answer.body)
    assert etree.QName(told).localname == f"{operation}Response"
    hold_valid(told)


async def test_what_a_pullpoint_answers_is_valid_by_the_shipped_wsdl() -> None:
    async with Camera(spec=CameraSpec(accounts=(ADMIN,))) as camera, aiohttp.ClientSession() as session:
        base = f"http://{camera.address}:{camera.port}"
        create = request("CreatePullPointSubscription", TEV, header=token(ADMIN))
        made = inside((await post(session, f"{base}/onvif/event_service", create)).body)
        point = made.findtext(".//{*}Address") or ""
        camera.say()
        wanted = "<Timeout>PT5S</Timeout><MessageLimit>10</MessageLimit>"
        for operation, namespace, asked in (
            ("PullMessages", TEV, wanted),
            ("SetSynchronizationPoint", TEV, ""),
            ("Renew", WSNT, "<TerminationTime>PT60S</TerminationTime>"),
            ("Unsubscribe", WSNT, ""),
        ):
            answer = await post(session, point, request(operation, namespace, asked, header=token(ADMIN)))
            told = inside(answer.body)
            assert etree.QName(told).localname == f"{operation}Response", answer.body
            hold_valid(told)
            if operation == "PullMessages":
                message = told.find(f".//{{{TT}}}Message")
                assert message is not None
                hold = schema(TDS)  # tt:Message stands in the schema that every service imports
                assert hold.validate(etree.fromstring(etree.tostring(message))), hold.error_log


async def test_the_schema_would_catch_an_element_out_of_its_place() -> None:
    spec, quirks = CameraSpec(accounts=(ADMIN,)), Quirks(reorder=True)
    async with Camera(spec=spec, quirks=quirks) as camera, aiohttp.ClientSession() as session:
        answer = await post(session, camera.url, request("GetDeviceInformation", TDS, header=token(ADMIN)))
    assert not schema(TDS).validate(etree.fromstring(etree.tostring(inside(answer.body))))
