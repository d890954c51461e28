"""The user-based security model as both libraries need it watched: keys, digests and reports (RFC 3414)."""

import hashlib
import hmac
from typing import Final

import msgspec

from probes.errors import Refused
from probes.snmp import ber
from probes.snmp.client import Stale, User

#: hashlib's name and the octets of the digest on the wire, by our name of the algorithm (RFC 3414, RFC 7860).
DIGESTS: Final = {
    "md5": ("md5", 12),
    "sha1": ("sha1", 12),
    "sha224": ("sha224", 16),
    "sha256": ("sha256", 24),
    "sha384": ("sha384", 32),
    "sha512": ("sha512", 48),
}
_MEGABYTE: Final = 1_048_576
_AUTH, _PRIVACY = 1, 2
_STATS: Final = bytes((0x2B, 6, 1, 6, 3, 15, 1, 1))  # usmStats: 1.3.6.1.6.3.15.1.1
_LEVEL, _TIME, _USER, _ENGINE, _DIGEST, _CIPHER = 1, 2, 3, 4, 5, 6
_LOGIN: Final = {_LEVEL: "login.level", _USER: "login.user", _DIGEST: "login.password", _CIPHER: "login.privacy"}


def master(auth: str, passphrase: str) -> bytes:
    """Return the key of a pass phrase before it is tied to an engine (RFC 3414, A.2); some milliseconds of CPU."""
    octets = passphrase.encode()
    stretched = (octets * (_MEGABYTE // len(octets) + 1))[:_MEGABYTE]
    return hashlib.new(DIGESTS[auth][0], stretched, usedforsecurity=False).digest()


def localized(auth: str, key: bytes, engine: bytes) -> bytes:
    """Return the master key tied to an engine (RFC 3414, 2.6)."""
    return hashlib.new(DIGESTS[auth][0], key + engine + key, usedforsecurity=False).digest()


class Envelope(msgspec.Struct, frozen=True):
    """The parts of a v3 message that stand outside its encryption; `digest_at` and `data_at` are places in it."""

    flags: int
    engine: bytes
    boots: int
    time: int
    digest_at: int
    digest_end: int
    data_at: int


def envelope(octets: bytes) -> Envelope:
    """Read a message's header and security parameters (RFC 3412, 6; RFC 3414, 2.4).

    Raises:
        ValueError: it is no v3 message.
    """
    _, at, _ = ber.element(octets, 0)
    version, at = ber.number(octets, at)
    _, inner, at = ber.element(octets, at)
    _, inner = ber.number(octets, inner)
    _, inner = ber.number(octets, inner)
    _, start, end = ber.element(octets, inner)
    if version != 3 or end - start != 1:  # noqa: PLR2004  SNMPv3
        raise ValueError(version)
    flags = octets[start]
    _, inner, data_at = ber.element(octets, at)
    _, inner, _ = ber.element(octets, inner)
    _, start, inner = ber.element(octets, inner)
    engine = octets[start:inner]
    boots, inner = ber.number(octets, inner)
    time, inner = ber.number(octets, inner)
    _, _, inner = ber.element(octets, inner)
    _, digest_at, digest_end = ber.element(octets, inner)
    return Envelope(flags, engine, boots, time, digest_at, digest_end, data_at)


def sign(octets: bytes, auth: str, key: bytes) -> bytes:
    """Return a message whose digest was left as zeros, with the digest in its place (RFC 3414, 6.3.1)."""
    found = envelope(octets)
    name, size = DIGESTS[auth]
    digest = hmac.digest(key, octets, name)[:size]
    return octets[: found.digest_at] + digest + octets[found.digest_end :]


def report(octets: bytes, found: Envelope) -> int:
    """Return which of the usmStats counters (1 to 6) a message reports; 0 where it is no such report."""
    if found.flags & _PRIVACY:
        return 0
    place = octets.find(_STATS, found.data_at)
    if place < 0:
        return 0
    _, at, _ = ber.element(octets, found.data_at)
    for _ in range(2):  # contextEngineID, contextName
        _, _, at = ber.element(octets, at)
    return octets[place + len(_STATS)] if octets[at] == ber.REPORT else 0


def heed(octets: bytes, found: Envelope) -> bool:
    """Act on a report; tell whether it was the one that only corrects our idea of the device's clock.

    Raises:
        Stale: the device has another engine now.
        Refused: it does not accept the user, its digest, its encryption or their absence.
    """
    told = report(octets, found)
    if told == _ENGINE:
        raise Stale
    if told in _LOGIN:
        raise Refused(_LOGIN[told], login=True)
    return told == _TIME


def genuine(octets: bytes, found: Envelope, user: User, engine: bytes, key: bytes) -> bool:
    """Tell whether an answer is as protected as we asked, comes from the engine we know and bears the right digest."""
    demanded = (_AUTH if user.auth else 0) | (_PRIVACY if user.privacy else 0)
    if found.flags & demanded != demanded or found.engine != engine:
        return False
    if not user.auth:
        return True
    name, size = DIGESTS[user.auth]
    if found.digest_end - found.digest_at != size:
        return False
    blank = octets[: found.digest_at] + bytes(size) + octets[found.digest_end :]
    digest = hmac.digest(key, blank, name)[:size]
    return hmac.compare_digest(digest, octets[found.digest_at : found.digest_end])
