"""The HTTP line holds against hostile answers, never leaves its device, and is careful with a login."""

import asyncio
import gzip
import random
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from probes.errors import Malformed, ProbeError, Refused, Unreachable, Unsupported
from probes.net import digest as digest_room
from probes.net import http
from probes.net.http import Answer, HttpLine
from probes.net.packed import Unpacking
from probes.probe import Login, Shared, Target
from tests.cameras import PASSWORD, USERNAME, aim, login
from tests.site.digest import DigestGuard
from tests.site.wire import Port, Reply, Request

Serve = Callable[[Request], Reply | Awaitable[Reply]]


@asynccontextmanager
async def serving(answer: Serve) -> AsyncIterator[Port]:
    port = Port(address="127.0.0.1", port=0, answer=answer, limit=lambda: None)
    await port.become("open")
    try:
        yield port
    finally:
        await port.aclose()


async def ask(target: Target, *paths: str, with_login: Login | None = None) -> list[Answer]:
    async with target.shared.get(HttpLine).talk(target, "onvif") as talk:
        return [await talk.ask("GET", path, login=with_login) for path in paths or ("/x",)]


async def refused(answer: Serve, *, with_login: Login | None = None) -> ProbeError:
    async with serving(answer) as port, Shared() as shared:
        with pytest.raises(ProbeError) as caught:
            await ask(aim(shared, port=port.port), with_login=with_login)
    return caught.value


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_malformed_and_its_host_never_asked(status: int) -> None:
    other: list[Request] = []

    def elsewhere(request: Request) -> Reply:
        other.append(request)
        return Reply(body=b"caught")

    async with serving(elsewhere) as trap:
        fault = await refused(lambda _: Reply(status=status, headers={"Location": f"http://127.0.0.1:{trap.port}/"}))
    assert isinstance(fault, Malformed)
    assert fault.phrase.key == "answer.redirects"
    assert other == []


async def test_a_redirect_to_tls_says_what_the_inventory_should() -> None:
    fault = await refused(lambda _: Reply(status=301, headers={"Location": "https://127.0.0.1/"}))
    assert fault.phrase.key == "answer.redirects_tls"


@pytest.mark.parametrize(
    "path", ["//127.0.0.9/x", "http://127.0.0.9/x", "@127.0.0.9/x", "/a b\r\nX: y", "/é?q=é#f", "/%41?a=%20"]
)
async def test_no_path_leads_to_another_host(path: str) -> None:
    seen: list[str] = []

    def answer(request: Request) -> Reply:
        seen.append(request.headers["host"])
        return Reply(body=b"ok")

    async with serving(answer) as port, Shared() as shared:
        (told,) = await ask(aim(shared, port=port.port), path)
        assert seen == [f"127.0.0.1:{port.port}"]
    assert told.body == b"ok"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(filler=50 << 20),
        Reply(filler=50 << 20, declared=False),
        Reply(body=gzip.compress(bytes(50 << 20)), headers={"Content-Encoding": "gzip"}),
        Reply(body=gzip.compress(bytes(http.CAP + 1)), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["declared", "undeclared", "gzip bomb", "gzip just above"],
)
async def test_fifty_megabytes_are_cut_off_early(reply: Reply) -> None:
    fault = await refused(lambda _: reply)
    assert isinstance(fault, Malformed)
    assert fault.phrase.key == "answer.too_large"


