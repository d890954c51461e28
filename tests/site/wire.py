"""A cheap HTTP/1.1 server on one loopback port, able to misbehave in every way that devices were seen to."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, Literal

import msgspec

State = Literal["open", "refused", "black-hole"]
MAX_REQUEST: Final = 1 << 20
_CHUNK: Final = 65_536
_HOLE_PLUGS: Final = 3


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked; header names are in lower case, `path` keeps its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    peer: str
    open_connections: int


class Reply(msgspec.Struct, kw_only=True):
    """What is said, and how badly.

    `drip_s` seconds pass between one byte and the next, `cut_at` bytes (head included) the line goes dead, `filler` is
    a number of blanks that follow the body, `raw` replaces head and body, `never` keeps the line open and says nothing.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    delay_s: float = 0.0
    drip_s: float = 0.0
    cut_at: int | None = None
    filler: int = 0
    declared: bool = True
    raw: bytes | None = None
    never: bool = False
    close: bool = False

    def head(self) -> bytes:
        """Return the status line and headers."""
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Strange"
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in self.headers.items())]
        if self.declared:
            lines.append(f"Content-Length: {len(self.body) + self.filler}")
        if self.close or not self.declared:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


Answer = Callable[[Request], Reply | Awaitable[Reply]]


class Port:
    """One TCP port of a device: open, refused, or a black hole that swallows the handshake.

    `limit` is how many connections are let in at once (None: all); one more is closed at once. `accepted` and
    `most_at_once` count, so that a test can hold a client to its manners.
    """

    def __init__(
        self,
        *,
        address: str,
        port: int,
        answer: Answer,
        limit: Callable[[], int | None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Nothing is bound before `become`; port 0 takes a free one and keeps it. With `tls` only https is spoken."""
        self._tls = tls
        self.address = address
        self.port = port
        self.state: State | None = None
        self.accepted = 0
        self.most_at_once = 0
        self.lines: set[Line] = set()
        self._answer = answer
        self._limit = limit
        self._server: asyncio.Server | None = None
        self._plugs: list[socket.socket] = []

    async def become(self, state: State) -> None:
        """Open the port, refuse it, or let it swallow what comes; open connections break off when it is not open."""
        if state == self.state:
            return
        await self._shut()
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.settimeout(0.0)
        bound.bind((self.address, self.port))
        self.port = bound.getsockname()[1]
        if state == "open":
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: Line(self), sock=bound, ssl=self._tls, backlog=128)
        else:
            self._plugs = [bound]  # bound and not listening: connecting is refused, and nobody else takes the port
            if state == "black-hole":
                await self._swallow(bound)
        self.state = state

    async def aclose(self) -> None:
        """Let go of the port."""
        await self._shut()
        self.state = None

    async def _swallow(self, bound: socket.socket) -> None:
        # With a full queue of connections that nobody accepts, Linux drops further SYNs: a host that is not there.
        bound.listen(0)
        for _ in range(_HOLE_PLUGS):
            plug = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            plug.settimeout(0.0)
            plug.connect_ex((self.address, self.port))
            self._plugs.append(plug)
        await asyncio.sleep(0)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for line in tuple(self.lines):
            line.abort()
        for plug in self._plugs:
            plug.close()
        self._plugs = []
        await asyncio.sleep(0)

    def admit(self, line: "Line") -> bool:
        """Count a new connection in; False where it is one too many."""
        limit = self._limit()
        if limit is not None and len(self.lines) >= limit:
            return False
        self.lines.add(line)
        self.accepted += 1
        self.most_at_once = max(self.most_at_once, len(self.lines))
        return True

    def ask(self, request: Request) -> Reply | Awaitable[Reply]:
        """Hand a request to the device."""
        return self._answer(request)


class Line(asyncio.Protocol):
    """One connection of one client, kept alive from request to request."""

    def __init__(self, port: Port) -> None:
        """Belong to `port`."""
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._got = bytearray()
        self._speaking: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._port.admit(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._port.lines.discard(self)
        self._transport = None
        self._writable.set()
        if self._speaking is not None:
            self._speaking.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def abort(self) -> None:
        """Break off."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._got += data
        if len(self._got) > MAX_REQUEST:
            self.abort()
        elif self._speaking is None:
            self._next()

    def _next(self) -> None:
        while self._transport is not None and self._speaking is None and (request := self._request()) is not None:
            reply = self._port.ask(request)
            if isinstance(reply, Reply) and _plain(reply):
                self._transport.write(reply.head() + reply.body)
                if reply.close:
                    self._transport.close()
            else:
                self._speaking = asyncio.get_running_loop().create_task(self._speak(reply), name="simulated line")

    def _request(self) -> Request | None:
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *rest = self._got[:end].decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        length = headers.get("content-length", "0")
        words = first.split(" ")
        if len(words) != 3 or not length.isdigit() or "transfer-encoding" in headers:
            self.abort()
            return None
        if len(self._got) < end + 4 + int(length):
            return None
        body = bytes(self._got[end + 4 : end + 4 + int(length)])
        del self._got[: end + 4 + int(length)]
        assert self._transport is not None
        return Request(
            method=words[0],
            path=words[1],
            headers=headers,
            body=body,
            peer=self._transport.get_extra_info("peername")[0],
            open_connections=len(self._port.lines),
        )

    async def _speak(self, answer: Reply | Awaitable[Reply]) -> None:
        reply = answer if isinstance(answer, Reply) else await answer
        if reply.delay_s:
            await asyncio.sleep(reply.delay_s)
        if reply.never:
            await asyncio.get_running_loop().create_future()
        said = reply.raw if reply.raw is not None else reply.head() + reply.body
        if reply.cut_at is not None:
            said = said[: reply.cut_at]
        step = 1 if reply.drip_s else _CHUNK
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(said), step):
                await self._write(said[at : at + step])
                if reply.drip_s:
                    await asyncio.sleep(reply.drip_s)
            for left in range(reply.filler, 0, -_CHUNK):
                await self._write(b" " * min(left, _CHUNK))
        self._speaking = None
        if self._transport is None:
            return
        if reply.close or not reply.declared or reply.cut_at is not None or reply.raw is not None:
            self._transport.close()
        self._next()

    async def _write(self, data: bytes) -> None:
        await self._writable.wait()
        if self._transport is None or self._transport.is_closing():
            raise ConnectionAbortedError
        self._transport.write(data)


def _plain(reply: Reply) -> bool:
    spoiled = reply.delay_s or reply.drip_s or reply.filler or reply.never
    return not spoiled and reply.cut_at is None and reply.raw is None and reply.declared
