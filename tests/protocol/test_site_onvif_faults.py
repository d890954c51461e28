"""Each switch of the simulated camera does what its name says, and no more."""

import asyncio
import contextlib
import datetime as dt
import gzip
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from lxml import etree

from tests.site.clock import DriftingClock
from tests.site.onvif import Account, Camera, CameraSpec, Quirks
from tests.site.onvif.client import Answer, digest, post, request, token
from tests.site.onvif.soap import SOAP11, TDS, TEV, TR2, TRT

USER = Account()
PATIENCE = aiohttp.ClientTimeout(total=0.3)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20), auto_decompress=False) as session:
        yield session


async def ask(
    session: aiohttp.ClientSession, camera: Camera, operation: str = "GetDeviceInformation", inside: str = "",
    *, namespace: str = TDS, service: str = "device",
) -> Answer:  # fmt: skip
    url = f"http://{camera.address}:{camera.port}/onvif/{service}_service"
    return await post(session, url, request(operation, namespace, inside, header=token(USER, at=camera.clock.now())))


@contextlib.asynccontextmanager
async def dial(camera: Camera, said: bytes = b"") -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection(camera.address, camera.port)
    try:
        writer.write(said)
        yield reader
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def text(answer: Answer, name: str) -> str:
    return etree.fromstring(answer.body).findtext(f".//{{*}}{name}") or ""


def not_xml(answer: Answer) -> bool:
    try:
        etree.fromstring(answer.body)
    except etree.XMLSyntaxError:
        return True
    return False


SPOILT: list[tuple[dict[str, Any], Callable[[Answer], bool]]] = [
    ({"garbage": "body"}, lambda said: said.status == 200 and not_xml(said)),
    ({"html": True}, lambda said: said.status == 200 and b"<html>" in said.body),
    ({"status": 503}, lambda said: said.status == 503 and b"<html>" in said.body),
    ({"empty": True}, lambda said: said.status == 200 and said.body == b""),
    ({"truncated": True}, lambda said: not_xml(said) and int(said.headers["Content-Length"]) == len(said.body)),
    ({"redirect": "http://127.9.9.9/x"}, lambda said: said.status == 307 and said.headers["Location"].endswith("/x")),
    ({"huge": 3_000_000}, lambda said: len(said.body) > 3_000_000 and said.body.startswith(b"<?xml")),
    (
        {"huge": 3_000_000, "huge_declared": False},
        lambda said: len(said.body) > 3_000_000 and "Content-Length" not in said.headers,
    ),
    ({"gzip_bomb": 9_000_000}, lambda said: len(said.body) < 20_000 and len(gzip.decompress(said.body)) == 9_000_000),
    ({"entity_bomb": True}, lambda said: b"<!ENTITY l9" in said.body and len(said.body) < 10_000),
    ({"external_entity": "file:///etc/hostname"}, lambda said: b'SYSTEM "file:///etc/hostname"' in said.body),
    ({"soap11": True}, lambda said: etree.fromstring(said.body).tag == f"{{{SOAP11}}}Envelope"),
    ({"nul_bytes": "trailing"}, lambda said: said.body.endswith(b">\0")),
    ({"nul_bytes": "inside"}, lambda said: b"\0\0\0\0</tds:SerialNumber>" in said.body),
    ({"invalid_utf8": True}, lambda said: b" Cam\xe9ra</tds:Model>" in said.body and not_xml(said)),
    ({"unsupported": ("GetDeviceInformation",)}, lambda said: b"ter:ActionNotSupported" in said.body),
    ({"denied": ("GetDeviceInformation",)}, lambda said: said.status == 400 and b"ter:NotAuthorized" in said.body),
    ({"denied": ("GetDeviceInformation",), "fault_status": 200}, lambda said: said.status == 200),
    (
        {"denied": ("GetDeviceInformation",), "bare_fault_prefix": True},
        lambda said: b"ter:NotAuthorized" in said.body and b"xmlns:ter" not in said.body,
    ),
]


