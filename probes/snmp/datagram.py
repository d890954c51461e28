"""One connected UDP socket: a request, then the first datagram that its reader accepts as the answer."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from probes.errors import Unreachable
from probes.snmp.client import Lost

_T = TypeVar("_T")


class Line:
    """The socket of one device, registered with the loop once.

    Being connected, it hears only the device's own address and port: the kernel drops answers from elsewhere. What
    comes between two exchanges is late and thrown away.
    """

    def __init__(self, sock: socket.socket, port: int) -> None:
        """Listen on a connected, non-blocking socket, which is ours from now on."""
        self.socket = sock
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[Any] | None = None
        self._read: Callable[[], Any] | None = None
        self._loop.add_reader(sock.fileno(), self._readable)

    async def exchange(self, send: Callable[[], None], read: Callable[[], _T], wait: float) -> _T:
        """Send, and return what `read` makes of the answer; it raises BlockingIOError for what is none.

        Raises:
            Lost: nothing within `wait` seconds.
            Unreachable: nothing listens there.
        """
        future: asyncio.Future[_T] = self._loop.create_future()
        self._waiting, self._read = future, read
        timer = self._loop.call_later(wait, _expire, future)
        try:
            send()
            return await future
        except OSError as gone:
            if isinstance(gone, BlockingIOError):  # our own send buffer is full: as good as lost on the way
                raise Lost from None
            raise Unreachable("answer.closed", port=self._port) from None
        finally:
            timer.cancel()
            self._waiting = self._read = None

    def _readable(self) -> None:
        waiting, read = self._waiting, self._read
        if waiting is None or waiting.done() or read is None:
            self._discard()
            return
        try:
            answer = read()
        except BlockingIOError:
            return
        except Exception as fault:  # noqa: BLE001  whatever it was, it belongs to the one who waits
            waiting.set_exception(fault)
        else:
            waiting.set_result(answer)

    def _discard(self) -> None:
        try:
            self.socket.recv(1)
        except OSError:  # a refusal that came late, or nothing after all
            return

    def close(self) -> None:
        """Forget the socket."""
        self._loop.remove_reader(self.socket.fileno())
        self.socket.close()


def _expire(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(Lost())
