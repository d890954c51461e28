"""The SOAP 1.2 envelope, signed with a WS-Security UsernameToken that holds a digest, never the password."""

import base64
import datetime as dt
import hashlib
from typing import Final
from xml.sax.saxutils import escape

from probes.onvif.documents import Request
from probes.probe import Login

_OASIS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_SECURITY: Final = (
    f'<s:Header><wsse:Security xmlns:wsse="{_OASIS}wssecurity-secext-1.0.xsd" '
    f'xmlns:wsu="{_OASIS}wssecurity-utility-1.0.xsd"><wsse:UsernameToken>'
    "<wsse:Username>{username}</wsse:Username>"
    f'<wsse:Password Type="{_OASIS}username-token-profile-1.0#PasswordDigest">{{digest}}</wsse:Password>'
    f'<wsse:Nonce EncodingType="{_OASIS}soap-message-security-1.0#Base64Binary">{{nonce}}</wsse:Nonce>'
    "<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security></s:Header>"
)
_OPEN: Final = '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'


def wrap(request: Request, /, *, header: str = "", **gaps: str) -> bytes:
    """Return the envelope around `request`, its gaps filled, under `header` (see `security`)."""
    body = request.body
    for name, text in gaps.items():
        body = body.replace(f"{{{name}}}", escape(text))
    return f"{_OPEN}{header}<s:Body>{body}</s:Body></s:Envelope>".encode("utf-8", "replace")


def content_type(request: Request) -> str:
    """Return the Content-Type with the call's action (SOAP 1.2, part 2, 6.5.3)."""
    return f'application/soap+xml; charset=utf-8; action="{request.action}"'


def security(login: Login, *, now: float, nonce: bytes) -> str:
    """Return the header that signs one request; `now` is unix seconds on the device's clock, `nonce` is used once.

    The digest is Base64(SHA-1(nonce + created + password)) (WSS UsernameToken Profile 1.0, 3.1). Seconds are cut, not
    rounded: some devices refuse what was created in their future.
    """
    created = dt.datetime.fromtimestamp(int(now), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    password = login.secret.reveal() if login.secret else ""
    # The profile knows SHA-1 alone.
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return _SECURITY.format(
        username=escape(login.username),
        digest=base64.b64encode(digest).decode(),
        nonce=base64.b64encode(nonce).decode(),
        created=created,
    )
