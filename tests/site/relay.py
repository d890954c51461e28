"""Somebody between us and a device: a UDP relay that may change what the device answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import cast

Change = Callable[[bytes], bytes]


@contextlib.asynccontextmanager
async def relay(port: int, change: Change) -> AsyncIterator[int]:
    """Relay to `port` of loopback, each answer through `change`; yields the port to ask instead."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Near(port, change), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
        await asyncio.sleep(0)


class _Near(asyncio.DatagramProtocol):
    """The side of the one who asks; the far side is opened for its first question."""

    def __init__(self, port: int, change: Change) -> None:
        self._port, self._change = port, change
        self._near: asyncio.DatagramTransport | None = None
        self._far: asyncio.Task[asyncio.DatagramTransport] | None = None
        self.peer: tuple[str, int] = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._near = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self.peer = cast("tuple[str, int]", addr)
        if self._far is None:
            self._far = asyncio.ensure_future(self._open())
        self._far.add_done_callback(lambda opened: opened.result().sendto(data))

    async def _open(self) -> asyncio.DatagramTransport:
        loop = asyncio.get_running_loop()
        far, _ = await loop.create_datagram_endpoint(lambda: _Far(self), remote_addr=("127.0.0.1", self._port))
        return far

    def back(self, answer: bytes) -> None:
        if self._near is not None:
            self._near.sendto(self._change(answer), self.peer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._far is not None and self._far.done():
            self._far.result().close()


class _Far(asyncio.DatagramProtocol):
    def __init__(self, near: _Near) -> None:
        self._near = near

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self._near.back(data)