@pytest.mark.parametrize(("quirks", "holds"), SPOILT, ids=[",".join(map(str, row[0])) for row in SPOILT])
async def test_the_switch_spoils_the_answer_and_turning_it_back_mends_it(
    session: aiohttp.ClientSession, quirks: dict[str, Any], holds: Callable[[Answer], bool]
) -> None:
    async with Camera() as camera:
        await camera.switch(**quirks)
        assert holds(await ask(session, camera))
        fresh = Quirks()
        await camera.switch(**{name: getattr(fresh, name) for name in quirks})
        mended = await ask(session, camera)
        assert mended.status == 200
        assert text(mended, "FirmwareVersion") == camera.spec.firmware


async def test_decoys_stand_before_the_real_elements(session: aiohttp.ClientSession) -> None:
    async with Camera(quirks=Quirks(vendor_extras=True)) as camera:
        answer = await ask(session, camera)
    every = [found.text for found in etree.fromstring(answer.body).iter("{*}FirmwareVersion")]
    assert every == ["decoy", "decoy", camera.spec.firmware]
    real = etree.fromstring(answer.body).findtext(f".//{{{TDS}}}GetDeviceInformationResponse/{{{TDS}}}FirmwareVersion")
    assert real == camera.spec.firmware


async def test_the_order_is_another_and_nothing_is_lost(session: aiohttp.ClientSession) -> None:
    async with Camera(quirks=Quirks(reorder=True)) as camera:
        answer = await ask(session, camera)
    response = etree.fromstring(answer.body).find(".//{*}GetDeviceInformationResponse")
    assert response is not None
    told = [etree.QName(child).localname for child in response]
    assert told == ["HardwareId", "SerialNumber", "FirmwareVersion", "Model", "Manufacturer"]


async def test_silence_takes_the_request_and_never_answers(session: aiohttp.ClientSession) -> None:
    async with Camera(quirks=Quirks(silent=True)) as camera:
        with pytest.raises(TimeoutError):
            async with session.post(camera.url, data=request("GetScopes", TDS), timeout=PATIENCE):
                pass
        assert camera.counts == {"GetScopes": 1}


async def test_a_refused_port_refuses_and_comes_back_on_the_same_number(session: aiohttp.ClientSession) -> None:
    async with Camera() as camera:
        port = camera.port
        await camera.switch(wire="refused")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(camera.address, camera.port)
        await camera.switch(wire="open")
        assert camera.port == port
        assert (await ask(session, camera)).status == 200


async def test_a_black_hole_swallows_the_handshake_and_can_end(session: aiohttp.ClientSession) -> None:
    async with Camera(quirks=Quirks(wire="black-hole")) as camera:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.open_connection(camera.address, camera.port), 0.3)
        await camera.switch(wire="open")
        assert (await ask(session, camera)).status == 200


async def test_delay_and_drip_are_slow_and_whole(session: aiohttp.ClientSession) -> None:
    async with Camera(quirks=Quirks(delay_s=0.2)) as camera:
        before = time.monotonic()
        assert (await ask(session, camera)).status == 200
        assert time.monotonic() - before >= 0.2
        await camera.switch(delay_s=0.0, drip_s=0.0001)
        assert text(await ask(session, camera), "Model") == camera.spec.model
        await camera.switch(drip_s=0.05)
        with pytest.raises(TimeoutError):
            async with session.post(camera.url, data=request("GetScopes", TDS), timeout=PATIENCE):
                pass


@pytest.mark.parametrize("quirks", [{"garbage": "line"}, {"cut_at": 40}, {"cut_at": 400}])
async def test_a_line_that_breaks_or_speaks_no_http_is_an_error_of_the_line(
    session: aiohttp.ClientSession, quirks: dict[str, Any]
) -> None:
    async with Camera(quirks=Quirks(**quirks)) as camera:
        with pytest.raises(aiohttp.ClientError):
            await ask(session, camera)


async def test_one_connection_means_one() -> None:
    async with Camera(quirks=Quirks(max_connections=1)) as camera:
        async with dial(camera), dial(camera) as second:
            assert await second.read() == b""
        assert camera.wire.most_at_once == 1


