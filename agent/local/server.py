"""The service's end of the local socket: one request per connection, answered line by line while the client stays."""

import asyncio
import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
import structlog

from agent.exits import BUSY, FORBIDDEN, SOFTWARE, USAGE, Stop
from agent.local.where import GROUP, admitted, listening, peer
from agent.local.wire import REQUEST_MAX, Fault, Line, Verb
from probes.words import Argument, Phrase

log = structlog.get_logger(__name__)

_MOST: Final = 32
_PATIENCE_S: Final = 10.0


class _Head(msgspec.Struct):
    do: str


class Server:
    """Listens while its `async with` block lasts. It never raises for what a client does."""

    def __init__(
        self, *, path: Path, verbs: Iterable[Verb], group: str = GROUP, patience_s: float = _PATIENCE_S
    ) -> None:
        """Serve `verbs` at `path`. `patience_s`: how long a request, or taking a line of the answer, may take."""
        self._path = path
        self._verbs = {verb.name: verb for verb in verbs}
        self._group = group
        self._patience_s = patience_s
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._inode = 0

    async def __aenter__(self) -> Self:
        """Begin to listen.

        Raises:
            agent.local.where.Taken: another process listens there.
            OSError: no socket can be made there.
        """
        line = listening(self._path, group=self._group)
        self._inode = self._path.stat().st_ino
        self._server = await asyncio.start_unix_server(self._accept, sock=line, limit=REQUEST_MAX)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, end what is being served, take the socket away where it is still ours."""
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                os.unlink(self._path)  # noqa: PTH108  beside os.stat, whose file it is

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, TimeoutError):
            pass  # the client is gone, or does not take what it asked for
        except asyncio.CancelledError:
            pass  # the service ends; asyncio would log the task of a connection that ends so
        finally:
            self._serving.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid, gid = peer(writer.get_extra_info("socket"))
        if not admitted(uid, gid, group=self._group):
            log.warning("local_peer_refused", uid=uid, gid=gid)
            await self._fault(writer, FORBIDDEN, "local.forbidden", group=self._group)
            return
        if len(self._serving) > _MOST:
            await self._fault(writer, BUSY, "local.crowded")
            return
        try:
            async with asyncio.timeout(self._patience_s):
                told = await reader.readline()
        except ValueError:
            await self._fault(writer, USAGE, "local.too_long", limit=REQUEST_MAX // 1024)
            return
        if not told:
            return
        found = self._understood(told)
        if isinstance(found, Phrase):
            await self._send(writer, Line(fault=Fault(code=USAGE, phrases=(found,))))
            return
        await self._while_there(reader, writer, *found)

    def _understood(self, told: bytes) -> tuple[Verb, msgspec.Struct] | Phrase:
        """Return the verb and its request, or what is wrong with what was told."""
        try:
            verb = self._verbs.get(msgspec.json.decode(told, type=_Head).do)
            if verb is None:
                return Phrase(key="local.unknown_verb", args={"known": ", ".join(self._verbs)})
            fields = msgspec.json.decode(told, type=dict[str, msgspec.Raw])
            fields.pop("do")
            return verb, msgspec.json.decode(msgspec.json.encode(fields), type=verb.request)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            return Phrase(key="local.malformed", args={"fault": str(fault)[:200]})

    async def _while_there(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, verb: Verb, request: msgspec.Struct
    ) -> None:
        """Answer, but give up as soon as the client closes its end or says anything more."""
        work = asyncio.create_task(self._answer(writer, verb, request), name=f"local/{verb.name}")
        gone = asyncio.create_task(reader.read(1), name="local/gone")
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.wait({work, gone})
        if not work.cancelled() and (fault := work.exception()) is not None:
            raise fault

    async def _answer(self, writer: asyncio.StreamWriter, verb: Verb, request: msgspec.Struct) -> None:
        items = verb.answer(request)
        try:
            async for item in items:
                await self._send(writer, Line(item=msgspec.Raw(msgspec.json.encode(item))))
            await self._send(writer, Line(done=True))
        except Stop as stop:
            await self._send(writer, Line(fault=Fault(code=stop.code, phrases=stop.phrases)))
        except (ConnectionError, TimeoutError):
            raise
        except Exception as fault:
            log.exception("local_verb_failed", verb=verb.name)
            await self._fault(writer, SOFTWARE, "local.fault", fault=type(fault).__name__)
        finally:
            if (close := getattr(items, "aclose", None)) is not None:
                await close()

    async def _fault(self, writer: asyncio.StreamWriter, code: int, key: str, /, **args: Argument) -> None:
        await self._send(writer, Line(fault=Fault(code=code, phrases=(Phrase(key=key, args=args),))))

    async def _send(self, writer: asyncio.StreamWriter, line: Line) -> None:
        writer.write(msgspec.json.encode(line) + b"\n")
        async with asyncio.timeout(self._patience_s):
            await writer.drain()
