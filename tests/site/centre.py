"""The simulated centre: keeps what it receives, notes what ought never to happen, and misbehaves as it is told."""

import argparse
import asyncio
import base64
import contextlib
import gzip
import hashlib
import hmac
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Self

import msgspec
import trustme
import zstandard
from aiohttp import web

Event = dict[str, Any]

_BODY_LIMIT = 16 * 1024 * 1024
_PIECE = b"<" * 65_536


class Mood(msgspec.Struct, frozen=True, kw_only=True):
    """How the centre answers one request. `keeps` says whether it stores a well-formed batch before it answers."""

    status: int = 202
    headers: Mapping[str, str] = {}
    body: bytes = b""
    keeps: bool = True
    delay: float = 0.0
    hangs_up: bool = False  # closes the connection instead of answering
    raw: bytes = b""  # these bytes instead of an HTTP answer
    flood: int = 0  # so many bytes of body


WELL = Mood()
LOST = Mood(hangs_up=True)  # a lost acknowledgement: stored, never said
DEAD = Mood(hangs_up=True, keeps=False)
GARBAGE = Mood(raw=b"\x00\x01SSH-2.0-nope\r\n", keeps=False)
PAGE = Mood(
    status=200, body=b"\n<!DOCTYPE html><html>Welcome</html>", headers={"Content-Type": "text/html"}, keeps=False
)


def refuse(status: int, *, retry_after: str | None = None) -> Mood:
    """Return the mood in which nothing is kept and `status` is answered."""
    return Mood(status=status, keeps=False, headers={} if retry_after is None else {"Retry-After": retry_after})


def redirect(to: str, status: int = 307) -> Mood:
    """Return the mood that sends the agent elsewhere."""
    return Mood(status=status, keeps=False, headers={"Location": to})


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it arrived."""

    status: int
    ids: tuple[str, ...]
    size: int  # bytes on the wire
    headers: Mapping[str, str]


class Pki:
    """A certificate authority of its own: for the centre, its clients, and those that must not be trusted."""

    def __init__(self) -> None:
        """Make the authority."""
        self._authority = trustme.CA()

    @property
    def authority_pem(self) -> bytes:
        """The certificate that the other side must trust."""
        return self._authority.cert_pem.bytes()

    def server(self, *names: str, clients: "Pki | None" = None) -> ssl.SSLContext:
        """Return the TLS context of a server named `names`; with `clients` it demands a certificate of theirs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(context)
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=clients.authority_pem.decode())
        return context

    def client_pem(self, name: str = "site@depot-nord.example") -> str:
        """Return certificate and key of a client as one PEM."""
        issued = self._authority.issue_cert(name)
        return "".join(part.bytes().decode() for part in (*issued.cert_chain_pems, issued.private_key_pem))