async def test_exhausted_connections_answer_401_to_the_right_password(session: aiohttp.ClientSession) -> None:
    async with Camera(quirks=Quirks(exhausted_401=1)) as camera:
        assert (await ask(session, camera)).status == 200
        async with dial(camera):
            while len(camera.wire.lines) < 2:  # noqa: ASYNC110  the other end has no event to await
                await asyncio.sleep(0)
            assert (await ask(session, camera)).status == 401
        assert camera.doorkeeper.failures == {}


def moment(answer: Answer, name: str) -> dt.datetime | None:
    found = etree.fromstring(answer.body).find(f".//{{*}}{name}")
    if found is None:
        return None
    year, month, day, hour, minute = (
        int(found.findtext(f".//{{*}}{part}") or 0) for part in ("Year", "Month", "Day", "Hour", "Minute")
    )
    return dt.datetime(year, month, day, hour, minute) if year else None  # noqa: DTZ001  the camera names no zone


@pytest.mark.parametrize(
    ("quirks", "utc", "local", "summer"),
    [
        ({}, "06:00", "07:00", "false"),
        ({"no_utc": True}, None, "07:00", "false"),
        ({"no_local": True}, "06:00", None, "false"),
        ({"zero_date": True}, None, None, "false"),
        ({"wrong_dst": True}, "06:00", "08:00", "true"),
        ({"local_as_utc": True}, "07:00", "07:00", "false"),
    ],
)
async def test_the_clock_is_told_as_the_switch_has_it(
    session: aiohttp.ClientSession, quirks: dict[str, Any], utc: str | None, local: str | None, summer: str
) -> None:
    winter = dt.datetime(2026, 11, 23, 6, 0, tzinfo=dt.UTC).timestamp()
    async with Camera(quirks=Quirks(**quirks), clock=DriftingClock(truth=lambda: winter)) as camera:
        answer = await ask(session, camera, "GetSystemDateAndTime")
    told = [
        at if at is None else f"{at:%H:%M}" for at in (moment(answer, "UTCDateTime"), moment(answer, "LocalDateTime"))
    ]
    assert told == [utc, local]
    assert text(answer, "DaylightSavings") == summer
    if quirks.get("zero_date"):
        assert b"<tt:Year>0</tt:Year><tt:Month>0</tt:Month><tt:Day>0</tt:Day>" in answer.body


async def test_a_clock_drifts_and_can_be_set() -> None:
    now = 1_000.0
    clock = DriftingClock(truth=lambda: now, offset_s=2.0, drift=0.5)
    now = 1_010.0
    assert clock.offset_s == 7.0
    clock.set(drift=0.0)
    now = 1_100.0
    assert clock.now() == 1_107.0
    clock.set(offset_s=-3.0)
    assert clock.now() == 1_097.0


async def test_addresses_may_name_another_host(session: aiohttp.ClientSession) -> None:
    rogue = "192.0.2.66:8080"
    quirks = Quirks(xaddr_authority=rogue, stream_authority=rogue, snapshot_authority=rogue)
    async with Camera(quirks=quirks) as camera:
        services = await ask(session, camera, "GetServices", "<IncludeCapability>false</IncludeCapability>")
        named = [found.text or "" for found in etree.fromstring(services.body).iter("{*}XAddr")]
        profile = "<ProfileToken>Profile_1</ProfileToken>"
        for kind in ("Stream", "Snapshot"):
            for namespace, service in ((TRT, "media"), (TR2, "media2")):
                answer = await ask(session, camera, f"Get{kind}Uri", profile, namespace=namespace, service=service)
                named.append(text(answer, "Uri"))
    assert len(named) == 10
    assert all(f"://{rogue}/" in address for address in named)


