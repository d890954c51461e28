"""Delivers entries to a centre over HTTPS as CloudEvents batches; the only importer of httpx.

The body is a JSON array of the entries' bytes as they were numbered, never encoded again (CloudEvents 1.0, JSON format,
section 4). What each answer means stands in `agent.sinks.answer`; how we prove who we are, in `agent.sinks.proof`. With
a signing secret the headers are those of Standard Webhooks 1.0, over the body as it is on the wire: compressed where
the sink compresses, so that a receiver verifies before it unpacks.
"""

import asyncio
import gzip
import logging
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, NoReturn

import httpx
import zstandard

from agent.record import Entry
from agent.sinks.answer import LIMIT, judge, seconds_to_wait
from agent.sinks.proof import Signer, bearer, fit, trust
from agent.sinks.sink import Transient
from probes.probe import Secret

Compression = Literal["gzip", "zstd"]

_HUNG_UP: Final = ("disconnected", "closed")
_CONNECT_S: Final = 15.0
_IDLE_S: Final = 30.0  # a connection older than that may have been forgotten by a router in between


class HttpsSink:
    """One centre behind a URL, over one connection at a time."""

    def __init__(
        self,
        *,
        name: str,
        url: str,
        token: Secret | None = None,
        hmac: Secret | None = None,
        client_certificate: Secret | None = None,
        compression: Compression | None = None,
        authorities: Path | None = None,
        timeout: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take where to deliver and how to prove who we are.

        `client_certificate` is PEM with certificate and key. `authorities` is a PEM file trusted instead of the
        system's store. `timeout` bounds one delivery as a whole, in seconds. `clock` gives unix seconds.

        Raises:
            Unfit: the address or a secret is of no use (agent.sinks.proof).
            OSError: `authorities` cannot be read.
        """
        parts = fit(url)
        secure = parts.scheme == "https"
        self.name = name
        self._url = url
        self._host = parts.hostname
        self._timeout = timeout
        self._clock = clock
        self._compression = compression
        self._signer = None if hmac is None else Signer(hmac)
        self._headers = {
            "Content-Type": "application/cloudevents-batch+json",
            "Accept": "application/json, text/plain;q=0.5, */*;q=0.1",
            "Accept-Encoding": "identity",  # what a compressed answer unfolds to could not be capped
            "User-Agent": "sitewarden",
        }
        if token is not None:
            self._headers["Authorization"] = bearer(token)
        if compression is not None:
            self._headers["Content-Encoding"] = compression
        # httpx notes each address at INFO, and an address may carry a key of the centre's.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            # Never False: for plain http (loopback) a context that trusts nobody, without loading a store.
            verify=trust(authorities, client_certificate) if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            follow_redirects=False,
            trust_env=False,  # neither a proxy nor a netrc of the environment may see the token
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_S)),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_S),
        )

    def __repr__(self) -> str:
        """Return the name and the host, never the rest of the address."""
        return f"HttpsSink({self.name!r}, {self._host!r})"

    async def deliver(self, entries: Sequence[Entry]) -> None:
        """Send `entries` as one batch and return once it is acknowledged.

        Raises:
            Permanent: refused; `blame` says whether it is for the entry, the size or the door.
            Transient: not now.
        """
        body = pack(b"[" + b",".join(entry.body for entry in entries) + b"]", self._compression)
        headers = self._headers
        if self._signer is not None:
            # The same batch keeps its id when it is sent again; an entry's id is AGENT/EPOCH/SEQUENCE.
            message = f"{entries[0].id}-{entries[-1].seq}"
            headers = headers | self._signer.headers(message, int(self._clock()), body)
        try:
            async with asyncio.timeout(self._timeout):
                status, told, answer = await self._post(body, headers)
        except (TimeoutError, httpx.TimeoutException):
            raise Transient("forward.timeout", unheard=True, seconds=self._timeout) from None
        except httpx.HTTPError as error:
            _fail(error)
        asked = seconds_to_wait(told.get("retry-after"), told.get("date"), self._clock())
        judge(status, answer, retry_after=asked)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        answer = bytearray()
        # Leaving the block before the end of the answer closes the connection: what follows is never read.
        async with self._client.stream("POST", self._url, content=body, headers=dict(headers)) as response:
            async for piece in response.aiter_raw():
                answer += piece[: LIMIT + 1]
                if len(answer) > LIMIT:
                    break
        return response.status_code, response.headers, bytes(answer)


def pack(body: bytes, compression: Compression | None) -> bytes:
    """Return `body` as the sink's Content-Encoding wants it."""
    if compression == "gzip":
        return gzip.compress(body, compresslevel=6, mtime=0)
    if compression == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(body)
    return body


def _fail(error: httpx.HTTPError) -> NoReturn:
    """Turn what httpx raises into ours; its own words may repeat addresses and headers."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise Transient("forward.untrusted", operator=True, reason=cause.verify_message) from None
        if isinstance(cause, ssl.SSLError):
            raise Transient("forward.tls", operator=True, reason=cause.reason or "TLS") from None
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, (httpx.ConnectError, httpx.UnsupportedProtocol)):
        raise Transient("forward.unreachable") from None
    # One class for two things: the peer hung up, or what it said is not HTTP.
    if isinstance(error, httpx.RemoteProtocolError) and not any(word in str(error) for word in _HUNG_UP):
        raise Transient("forward.garbage", operator=True) from None
    raise Transient("forward.cut", unheard=True) from None
