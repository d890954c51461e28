"""A plain ONVIF client that knows nothing of the product: it tries the simulator, and is the floor of benchmarks."""

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec

from tests.site.onvif.soap import SOAP12, WSSE, WSU, stamp
from tests.site.onvif.spec import Account

_TYPE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def token(account: Account, *, at: float | None = None, nonce: bytes = b"", kind: str = _TYPE) -> str:
    """Return a WS-Security header whose Created is `at` (unix seconds, by default now)."""
    nonce = nonce or secrets.token_bytes(16)
    created = stamp(time.time() if at is None else at)
    digest = hashlib.sha1(nonce + created.encode() + account.password.encode()).digest()  # noqa: S324  the profile's
    return (
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}"><wsse:UsernameToken>'
        f"<wsse:Username>{account.username}</wsse:Username>"
        f'<wsse:Password Type="{kind}">{base64.b64encode(digest).decode()}</wsse:Password>'
        f"<wsse:Nonce>{base64.b64encode(nonce).decode()}</wsse:Nonce><wsu:Created>{created}</wsu:Created>"
        "</wsse:UsernameToken></wsse:Security>"
    )


def request(operation: str, namespace: str, inside: str = "", *, header: str = "") -> bytes:
    """Return the envelope that asks for an operation; children of `inside` take its namespace."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{SOAP12}"><s:Header>{header}</s:Header>'
        f'<s:Body><{operation} xmlns="{namespace}">{inside}</{operation}></s:Body></s:Envelope>'
    ).encode()


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, *, headers: Mapping[str, str] | None = None
) -> Answer:
    """Post an envelope; redirects are not followed."""
    kind = {"Content-Type": "application/soap+xml; charset=utf-8", **(headers or {})}
    async with session.post(url, data=body, headers=kind, allow_redirects=False) as reply:
        return Answer(status=reply.status, headers=dict(reply.headers), body=await reply.read())


def digest(challenge: str, account: Account, *, method: str, path: str, count: int = 1, algorithm: str = "MD5") -> str:
    """Return the Authorization that answers the challenge of `algorithm` (RFC 7616, qop=auth)."""
    offered = next(part for part in challenge.split("Digest ") if f"algorithm={algorithm}" in part)
    fields = dict(re.findall(r'(\w+)="([^"]*)"', offered))
    hashed = hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5
    cnonce, turn = secrets.token_hex(8), f"{count:08x}"

    def of(text: str) -> str:
        return hashed(text.encode()).hexdigest()

    secret = of(f"{account.username}:{fields['realm']}:{account.password}")
    response = of(f"{secret}:{fields['nonce']}:{turn}:{cnonce}:auth:{of(f'{method}:{path}')}")
    return (
        f'Digest username="{account.username}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{path}", '
        f'algorithm={algorithm}, qop=auth, nc={turn}, cnonce="{cnonce}", response="{response}"'
    )
