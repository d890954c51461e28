"""The simulated camera really checks who asks: wrong passwords, replays and wrong clocks are refused."""

import ssl
from collections.abc import AsyncIterator

import aiohttp
import pytest
import trustme

from tests.site.clock import DriftingClock
from tests.site.onvif import Account, Camera, CameraSpec
from tests.site.onvif.client import Answer, digest, post, request, token
from tests.site.onvif.pictures import JPEG
from tests.site.onvif.soap import TDS

USER = Account(username="supervision", password="Zoom-42-Fokus")
WRONG = Account(username="supervision", password="Zoom-42-Focus")
PATH = "/onvif/device_service"


@pytest.fixture
async def camera() -> AsyncIterator[Camera]:
    async with Camera(spec=CameraSpec(accounts=(USER,))) as camera:
        yield camera


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


async def ask(
    session: aiohttp.ClientSession, camera: Camera, header: str = "", *, operation: str = "GetDeviceInformation"
) -> Answer:
    return await post(session, camera.url, request(operation, TDS, header=header))


async def test_the_right_password_is_let_in_and_seen_in_the_log(camera: Camera, session: aiohttp.ClientSession) -> None:
    answer = await ask(session, camera, token(USER))
    assert answer.status == 200
    assert camera.spec.firmware.encode() in answer.body
    assert (camera.log[-1].operation, camera.log[-1].shown) == ("GetDeviceInformation", "token-digest")


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (token(WRONG), "password"),
        (token(Account(username="root", password=USER.password)), "user"),
        (token(USER, kind="http://example.org/#PasswordText"), "text"),
        (token(USER).replace("<wsse:Nonce>", "<wsse:Nonce>!"), "form"),
        (token(USER).replace("Z</wsu:Created>", "</wsu:Created>"), "password"),
    ],
    ids=["password", "user", "text", "nonce", "created changed after signing"],
)
async def test_a_wrong_token_is_refused_and_counted(
    camera: Camera, session: aiohttp.ClientSession, header: str, why: str
) -> None:
    answer = await ask(session, camera, header)
    assert answer.status == 400
    assert b"ter:NotAuthorized" in answer.body
    assert b"xmlns:ter=" in answer.body
    assert camera.log[-1].why == why
    assert camera.doorkeeper.failures == {"127.0.0.1": 1}


async def test_a_replayed_nonce_is_refused(camera: Camera, session: aiohttp.ClientSession) -> None:
    header = token(USER)
    assert (await ask(session, camera, header)).status == 200
    assert (await ask(session, camera, header)).status == 400
    assert camera.log[-1].why == "replayed"


@pytest.mark.parametrize(("offset", "signed_as", "status"), [
    (0.0, 0.0, 200), (0.0, 60.0, 400), (0.0, -60.0, 400),
    (-86_400.0, 0.0, 400), (-86_400.0, -86_400.0, 200), (3_600.0, 3_605.0, 200), (3_600.0, 3_630.0, 400),
])  # fmt: skip
async def test_created_is_held_against_the_cameras_own_clock(
    session: aiohttp.ClientSession, offset: float, signed_as: float, status: int
) -> None:
    clock = DriftingClock(offset_s=offset)
    async with Camera(spec=CameraSpec(accounts=(USER,)), clock=clock) as camera:
        header = token(USER, at=clock.now() - offset + signed_as)
        assert (await ask(session, camera, header)).status == status
        assert camera.log[-1].why == ("" if status == 200 else "created")


async def test_the_time_is_told_to_anyone_and_identity_is_not(camera: Camera, session: aiohttp.ClientSession) -> None:
    assert (await ask(session, camera, operation="GetSystemDateAndTime")).status == 200
    assert camera.log[-1].shown == ""
    answer = await ask(session, camera)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Digest ")
    assert camera.doorkeeper.failures == {}


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_http_digest_lets_in_once_a_count(camera: Camera, session: aiohttp.ClientSession, algorithm: str) -> None:
    await camera.switch(auth="digest", digest_algorithms=("SHA-256", "MD5"))
    challenged = await ask(session, camera, token(USER))  # a token is not taken here
    assert challenged.status == 401
    challenge = challenged.headers["WWW-Authenticate"]
    body = request("GetDeviceInformation", TDS)
    first = digest(challenge, USER, method="POST", path=PATH, algorithm=algorithm)
    second = digest(challenge, USER, method="POST", path=PATH, count=2, algorithm=algorithm)
    for sent, status, why in ((first, 200, ""), (second, 200, ""), (second, 401, "replayed")):
        answer = await post(session, camera.url, body, headers={"Authorization": sent})
        assert (answer.status, camera.log[-1].why) == (status, why)
    bad = digest(challenge, WRONG, method="POST", path=PATH, count=3, algorithm=algorithm)
    assert (await post(session, camera.url, body, headers={"Authorization": bad})).status == 401
    elsewhere = digest(challenge, USER, method="POST", path="/other", count=4, algorithm=algorithm)
    assert (await post(session, camera.url, body, headers={"Authorization": elsewhere})).status == 401
    assert camera.log[-1].why == "uri"