async def test_a_camera_without_media2_or_services_says_so(session: aiohttp.ClientSession) -> None:
    async with Camera(quirks=Quirks(no_media2=True)) as camera:
        assert f"<tds:Namespace>{TR2}<".encode() not in (await ask(session, camera, "GetServices")).body
        assert (await ask(session, camera, "GetProfiles", namespace=TR2, service="media2")).status == 404
        await camera.switch(no_services=True)
        assert b"ter:ActionNotSupported" in (await ask(session, camera, "GetServices")).body
        assert b"media_service" in (await ask(session, camera, "GetCapabilities")).body


async def test_128_profiles_are_told_in_both_media_services(session: aiohttp.ClientSession) -> None:
    async with Camera(spec=CameraSpec(profiles=128, codec="H265")) as camera:
        for namespace, service, codec in ((TRT, "media", "H264"), (TR2, "media2", "H265")):
            answer = await ask(session, camera, "GetProfiles", "<Type>All</Type>", namespace=namespace, service=service)
            assert sum(1 for _ in etree.fromstring(answer.body).iter(f"{{{namespace}}}Profiles")) == 128
            assert text(answer, "Encoding") == codec


async def test_slots_run_out_and_a_leak_is_seen(session: aiohttp.ClientSession) -> None:
    async def create(lasts: str) -> Answer:
        inside = f"<InitialTerminationTime>{lasts}</InitialTerminationTime>"
        return await ask(session, camera, "CreatePullPointSubscription", inside, namespace=TEV, service="event")

    async with Camera(spec=CameraSpec(slots=2)) as camera:
        assert [(await create(lasts)).status for lasts in ("PT60S", "PT60S", "PT60S")] == [200, 200, 500]
        for held in camera.state.subscriptions.values():
            held.ends_at = 0.0
        assert (await create("PT60S")).status == 200
        assert camera.state.leaked == 2


async def test_a_pull_waits_for_what_happens(session: aiohttp.ClientSession) -> None:
    async with Camera() as camera:
        made = await ask(session, camera, "CreatePullPointSubscription", namespace=TEV, service="event")
        wanted = "<Timeout>PT10S</Timeout><MessageLimit>5</MessageLimit>"
        pull = request("PullMessages", TEV, wanted, header=token(USER))
        waiting = asyncio.create_task(post(session, text(made, "Address"), pull))
        while "PullMessages" not in camera.counts:  # noqa: ASYNC110  the other end has no event to await
            await asyncio.sleep(0)
        camera.say(value="true")
        assert b'Name="State" Value="true"' in (await waiting).body


async def test_some_firmware_freezes_under_event_polling_until_it_is_restarted(session: aiohttp.ClientSession) -> None:
    async with Camera(quirks=Quirks(freezes_on_events=True)) as camera:
        await ask(session, camera, "CreatePullPointSubscription", namespace=TEV, service="event")
        with pytest.raises(TimeoutError):
            async with session.post(camera.url, data=request("GetScopes", TDS), timeout=PATIENCE):
                pass
        await camera.restart()
        assert (await ask(session, camera)).status == 200


@pytest.mark.parametrize(("snapshot", "magic"), [("html", b"<!DOCTYPE"), ("huge", b"\xff\xd8\xff")])
async def test_a_snapshot_may_be_a_page_or_far_too_large(
    session: aiohttp.ClientSession, snapshot: str, magic: bytes
) -> None:
    path = "/onvif/snapshot?channel=1"
    async with Camera(quirks=Quirks(snapshot=snapshot)) as camera:  # type: ignore[arg-type]
        url = f"http://{camera.address}:{camera.port}{path}"
        async with session.get(url) as reply:
            challenge = reply.headers["WWW-Authenticate"]
        sent = digest(challenge, USER, method="GET", path=path)
        async with session.get(url, headers={"Authorization": sent}) as reply:
            assert (await reply.content.readexactly(len(magic))) == magic
            assert reply.content_length is not None
            assert (reply.content_length > 100_000_000) == (snapshot == "huge")


@pytest.mark.parametrize(
    "said", [b"not http\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"A" * 1_200_000]
)
async def test_a_client_that_speaks_no_http_is_hung_up_on(said: bytes) -> None:
    async with Camera() as camera, dial(camera, said) as reader:
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
