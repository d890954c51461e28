"""Whom to trust on a TLS line: a given authority, a given fingerprint, or what was seen first."""

import asyncio
import hashlib
import ssl
from collections.abc import MutableMapping

from probes.device import Block
from probes.errors import Malformed, Unsupported

_DIGITS = 64  # of a SHA-256 in hex


class Contexts:
    """The process's TLS contexts: making one costs 19 ms and 0.8 MB where it loads authorities, so they are shared."""

    def __init__(self) -> None:
        """Start with none made."""
        self._made: dict[str, ssl.SSLContext] = {}

    def of(self, block: Block) -> ssl.SSLContext:
        """Return the context for a block: verifying against its `ca`, else verifying nothing (the pin does).

        Raises:
            Unsupported: the `ca` file cannot be read.
        """
        ca = block.ca or ""
        if ca not in self._made:
            self._made[ca] = _verifying(ca) if ca else _open()
        return self._made[ca]


def _verifying(ca: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=ca)
    except (OSError, ssl.SSLError):
        raise Unsupported("answer.ca_unreadable", file=ca) from None
    return context


def _open() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Cameras sign for themselves, many with RSA 1024 or SHA-1, which level 2 refuses; what counts here is the pin.
    context.set_ciphers("DEFAULT:@SECLEVEL=1")
    return context


def fingerprint(written: str) -> str:
    """Return a SHA-256 fingerprint as 64 lower-case hex digits; colons, blanks and a leading `sha256:` are let pass.

    Raises:
        Unsupported: it is none.
    """
    plain = written.strip().lower().removeprefix("sha256").lstrip(":=/ ").replace(":", "").replace(" ", "")
    if len(plain) != _DIGITS or not set(plain) <= set("0123456789abcdef"):
        raise Unsupported("answer.fingerprint_unreadable")
    return plain


async def first_sight(host: str, port: int, *, context: ssl.SSLContext, patience_s: float) -> str:
    """Shake hands once, send nothing, and return the fingerprint of the certificate that was shown.

    Raises:
        OSError, TimeoutError: the handshake failed.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(patience_s):
        transport, _ = await loop.create_connection(asyncio.Protocol, host, port, ssl=context, server_hostname=host)
    try:
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        transport.abort()
    return hashlib.sha256(shown).hexdigest()


class Pin:
    """The certificate that one protocol of one device must show."""

    def __init__(self, *, protocol: str, block: Block, kept: MutableMapping[str, str]) -> None:
        """Look the pin up in the inventory's block, then in what was kept."""
        self._key = f"tls.{protocol}"
        self._kept = kept
        self._told = fingerprint(block.fingerprint) if block.fingerprint else ""
        self._verified = bool(block.ca) and not self._told
        self.expected = self._told or kept.get(self._key, "")

    @property
    def wanting(self) -> bool:
        """Whether nothing speaks for the certificate yet, so that what is seen first is kept."""
        return not self.expected and not self._verified

    @property
    def binding(self) -> bool:
        """Whether a fingerprint decides; with a `ca` alone the authority does, and a renewed certificate is fine."""
        return not self._verified

    def keep(self, seen: str) -> None:
        """Pin what was seen first."""
        self.expected = self._kept[self._key] = seen

    def broken(self) -> Malformed:
        """Return what to raise when another certificate was shown."""
        return Malformed("answer.certificate_other" if self._told else "answer.certificate_changed")