async def test_basic_is_refused_and_noticed(camera: Camera, session: aiohttp.ClientSession) -> None:
    sent = {"Authorization": "Basic c3VwZXJ2aXNpb246Wm9vbS00Mi1Gb2t1cw=="}
    answer = await post(session, camera.url, request("GetScopes", TDS), headers=sent)
    assert answer.status == 401
    assert camera.log[-1].shown == "http-basic"


@pytest.mark.parametrize(("manner", "status"), [("fault", 400), ("401", 401), ("silent", None)])
async def test_a_locked_out_client_is_refused_even_with_the_right_password(
    camera: Camera, session: aiohttp.ClientSession, manner: str, status: int | None
) -> None:
    await camera.switch(lockout_after=2, lockout_manner=manner)
    await ask(session, camera, token(WRONG))
    assert (await ask(session, camera, token(USER))).status == 200  # a right one wipes the slate
    await ask(session, camera, token(WRONG))
    await ask(session, camera, token(WRONG))
    assert camera.doorkeeper.locked("127.0.0.1")
    if status is None:
        with pytest.raises(TimeoutError):
            async with session.post(
                camera.url, data=request("GetScopes", TDS, header=token(USER)), timeout=aiohttp.ClientTimeout(total=0.2)
            ):
                pass
    else:
        assert (await ask(session, camera, token(USER))).status == status
    assert camera.log[-1].why == "locked"
    assert (await ask(session, camera, operation="GetSystemDateAndTime")).status == 200
    await camera.restart()
    assert (await ask(session, camera, token(USER))).status == 200


async def test_a_lock_ends_by_itself(session: aiohttp.ClientSession) -> None:
    now = 0.0
    async with Camera(spec=CameraSpec(accounts=(USER,))) as camera:
        camera.doorkeeper._monotonic = lambda: now
        await camera.switch(lockout_after=1, lockout_s=1_800.0)
        await ask(session, camera, token(WRONG))
        now = 1_799.0
        assert (await ask(session, camera, token(USER))).status == 400
        now = 1_800.0
        assert (await ask(session, camera, token(USER))).status == 200


async def test_users_are_for_administrators_and_a_denied_call_is_denied_alone(
    camera: Camera, session: aiohttp.ClientSession
) -> None:
    await camera.switch(denied=("GetNTP",))
    statuses = {
        operation: (await ask(session, camera, token(USER), operation=operation)).status
        for operation in ("GetUsers", "GetNTP", "GetScopes")
    }
    assert statuses == {"GetUsers": 400, "GetNTP": 400, "GetScopes": 200}
    assert camera.doorkeeper.failures == {}


async def test_the_snapshot_takes_http_digest(camera: Camera, session: aiohttp.ClientSession) -> None:
    path = "/onvif/snapshot?channel=1"
    url = f"http://{camera.address}:{camera.port}{path}"
    async with session.get(url) as reply:
        assert reply.status == 401
        challenge = reply.headers["WWW-Authenticate"]
    for account, status in ((WRONG, 401), (USER, 200)):
        sent = digest(challenge, account, method="GET", path=path)
        async with session.get(url, headers={"Authorization": sent}) as reply:
            assert reply.status == status
            assert (await reply.read() == JPEG) == (status == 200)


async def test_a_camera_may_speak_tls(session: aiohttp.ClientSession) -> None:
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with Camera(spec=CameraSpec(accounts=(USER,)), tls=context) as camera:
        body = request("GetDeviceInformation", TDS, header=token(USER))
        async with session.post(camera.url, data=body, ssl=trusting) as reply:
            assert reply.status == 200
        async with session.post(camera.url, data=request("GetServices", TDS), ssl=trusting) as reply:
            assert f">{camera.url}<".encode() in await reply.read()
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await post(session, camera.url, body)
        with pytest.raises(aiohttp.ClientError):
            await post(session, camera.url.replace("https", "http"), body)
