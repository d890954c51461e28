"""The one HTTP client of all probes: capped, timed, pinned to the device, and careful with a login."""

import base64
import contextlib
import errno
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

import aiohttp
import msgspec
from yarl import URL

from probes.device import Block
from probes.errors import Malformed, ProbeError, Refused, Unreachable, Unsupported
from probes.net.digest import Challenge, Digests, challenges, strongest
from probes.net.packed import Unpacking
from probes.net.tls import Contexts, Pin, first_sight
from probes.probe import Login, Target

CAP: Final = 4 << 20  # bytes of an answer, before and after decompression
CONNECT_S: Final = 5.0
SILENCE_S: Final = 8.0
TOTAL_S: Final = 15.0
UNAUTHORIZED: Final = 401
_SENDS: Final = 3  # of one request: without a nonce, with a fresh one, with the one that follows a stale one
_PACE: Final = aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S, sock_read=SILENCE_S)
#: The first that fits decides; what is left is the system's, by its number, or the answer of no web server.
_MISHAPS: Final[tuple[tuple[type[Exception], type[ProbeError], str], ...]] = (
    (aiohttp.ClientConnectorCertificateError, Malformed, "answer.certificate_untrusted"),
    (ssl.SSLCertVerificationError, Malformed, "answer.certificate_untrusted"),
    (aiohttp.ClientConnectorSSLError, Malformed, "answer.tls"),
    (ssl.SSLError, Malformed, "answer.tls"),
    (aiohttp.ClientConnectorDNSError, Unreachable, "answer.no_address"),
    (socket.gaierror, Unreachable, "answer.no_address"),
    (aiohttp.ConnectionTimeoutError, Unreachable, "answer.port_silent"),
    (TimeoutError, Unreachable, "answer.stalled"),
    (aiohttp.ClientPayloadError, Malformed, "answer.truncated"),
    (aiohttp.ServerDisconnectedError, Unreachable, "answer.cut_off"),
)
_ERRNOS: Final = {
    errno.ECONNREFUSED: "answer.port_refused",
    errno.EHOSTUNREACH: "answer.no_route",
    errno.ENETUNREACH: "answer.no_route",
    errno.ETIMEDOUT: "answer.port_silent",
    errno.ECONNRESET: "answer.cut_off",
    errno.EPIPE: "answer.cut_off",
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a device answered: status, headers (names lower case) and the whole body, decompressed.

    `began` is when the request left (unix seconds, gateway's clock), `waited_s` how long until the answer's head came.
    `carried` tells whether the request carried an HTTP login.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    began: float
    waited_s: float
    carried: bool = False
    offers: tuple[Challenge, ...] = ()


class HttpLine:
    """What all HTTP asking of one process shares. Stands in `Shared`; use `talk`."""

    def __init__(self) -> None:
        """Make nothing yet: contexts cost, and many sites have no TLS."""
        self._contexts = Contexts()
        self._jar = aiohttp.DummyCookieJar()

    async def aclose(self) -> None:
        """Nothing outlives a talk."""

    @contextlib.asynccontextmanager
    async def talk(self, target: Target, protocol: str) -> AsyncIterator["HttpTalk"]:
        """Open the line to one device for one probing; its one connection is closed at the end.

        A session and its connector cost 13 µs together, so each probing has its own: that is what closes the
        connection, and keeps a second from being opened.

        Raises:
            ProbeError: TLS is asked for and cannot be had.
        """
        block = target.device.block(protocol) or Block()
        port = block.port or (443 if block.tls else 80)
        context: ssl.SSLContext | bool = True
        pin = None
        if block.tls:
            context = self._contexts.of(block)
            pin = Pin(protocol=protocol, block=block, kept=target.kept)
            if pin.wanting:
                with _translated(port, target.device.address, pin):
                    pin.keep(await first_sight(target.device.address, port, context=context, patience_s=CONNECT_S))
        trusted = aiohttp.Fingerprint(bytes.fromhex(pin.expected)) if pin and pin.binding else True
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1, ssl=trusted),
            cookie_jar=self._jar,
            auto_decompress=False,
            timeout=_PACE,
            headers={"Accept-Encoding": "identity", "User-Agent": "sitewarden"},
        ) as session:
            # It would send a GET again by itself, login and all; when to do so is decided in `_send`.
            session._retry_connection = False  # noqa: SLF001  there is no public switch; a test holds it
            base = URL.build(scheme="https" if block.tls else "http", host=target.device.address, port=port)
            yield HttpTalk(session=session, base=base, context=context, pin=pin, target=target, protocol=protocol)