class Centre:
    """A centre on loopback; use as an async context manager.

    `moods` are used up one per request, then `mood` holds. `poison` gives the status with which a batch is refused
    because of one event in it, None for a good one.
    """

    def __init__(
        self,
        *,
        token: str = "",
        signing: bytes = b"",
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        told: Callable[[Batch], None] | None = None,
    ) -> None:
        self.mood = WELL
        self.moods: list[Mood] = []
        self.poison: Callable[[Event], int | None] = lambda _: None
        self.token = token
        self.limit = _BODY_LIMIT  # a longer body gets 413
        self.kept: dict[str, bytes] = {}
        self.arrivals: list[str] = []  # ids in order of arrival, with repetitions
        self.batches: list[Batch] = []
        self.conflicts: list[str] = []  # ids that came with two contents: must stay empty
        self.acknowledged: set[str] = set()
        self._signing = signing
        self._tls = tls
        self._host, self._port = host, port
        self._told = told
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def received(self) -> int:
        """Events that were stored, repetitions included."""
        return len(self.arrivals)

    @property
    def distinct(self) -> int:
        """Events that were stored, each once."""
        return len(self.kept)

    @property
    def url(self) -> str:
        """Where to deliver."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._port}/ingest"

    def events(self) -> Iterator[Event]:
        """Yield what is kept, in order of first arrival."""
        return (json.loads(body) for body in self.kept.values())

    def holes(self) -> dict[str, list[int]]:
        """Return the numbers missing below the highest, by `AGENT/EPOCH`; empty where every sequence is whole."""
        heard: dict[str, set[int]] = {}
        for name in self.kept:
            epoch, _, seq = name.rpartition("/")
            heard.setdefault(epoch, set()).add(int(seq))
        missing = {epoch: sorted(set(range(1, max(seqs) + 1)) - seqs) for epoch, seqs in heard.items()}
        return {epoch: seqs for epoch, seqs in missing.items() if seqs}

    async def until(self, distinct: int, *, within: float = 20.0) -> None:
        """Return once so many different events are kept."""
        await self.until_true(lambda: self.distinct >= distinct, within=within)

    async def until_true(self, holds: Callable[[], bool], *, within: float = 20.0) -> None:
        """Return once `holds`, which is asked again after each request."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(holds)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", self._answer)
        # The signature is over the bytes on the wire, so aiohttp must not unpack them.
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        mood = self.moods.pop(0) if self.moods else self.mood
        wire = await request.read()
        status, events = self._take(request, wire)
        if events and mood.keeps:
            self._keep(events)
        if status is None:
            status = mood.status
        if mood.delay:
            await asyncio.sleep(mood.delay)
        said = 0 if mood.hangs_up or mood.raw else status
        ids = tuple(name for name, _ in events)
        if mood.keeps and 200 <= said < 300:
            self.acknowledged.update(ids)
        batch = Batch(status=said, ids=ids, size=len(wire), headers=dict(request.headers))
        self.batches.append(batch)
        if self._told is not None:
            self._told(batch)
        async with self._changed:
            self._changed.notify_all()
        if mood.hangs_up or mood.raw:
            return self._misbehave(request, mood)
        if mood.flood:
            return await self._flood(request, mood)
        return web.Response(status=status, body=mood.body, headers=mood.headers)

    def _take(self, request: web.Request, wire: bytes) -> tuple[int | None, list[tuple[str, bytes]]]:
        """Return the refusal that the request itself deserves, and the events in it where it deserves none."""
        refused = self._at_the_door(request, wire)
        if refused is not None:
            return refused, []
        try:
            parts = msgspec.json.decode(_unpack(wire, request.headers.get("Content-Encoding")), type=list[msgspec.Raw])
            events = [(bytes(part), json.loads(bytes(part))) for part in parts]
            named = [(event["id"], body) for body, event in events if event["specversion"] == "1.0"]
        except (ValueError, KeyError, TypeError, zstandard.ZstdError, OSError, EOFError):
            return 400, []
        refusals = (status for _, event in events if (status := self.poison(event)) is not None)
        refused = next(refusals, None)
        return refused, [] if refused is not None else named

    def _at_the_door(self, request: web.Request, wire: bytes) -> int | None:
        """Return the refusal that is given without a look at the events."""
        if request.method != "POST":
            return 405
        if len(wire) > self.limit:
            return 413
        given = request.headers.get("Authorization", "")
        if self.token and not hmac.compare_digest(given, f"Bearer {self.token}"):
            return 401
        if self._signing and not self._signed(request, wire):
            return 401
        return None if request.content_type == "application/cloudevents-batch+json" else 415

    def _signed(self, request: web.Request, wire: bytes) -> bool:
        name, at = (request.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp"))
        digest = hmac.digest(self._signing, f"{name}.{at}.".encode() + wire, hashlib.sha256)
        expected = f"v1,{base64.b64encode(digest).decode()}"
        return any(hmac.compare_digest(expected, one) for one in request.headers.get("webhook-signature", "").split())

    def _keep(self, events: list[tuple[str, bytes]]) -> None:
        for name, body in events:
            self.arrivals.append(name)
            if self.kept.setdefault(name, body) != body:
                self.conflicts.append(name)

    def _misbehave(self, request: web.Request, mood: Mood) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.write(mood.raw)
            request.transport.close()
        return web.Response()

    async def _flood(self, request: web.Request, mood: Mood) -> web.StreamResponse:
        response = web.StreamResponse(status=mood.status, headers=mood.headers)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):  # the agent hangs up, as it should
            for _ in range(0, mood.flood, len(_PIECE)):
                await response.write(_PIECE)
        return response


def _unpack(wire: bytes, encoding: str | None) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(wire)
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompress(wire, max_output_size=_BODY_LIMIT)
    return wire


def _tell(batch: Batch) -> None:
    line = {"status": batch.status, "entries": len(batch.ids), "ids": batch.ids, "bytes": batch.size}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


@contextlib.asynccontextmanager
async def separate(*options: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """Run a centre in a process of its own; gives its address and the process, whose stdout tells each batch."""
    command = (sys.executable, "-m", "tests.site.centre", "--port", "0", *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline())["url"], process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _serve(port: int, token: str, *, quiet: bool) -> None:
    async with Centre(port=port, token=token, told=None if quiet else _tell) as centre:
        sys.stdout.write(json.dumps({"url": centre.url}) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Serve until ended; prints the address, then one line for each batch, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.site.centre", description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--quiet", action="store_true", help="print the address only")
    chosen = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(chosen.port, os.environ.get("CENTRE_TOKEN", ""), quiet=chosen.quiet))


if __name__ == "__main__":
    main()
