"""Changing an encrypted v3 answer with the user's own keys, as a device that fails would have sent it."""

from pyasn1.type import univ  # type: ignore[import-untyped]
from pysnmp.proto.secmod import rfc3414  # type: ignore[import-untyped]  # noqa: F401  before eso: they import each other
from pysnmp.proto.secmod.rfc3826.priv.aes import Aes  # type: ignore[import-untyped]
from pysnmp.proto.secmod.rfc7860.auth.hmacsha2 import HmacSha2  # type: ignore[import-untyped]

from probes.snmp import usm
from tests.integration.snmpd import V3User
from tests.site import ber
from tests.site.relay import Change


def failing(user: V3User, *, status: int, above: int = 0) -> Change:
    """Return a change that makes `status` of each encrypted answer of more than `above` bytes (SHA-256, AES-128)."""

    def change(answer: bytes) -> bytes:
        found = usm.envelope(answer)
        return _sealed(answer, found, user, status) if found.flags & 2 and len(answer) > above else answer

    return change


def _sealed(answer: bytes, found: usm.Envelope, user: V3User, status: int) -> bytes:
    cipher = Aes()
    master = univ.OctetString(usm.master("sha256", user.privacy_secret))
    key = cipher.localize_key(HmacSha2.SHA256_SERVICE_ID, master, univ.OctetString(found.engine))
    _, start, salt_end = ber.header(answer, found.digest_end)
    salt = univ.OctetString(answer[start:salt_end])
    _, start, end = ber.header(answer, found.data_at)
    plain = cipher.decrypt_data(key, (found.boots, found.time, salt), univ.OctetString(answer[start:end]))
    _, at, _ = ber.header(plain)
    _, _, context = ber.header(plain, at)
    _, _, context = ber.header(plain, context)
    _, request, _ = ber.header(plain, context)
    _, _, request_end = ber.header(plain, request)
    pdu = ber.tlv(0xA2, plain[request:request_end] + ber.integer(status) + ber.integer(0) + b"\x30\x00")
    scoped = ber.tlv(ber.SEQUENCE, plain[at:context] + pdu)
    sealed, salt = cipher.encrypt_data(key, (found.boots, found.time, None), scoped)
    _, start, _ = ber.header(answer)
    _, _, head = ber.header(answer, start)
    _, _, head = ber.header(answer, head)
    security = _security(answer, head, found, salt.asOctets())
    whole = answer[start:head] + security + ber.tlv(ber.OCTETS, sealed.asOctets())
    signer = usm.localized("sha256", usm.master("sha256", user.secret), found.engine)
    return usm.sign(ber.tlv(ber.SEQUENCE, whole), "sha256", signer)


def _security(answer: bytes, at: int, found: usm.Envelope, salt: bytes) -> bytes:
    """Return the security parameters with a blank digest and another salt."""
    _, inner, _ = ber.header(answer, at)
    _, inner, _ = ber.header(answer, inner)
    kept = answer[inner : found.digest_at - 2]
    blank = ber.tlv(ber.OCTETS, bytes(found.digest_end - found.digest_at))
    return ber.tlv(ber.OCTETS, ber.tlv(ber.SEQUENCE, kept + blank + ber.tlv(ber.OCTETS, salt)))
