"""How we prove to a centre who we are, and it to us: bearer token, Standard Webhooks signature, certificates."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import ipaddress
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import SplitResult, urlsplit

from probes.probe import Secret
from probes.words import Argument, Phrase, utter

_MARK: Final = "whsec_"
_VISIBLE: Final = range(0x21, 0x7F)


class Unfit(ValueError):
    """What the configuration gives cannot serve. No secret, and no address that may hold one, is repeated."""

    def __init__(self, key: str, /, **args: Argument) -> None:
        """Take the sentence's key in the catalogue and what fills its gaps."""
        self.phrase = Phrase(key=key, args=args)
        super().__init__(utter(self.phrase))


def fit(url: str) -> SplitResult:
    """Return the parts of a sink's address: https anywhere, plain http for loopback addresses only.

    Raises:
        Unfit: it is neither, holds a login (secrets stand in no address), or is no address at all.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        host.encode("idna")
    except (ValueError, UnicodeError):
        raise Unfit("forward.url") from None
    if parts.scheme not in ("https", "http") or not host or "@" in parts.netloc or not url.isprintable() or " " in url:
        raise Unfit("forward.url")
    if parts.scheme == "http" and not _loopback(host):
        raise Unfit("forward.plain", host=host)
    return parts


def bearer(token: Secret) -> str:
    """Return the value of the Authorization header (RFC 6750).

    Raises:
        Unfit: the token would break out of the header, or cannot stand in one.
    """
    text = token.reveal().strip()
    if not text or any(ord(sign) not in _VISIBLE for sign in text):
        raise Unfit("forward.secret")
    return f"Bearer {text}"


class Signer:
    """Signs requests with the symmetric scheme of Standard Webhooks 1.0 (`v1`, HMAC-SHA256)."""

    def __init__(self, secret: Secret) -> None:
        """Take the secret: Base64 after `whsec_`, else the bytes as they stand.

        Raises:
            Unfit: it is empty, or what follows `whsec_` is not Base64.
        """
        text = secret.reveal().strip()
        try:
            self._key = base64.b64decode(text[len(_MARK) :], validate=True) if text.startswith(_MARK) else text.encode()
        except binascii.Error:
            raise Unfit("forward.hmac") from None
        if not self._key:
            raise Unfit("forward.hmac")

    def headers(self, message: str, timestamp: int, body: bytes) -> dict[str, str]:
        """Return the three headers for `body` as it is on the wire, sent at `timestamp` (unix seconds)."""
        digest = hmac.digest(self._key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256)
        return {
            "webhook-id": message,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }


def trust(authorities: Path | None, client_certificate: Secret | None) -> ssl.SSLContext:
    """Return a TLS context that verifies the centre, always, and shows `client_certificate` where there is one.

    `authorities` is a PEM file trusted instead of the system's store. `client_certificate` is PEM: certificate, chain
    and unencrypted key.

    Raises:
        Unfit: the client certificate is of no use.
        OSError: `authorities` cannot be read (ssl.SSLError where it holds no certificate).
    """
    context = ssl.create_default_context(cafile=None if authorities is None else str(authorities))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client_certificate is not None:
        try:
            with _unwritten(client_certificate.reveal().encode()) as path:
                context.load_cert_chain(path, password=_ask_nobody)
        except (ssl.SSLError, OSError, ValueError):
            raise Unfit("forward.certificate") from None
    return context


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"  # RFC 6761, 6.3: it is loopback, or nothing


def _ask_nobody() -> NoReturn:
    # Without this OpenSSL would ask for the pass phrase on the terminal, and a service would hang.
    raise ValueError


@contextlib.contextmanager
def _unwritten(pem: bytes) -> Iterator[str]:
    """Give a path to `pem` in memory: OpenSSL reads keys from files only, and a key is not for the disk."""
    handle = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        with open(handle, "wb", closefd=False) as stream:
            stream.write(pem)
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