def test_a_bomb_never_unfolds_in_memory() -> None:
    bomb = gzip.compress(bytes(200 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(Malformed):
            Unpacking(coding="gzip", cap=http.CAP).feed(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * http.CAP
    finally:
        tracemalloc.stop()


async def test_an_answer_of_just_the_cap_is_taken_and_gzip_is_unpacked() -> None:
    bodies = [bytes(http.CAP), b"hello"]
    replies = iter([Reply(body=bodies[0]), Reply(body=gzip.compress(bodies[1]), headers={"Content-Encoding": "gzip"})])
    async with serving(lambda _: next(replies)) as port, Shared() as shared:
        told = await ask(aim(shared, port=port.port), "/a", "/b")
    assert [one.body for one in told] == bodies


@pytest.mark.parametrize(
    ("reply", "kind", "key"),
    [
        (Reply(body=b"0123456789", cut_at=60), Malformed, "answer.truncated"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"), Malformed, "answer.truncated"),
        (
            Reply(body=gzip.compress(b"x" * 999)[:-9], headers={"Content-Encoding": "gzip"}),
            Malformed,
            "answer.truncated",
        ),
        (Reply(body=b"plain", headers={"Content-Encoding": "gzip"}), Malformed, "answer.encoded"),
        (Reply(body=b"x", headers={"Content-Encoding": "br"}), Malformed, "answer.encoded"),
        (Reply(raw=b"SSH-2.0-dropbear\r\n"), Malformed, "answer.not_http"),
        (Reply(raw=b"\xff\x00" * 500), Malformed, "answer.not_http"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"), Malformed, "answer.not_http"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), Malformed, "answer.not_http"),
        (Reply(raw=b""), Unreachable, "answer.cut_off"),
    ],
    ids=["short", "chunk", "gzip cut", "no gzip", "unknown coding", "ssh", "noise", "long header", "length", "cut"],
)
async def test_a_spoilt_answer_is_ours_and_says_what_it_is(reply: Reply, kind: type[ProbeError], key: str) -> None:
    reply.close = True
    fault = await refused(lambda _: reply)
    assert (type(fault), fault.phrase.key) == (kind, key)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_PACE", aiohttp.ClientTimeout(total=0.4, sock_connect=0.2, sock_read=0.3))


@pytest.mark.parametrize("reply", [Reply(never=True), Reply(body=b"x" * 200, drip_s=0.05)], ids=["silent", "drip"])
async def test_silence_and_drip_end_in_time(hasty: None, reply: Reply) -> None:
    fault = await refused(lambda _: reply)
    assert (type(fault), fault.phrase.key) == (Unreachable, "answer.stalled")


async def test_a_closed_port_and_a_black_hole_are_unreachable(hasty: None) -> None:
    async with serving(lambda _: Reply()) as port, Shared() as shared:
        target = aim(shared, port=port.port)
        for state, key in (("refused", "answer.port_refused"), ("black-hole", "answer.port_silent")):
            await port.become(state)  # type: ignore[arg-type]
            with pytest.raises(Unreachable) as caught:
                await ask(target)
            assert caught.value.phrase.key == key


async def test_any_noise_on_the_line_is_one_of_ours() -> None:
    chance = random.Random(7)  # noqa: S311  noise, no secret
    good = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\nhello"
    noises = [bytes(chance.choices(good + b"\x00\xff:;=\r\n", k=chance.randrange(1, 90))) for _ in range(60)]
    for _ in range(140):
        spoilt = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        noises.append(bytes(spoilt))
    turns = iter(noises)
    async with serving(lambda _: Reply(raw=next(turns), close=True)) as port, Shared() as shared:
        target = aim(shared, port=port.port)
        ends = set()
        for _ in noises:
            try:
                ends.add((await ask(target))[0].status)
            except ProbeError as fault:
                ends.add(type(fault).__name__)  # type: ignore[arg-type]
    assert {"Malformed", 200} <= ends


async def test_one_probing_is_one_connection_which_is_closed_at_its_end() -> None:
    most: list[int] = []

    def answer(request: Request) -> Reply:
        most.append(request.open_connections)
        return Reply(body=b"ok")

    async with serving(answer) as port, Shared() as shared:
        target = aim(shared, port=port.port)
        for _ in range(3):
            await ask(target, "/a", "/b", "/c")
    assert most == [1] * 9


async def test_a_kept_connection_that_the_device_has_closed_is_opened_again_once() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        # The head promises to keep the line, and then it is dropped; the third request is dropped unanswered.
        return Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") if len(asked) < 3 else Reply(raw=b"")

    async with serving(answer) as port, Shared() as shared:
        target = aim(shared, port=port.port)
        first, second = await ask(target, "/a", "/b")
        assert first.body == second.body == b"ok"
        with pytest.raises(Unreachable):
            await ask(target, "/c", "/d")
    assert asked == ["/a", "/b", "/c"]


async def test_cookies_are_not_kept_and_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply(headers={"Set-Cookie": "a=b"})

    async with serving(answer) as port, Shared() as shared:
        await ask(aim(shared, port=port.port), "/a", "/b")
    assert ["cookie" in request.headers for request in seen] == [False, False]


class Door:
    """A server that asks for digest, and counts what it sees."""

    def __init__(
        self, *, algorithms: tuple[str, ...] = ("MD5",), always_stale: bool = False, one_time: bool = False
    ) -> None:
        self.now = 0.0
        self.guard = DigestGuard(realm="cam", monotonic=lambda: self.now, nonce_s=60.0)
        self.algorithms = algorithms
        self.always_stale = always_stale
        self.one_time = one_time
        self.whys: list[str] = []
        self.password = PASSWORD

    def __call__(self, request: Request) -> Reply:
        shown = request.headers.get("authorization", "")
        user, why = "", "none"
        if shown:
            user, why = self.guard.judge(shown, request.method, request.path, {USERNAME: self.password})
        if user and self.one_time:
            self.now += 61.0
        if user and not self.always_stale:
            self.whys.append("ok")
            return Reply(body=b"in")
        self.whys.append(why or "stale")
        told = self.guard.challenges(self.algorithms, stale=self.always_stale or why == "stale")
        return Reply(status=401, headers={"WWW-Authenticate": told})


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("MD5", "SHA-256")])
async def test_a_nonce_serves_all_calls_of_a_probing_and_those_soon_after(algorithms: tuple[str, ...]) -> None:
    door = Door(algorithms=algorithms)
    async with serving(door) as port, Shared() as shared:
        target = aim(shared, port=port.port)
        now = 1_000.0
        target.clock = lambda: now
        await ask(target, "/a", "/b?c=d", with_login=login())
        await ask(target, "/e", with_login=login())
        assert door.whys == ["none", "ok", "ok", "ok"]
        now += digest_room.LASTS_S + 1
        told = await ask(target, "/f", with_login=login())
    assert door.whys[4:] == ["none", "ok"]
    assert (told[0].status, told[0].carried) == (200, True)


async def test_a_wrong_password_is_tried_once() -> None:
    door = Door()
    fault = await refused(door, with_login=login("wrong"))
    assert isinstance(fault, Refused)
    assert fault.login
    assert door.whys == ["none", "password"]


async def test_a_password_that_changed_long_after_is_tried_once() -> None:
    door = Door()
    async with serving(door) as port, Shared() as shared:
        target = aim(shared, port=port.port)
        now = 1_000.0
        target.clock = lambda: now
        await ask(target, with_login=login())
        door.password, now = "changed", now + 600
        with pytest.raises(Refused) as caught:
            await ask(target, with_login=login())
    assert caught.value.login
    assert door.whys == ["none", "ok", "none", "password"]


async def test_a_stale_nonce_is_renewed_within_the_probing() -> None:
    door = Door(one_time=True)
    async with serving(door) as port, Shared() as shared:
        told = await ask(aim(shared, port=port.port), "/a", "/b", with_login=login())
    assert [one.status for one in told] == [200, 200]
    assert door.whys == ["none", "ok", "stale", "ok"]


async def test_a_nonce_that_is_always_stale_ends_without_blaming_the_password_for_ever() -> None:
    door = Door(always_stale=True)
    fault = await refused(door, with_login=login())
    assert isinstance(fault, Refused)
    assert door.whys == ["none", "stale", "stale"]


@pytest.mark.parametrize("challenged", [True, False])
async def test_a_401_for_one_path_after_another_was_let_in_is_not_the_login(challenged: bool) -> None:  # noqa: FBT001
    door = Door()

    def answer(request: Request) -> Reply:
        reply = door(request)
        told = {"WWW-Authenticate": door.guard.challenges(("MD5",))} if challenged else {}
        return Reply(status=401, headers=told) if request.path == "/secret" else reply

    async with serving(answer) as port, Shared() as shared:
        with pytest.raises(Refused) as caught:
            await ask(aim(shared, port=port.port), "/open", "/secret", with_login=login())
    assert not caught.value.login


async def test_basic_is_never_sent_in_the_clear() -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="cam"'})

    fault = await refused(answer, with_login=login())
    assert isinstance(fault, Unsupported)
    assert fault.phrase.key == "login.clear"
    assert ["authorization" in request.headers for request in seen] == [False]


@pytest.mark.parametrize("with_login", [None, Login(), Login(username="u"), login()])
async def test_a_401_without_a_challenge_is_an_answer(with_login: Login | None) -> None:
    async with serving(lambda _: Reply(status=401)) as port, Shared() as shared:
        (told,) = await ask(aim(shared, port=port.port), with_login=with_login)
    assert (told.status, told.carried) == (401, False)


async def test_waiting_is_measured_from_asking_to_the_answers_head() -> None:
    async def late(_: Request) -> Reply:
        await asyncio.sleep(0.05)
        return Reply()

    async with serving(late) as port, Shared() as shared:
        before = time.time()
        (told,) = await ask(aim(shared, port=port.port))
    assert told.waited_s >= 0.05
    assert before <= told.began <= time.time() - 0.05
