"""The local socket: requests and answers over a real one, those who may not ask, and those who leave."""

import asyncio
import contextlib
import grp
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from agent.exits import Stop, usage
from agent.local.client import Service, reach
from agent.local.server import Server
from agent.local.where import NAME, Taken, admitted, listening, places
from agent.local.wire import REQUEST_MAX, Verb
from tests.calls import environment, made


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    to: int = 0
    fail: str = ""


class Number(msgspec.Struct, frozen=True):
    number: int


class Counting:
    """A verb that counts, fails as told, or waits for ever and notices that it was cancelled."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def __call__(self, request: Count) -> AsyncIterator[Number]:
        for number in range(request.to):
            yield Number(number)
        if request.fail == "stop":
            raise usage("local.unknown_device", name="cam-9")
        if request.fail == "fault":
            raise ZeroDivisionError("hunter22")
        if request.fail == "wait":
            self.begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()


@pytest.fixture
def verb() -> Counting:
    return Counting()


@pytest.fixture
async def path(tmp_path: Path, verb: Counting) -> AsyncIterator[Path]:
    async with Server(
        path=tmp_path / NAME, verbs=[Verb(name="count", request=Count, answer=verb)], group="no-such-group"
    ):
        yield tmp_path / NAME


async def connected(path: Path) -> Service:
    service = await reach([path])
    assert service is not None
    return service


async def ask(path: Path, request: Count, name: str = "count") -> list[int]:
    async with await connected(path) as service:
        return [item.number async for item in service.ask(request, Number, name=name)]


async def raw(path: Path, told: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(told)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    try:
        return await reader.read()
    except ConnectionError:
        return b"cut"
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_an_answer_comes_item_by_item_to_its_end(path: Path) -> None:
    assert await ask(path, Count(to=3)) == [0, 1, 2]
    assert await ask(path, Count()) == []


async def test_a_refusal_is_raised_at_the_other_end_with_its_code_and_words(path: Path) -> None:
    with pytest.raises(Stop) as stop:
        await ask(path, Count(fail="stop"))
    assert stop.value.code == 64
    assert stop.value.said("fr") == ["sitewarden: il n'y a pas d'appareil « cam-9 » dans l'inventaire"]


async def test_a_verb_that_breaks_is_told_by_its_kind_alone(path: Path) -> None:
    with pytest.raises(Stop) as stop:
        await ask(path, Count(to=1, fail="fault"))
    assert stop.value.code == 70
    assert "ZeroDivisionError" in str(stop.value)
    assert "hunter22" not in str(stop.value)


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        (b'{"do": "dance"}\n', b"local.unknown_verb"),
        (b'{"do": "count", "too": 3}\n', b"local.malformed"),
        (b'{"do": "count", "to": "many"}\n', b"local.malformed"),
        (b'{"do": 3}\n', b"local.malformed"),
        (b'{"to": 3}\n', b"local.malformed"),
        (b"[]\n", b"local.malformed"),
        (b"GET / HTTP/1.1\r\n", b"local.malformed"),
        (b"\xff\xfe\n", b"local.malformed"),
        (b'{"do": "' + b"[" * 100_000 + b"\n", b"local.malformed"),
        (b'{"do": "\x00"}\n', b"local.malformed"),
        (b'{"do": "count", "fail": "' + b"x" * REQUEST_MAX + b'"}\n', b"local.too_long"),
    ],
)
async def test_a_wrong_request_gets_a_clear_answer_and_harms_nobody(path: Path, told: bytes, answer: bytes) -> None:
    said = await raw(path, told)
    assert b'"code":64' in said or (said == b"cut" and answer == b"local.too_long")
    assert answer in said or said == b"cut"
    assert await ask(path, Count(to=1)) == [0]


async def test_a_client_that_says_nothing_is_let_go(tmp_path: Path, verb: Counting) -> None:
    server = Server(path=tmp_path / NAME, verbs=[Verb(name="count", request=Count, answer=verb)], patience_s=0.05)
    async with server:
        reader, writer = await asyncio.open_unix_connection(tmp_path / NAME)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_a_client_that_vanishes_ends_what_it_asked_for(path: Path, verb: Counting) -> None:
    async with await connected(path) as service:
        waiting = asyncio.ensure_future(anext(service.ask(Count(fail="wait"), Number, name="count"), None))
        await verb.begun.wait()
        assert not verb.cancelled.is_set()
        waiting.cancel()
    async with asyncio.timeout(5):
        await verb.cancelled.wait()


async def test_a_service_that_ends_ends_what_is_asked_of_it_and_takes_its_socket_away(
    tmp_path: Path, verb: Counting
) -> None:
    path = tmp_path / NAME
    async with Server(path=path, verbs=[Verb(name="count", request=Count, answer=verb)]):
        asking = asyncio.create_task(ask(path, Count(to=2, fail="wait")))
        await verb.begun.wait()
    with pytest.raises(Stop) as stop:
        await asking
    assert stop.value.code == 70
    assert verb.cancelled.is_set()
    assert not path.exists()
    assert await reach([path]) is None


async def test_what_a_killed_service_left_behind_is_recognised_and_replaced(tmp_path: Path, verb: Counting) -> None:
    path = tmp_path / NAME
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
        left.listen()
    assert path.exists()
    assert await reach([path]) is None
    async with Server(path=path, verbs=[Verb(name="count", request=Count, answer=verb)]):
        assert await ask(path, Count(to=1)) == [0]


async def test_two_services_cannot_share_a_socket(path: Path, verb: Counting) -> None:
    with pytest.raises(Taken):
        async with Server(path=path, verbs=[]):
            pass
    assert await ask(path, Count(to=1)) == [0]


async def test_nobody_but_owner_and_group_may_open_the_socket(path: Path) -> None:
    assert stat.S_IMODE(os.lstat(path).st_mode) == 0o660


async def test_a_socket_belongs_to_the_group_that_is_named(tmp_path: Path) -> None:
    group = grp.getgrgid(os.getgroups()[0] if os.getgroups() else os.getgid())
    with listening(tmp_path / NAME, group=group.gr_name):
        assert os.lstat(tmp_path / NAME).st_gid == group.gr_gid


async def test_a_folder_however_deep_holds_a_socket(tmp_path: Path, verb: Counting) -> None:
    deep = made(tmp_path / ("d" * 100) / ("e" * 100))
    async with Server(path=deep / NAME, verbs=[Verb(name="count", request=Count, answer=verb)]):
        assert await ask(deep / NAME, Count(to=1)) == [0]
        with pytest.raises(Taken):
            listening(deep / NAME)


def test_root_the_service_and_its_group_are_let_in_and_nobody_else() -> None:
    mine = grp.getgrgid(os.getgid())
    stranger, strange_group = 54_321, 54_322
    assert admitted(0, strange_group, group="no-such-group")
    assert admitted(os.geteuid(), strange_group, group="no-such-group")
    assert admitted(stranger, mine.gr_gid, group=mine.gr_name)
    assert not admitted(stranger, strange_group, group=mine.gr_name)
    assert not admitted(stranger, strange_group, group="no-such-group")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_a_stranger_is_told_that_he_may_not(verb: Counting) -> None:
    program = (
        "import asyncio, os, sys, pathlib\nfrom agent.exits import Stop\nfrom agent.local.client import reach\n"
        # Once it is a stranger it may not be able to read our files any more.
        "from probes.words import theme\ntheme('local')\nasyncio.run(asyncio.sleep(0))\n"
        "os.setgroups([])\nos.setgid(54322)\nos.setuid(54321)\n"
        "try:\n    asyncio.run(reach([pathlib.Path(sys.argv[1])]))\nexcept Stop as stop:\n    print(stop.code, stop)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        made(Path(folder), 0o755)
        path = Path(folder) / NAME
        async with Server(path=path, verbs=[Verb(name="count", request=Count, answer=verb)], group="no-such-group"):
            ran = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-c", program, str(path)],
                env=environment(),
                capture_output=True,
                text=True,
                check=False,
            )
    assert ran.stdout.startswith("77 "), ran.stderr[-500:]


def test_a_socket_is_looked_for_where_systemd_and_where_a_service_by_hand_put_it() -> None:
    assert places(Path("/srv/x"), {}) == (Path("/srv/x") / NAME,)
    assert places(Path("/srv/x"), {"RUNTIME_DIRECTORY": "/run/a:/run/b"}) == (
        Path("/run/a") / NAME,
        Path("/srv/x") / NAME,
    )
    assert places(Path("/var/lib/sitewarden"), {})[-1] == Path("/run/sitewarden") / NAME
