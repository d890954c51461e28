"""Basic Encoding Rules as the simulated SNMP agents need them: written apart from the code they test."""

from typing import Final

INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
SEQUENCE: Final = 0x30
ADDRESS: Final = 0x40
COUNTER64: Final = 0x46
NO_SUCH_OBJECT: Final = b"\x80\x00"
NO_SUCH_INSTANCE: Final = b"\x81\x00"
END_OF_MIB: Final = b"\x82\x00"


def length(size: int) -> bytes:
    """Return the length octets of a body of `size` bytes (X.690, 8.1.3)."""
    if size < 128:
        return bytes((size,))
    body = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(body),)) + body


def tlv(tag: int, body: bytes) -> bytes:
    """Return one element."""
    return bytes((tag,)) + length(len(body)) + body


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Return a whole number, two's complement; unsigned application types get their leading zero."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid_body(parts: tuple[int, ...]) -> bytes:
    """Return the body of an object identifier (X.690, 8.19)."""
    body = bytearray((parts[0] * 40 + (parts[1] if len(parts) > 1 else 0),))
    for part in parts[2:]:
        if part < 128:
            body.append(part)
            continue
        groups = [part & 0x7F]
        rest = part >> 7
        while rest:
            groups.append(0x80 | (rest & 0x7F))
            rest >>= 7
        body.extend(reversed(groups))
    return bytes(body)


def oid_parts(body: bytes) -> tuple[int, ...]:
    """Return the numbers of an object identifier's body."""
    parts = [body[0] // 40, body[0] % 40] if body else []
    value = 0
    for byte in body[1:]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            parts.append(value)
            value = 0
    return tuple(parts)


def numbers(text: str) -> tuple[int, ...]:
    """Return `1.3.6` as numbers."""
    return tuple(int(part) for part in text.strip(".").split("."))


def header(octets: bytes, at: int = 0) -> tuple[int, int, int]:
    """Return tag, start and end of the body of the element at `at`."""
    tag, size = octets[at], octets[at + 1]
    at += 2
    if size & 0x80:
        wide = size & 0x7F
        size = int.from_bytes(octets[at : at + wide], "big")
        at += wide
    return tag, at, at + size


def value(kind: str, text: str) -> bytes:
    """Return a recorded value, encoded; `kind` is snmprec's: an ASN.1 number, `x` appended for hexadecimal."""
    hexadecimal = kind.endswith("x")
    tag = int(kind.rstrip("xe"))
    if tag == OID:
        return tlv(OID, oid_body(numbers(text)))
    if tag == ADDRESS:
        return tlv(ADDRESS, bytes.fromhex(text) if hexadecimal else bytes(int(part) for part in text.split(".")))
    if tag in {OCTETS, 68}:
        return tlv(tag, bytes.fromhex(text) if hexadecimal else text.encode("utf-8", "surrogateescape"))
    if tag == NULL:
        return tlv(NULL, b"")
    return integer(int(text or 0), tag)