class HttpTalk:
    """One probing's talk with one device. It knows paths only: no answer can send it to another host."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        base: URL,
        context: ssl.SSLContext | bool,
        pin: Pin | None,
        target: Target,
        protocol: str,
    ) -> None:
        """Take what `HttpLine.talk` has prepared."""
        self._session = session
        self._base = base
        self._context = context
        self._pin = pin
        self._clock = target.clock
        digests: Digests = target.state.setdefault(Digests, Digests())
        self._digest = digests.of(protocol)
        self._digest.age(at=self._clock())
        self._fresh = ""  # the nonce that was offered within this talk
        self._asked = 0
        self.entered = False  # a request that carried the HTTP login was let in

    @property
    def port(self) -> int:
        """The port that is talked to."""
        assert self._base.port is not None
        return self._base.port

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        login: Login | None = None,
        cap: int = CAP,
    ) -> Answer:
        """Ask once and return the answer, whatever its status; with a `login` a digest challenge is met once.

        A 401 comes back as an answer only where no password was sent. `path` begins with a slash and may have a query,
        escaped as it goes on the wire.

        Raises:
            Refused: a request that carried a fresh digest got a 401; `login=True` unless the same login was let in
                before within this talk.
            Unsupported: the device wants the password in the clear over plain HTTP, or a scheme that we do not have.
            Unreachable, Malformed: per cause; a redirect is malformed, and never followed.
        """
        url = self._at(path)
        enters = login is not None and bool(login.username) and login.secret is not None
        for _ in range(_SENDS):
            carried = enters and self._digest.ready
            fresh = carried and self._digest.nonce == self._fresh
            sent = dict(headers or {})
            if carried and login is not None:
                sent["Authorization"] = self._digest.answer(method, url.raw_path_qs, login)
            answer = await self._send(method, url, body=body, headers=sent, cap=cap)
            if answer.status != UNAUTHORIZED:
                if carried:
                    self.entered = True
                    self._digest.let_in(at=self._clock())
                return msgspec.structs.replace(answer, carried=carried) if carried else answer
            offer = strongest(answer.offers)
            if carried:
                self._digest.forget()
            if fresh and not (offer and (offer.stale or (self.entered and offer.params["nonce"] != self._fresh))):
                raise Refused(login=not self.entered)
            if offer is None:
                return await self._basic(method, url, answer, body=body, headers=headers, login=login, cap=cap)
            self._digest.take(offer)
            self._fresh = offer.params["nonce"]
            if not enters:
                return answer
        raise Refused(login=not self.entered)

    def _at(self, path: str) -> URL:
        """Return `path` on this device; whatever it holds, scheme, host and port stay ours."""
        plain, _, query = path.partition("?")
        base = self._base
        return URL.build(
            scheme=base.scheme,
            host=base.host or "",
            port=base.port,
            path=plain if plain.startswith("/") else f"/{plain}",
            query_string=query,
            encoded=all("!" <= character <= "~" for character in path),
        )

    async def _basic(
        self,
        method: str,
        url: URL,
        answer: Answer,
        *,
        body: bytes,
        headers: Mapping[str, str] | None,
        login: Login | None,
        cap: int,
    ) -> Answer:
        """Meet a 401 that offers no digest: Basic where the line is TLS, never in the clear."""
        if login is None or login.secret is None or not any(offer.scheme == "basic" for offer in answer.offers):
            return answer
        if url.scheme != "https":
            raise Unsupported("login.clear")
        told = base64.b64encode(f"{login.username}:{login.secret.reveal()}".encode()).decode()
        sent = {**(headers or {}), "Authorization": f"Basic {told}"}
        answer = await self._send(method, url, body=body, headers=sent, cap=cap)
        if answer.status == UNAUTHORIZED:
            raise Refused(login=not self.entered)
        self.entered = True
        return msgspec.structs.replace(answer, carried=True)

    async def _send(self, method: str, url: URL, *, body: bytes, headers: Mapping[str, str], cap: int) -> Answer:
        """Send one request; again on a new connection where the device had closed the kept one meanwhile."""
        kept = self._asked > 0
        self._asked += 1
        with _translated(self.port, self._base.host or "", self._pin):
            try:
                return await self._exchange(method, url, body=body, headers=headers, cap=cap)
            except (aiohttp.ServerDisconnectedError, ConnectionError):
                if not kept:
                    raise
            return await self._exchange(method, url, body=body, headers=headers, cap=cap)

    async def _exchange(self, method: str, url: URL, *, body: bytes, headers: Mapping[str, str], cap: int) -> Answer:
        began, start = self._clock(), time.perf_counter()
        async with self._session.request(
            method, url, data=body or None, headers=headers, allow_redirects=False, ssl=self._context
        ) as response:
            waited = time.perf_counter() - start
            if 300 <= response.status < 400:  # noqa: PLR2004  RFC 9110, 15.4
                response.close()
                raise Malformed(_whither(url, response.headers.get("Location", "")))
            answer = Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=await _body(response, cap),
                began=began,
                waited_s=waited,
            )
            if answer.status == UNAUTHORIZED:
                offers = challenges(response.headers.getall("WWW-Authenticate", ()))
                answer = msgspec.structs.replace(answer, offers=offers)
            return answer


def _whither(url: URL, location: str) -> str:
    """Return the sentence for a redirect: to TLS is worth a word of its own, for the inventory can say `tls: true`."""
    return "answer.redirects_tls" if url.scheme == "http" and location.startswith("https://") else "answer.redirects"


async def _body(response: aiohttp.ClientResponse, cap: int) -> bytes:
    """Read a body up to `cap` bytes; beyond, the connection is cut without reading on."""
    if (response.content_length or 0) > cap:
        response.close()
        raise Malformed("answer.too_large", limit=cap >> 20)
    try:
        taken = Unpacking(coding=response.headers.get("Content-Encoding", ""), cap=cap)
        async for chunk in response.content.iter_any():
            taken.feed(chunk)
        return taken.whole()
    except Malformed:
        response.close()
        raise


@contextlib.contextmanager
def _translated(port: int, host: str, pin: Pin | None) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, OSError) as fault:
        raise _ours(fault, port, host, pin) from None


def _ours(fault: Exception, port: int, host: str, pin: Pin | None) -> ProbeError:
    """Return our exception for one of aiohttp's or the system's."""
    if isinstance(fault, aiohttp.ServerFingerprintMismatch) and pin is not None:
        return pin.broken()
    said = {"port": port, "host": host, "reason": getattr(fault, "strerror", None) or type(fault).__name__}
    for kind, family, key in _MISHAPS:
        if isinstance(fault, kind):
            return family(key, **said)
    if isinstance(fault, OSError):
        return Unreachable(_ERRNOS.get(fault.errno or 0, "answer.port_failed"), **said)
    return Malformed("answer.not_http", **said)
