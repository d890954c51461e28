"""The command line's end of the local socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import msgspec

from agent.exits import FORBIDDEN, SOFTWARE, failure
from agent.local.where import GROUP, short
from agent.local.wire import LINE_MAX, Line, encode

_T = TypeVar("_T")
_CONNECT_S: Final = 5.0


class Service:
    """A connection to the running service, for one request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use `reach`."""
        self._reader = reader
        self._writer = writer

    async def ask(self, request: msgspec.Struct, kind: type[_T], *, name: str = "") -> AsyncIterator[_T]:
        """Yield what the service answers to `request`, each item as a `kind`. `name` says which verb, where it is new.

        Raises:
            Stop: the service refuses, is gone before it has finished, or says something else.
        """
        self._writer.write(encode(request, name))
        try:
            await self._writer.drain()
            while told := await self._reader.readline():
                line = msgspec.json.decode(told, type=Line)
                if line.fault is not None:
                    raise line.fault.stop()
                if line.done:
                    return
                if line.item is not msgspec.UNSET:
                    yield msgspec.json.decode(line.item, type=kind)
        except (ConnectionError, ValueError, msgspec.DecodeError):
            pass  # as good as gone: another version, or somebody else
        raise failure(SOFTWARE, "local.gone")

    async def __aenter__(self) -> Self:
        """Return self."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up, which ends whatever the service still does for us."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def reach(places: Iterable[Path]) -> Service | None:
    """Return a connection to the service that listens at one of `places`; None where none runs.

    Raises:
        Stop: one runs, and does not let us in (77) or does not answer.
    """
    for path in places:
        try:
            with short(path) as name:
                async with asyncio.timeout(_CONNECT_S):
                    return Service(*await asyncio.open_unix_connection(name, limit=LINE_MAX))
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            continue
        except PermissionError:
            if _hidden(path):
                continue
            raise failure(FORBIDDEN, "local.forbidden", group=GROUP) from None
        except (OSError, TimeoutError):
            raise failure(SOFTWARE, "local.gone") from None
    return None


def _hidden(path: Path) -> bool:
    """Tell whether it is the folder that we may not look into: then the socket may not even be there."""
    try:
        path.stat()
    except OSError:
        return True
    return False
