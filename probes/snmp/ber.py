"""Just enough of the Basic Encoding Rules to look at an answer before a library parses it."""

from typing import Final

SEQUENCE: Final = 0x30
REPORT: Final = 0xA8
_CONSTRUCTED: Final = 0x20
_DEEP: Final = 12
_WIDE: Final = 4  # octets of a length: more would be more than any datagram


def element(octets: memoryview | bytes, at: int) -> tuple[int, int, int]:
    """Return tag, start and end of the body of the element at `at` (X.690, 8.1).

    Raises:
        ValueError: there is none, or it would reach beyond the octets.
    """
    try:
        tag, size = octets[at], octets[at + 1]
        start = at + 2
        if size & 0x80:
            wide = size & 0x7F
            if not 0 < wide <= _WIDE:
                raise ValueError(size)
            size = int.from_bytes(octets[start : start + wide], "big")
            start += wide
    except IndexError:
        raise ValueError(at) from None
    if start + size > len(octets):
        raise ValueError(at)
    return tag, start, start + size


def number(octets: memoryview | bytes, at: int) -> tuple[int, int]:
    """Return the INTEGER at `at` and where the next element begins.

    Raises:
        ValueError: it is none.
    """
    tag, start, end = element(octets, at)
    if tag != 2 or not 0 < end - start <= 9:  # noqa: PLR2004  INTEGER; nine octets hold any Counter64
        raise ValueError(tag)
    return int.from_bytes(octets[start:end], "big", signed=True), end


def status(octets: memoryview | bytes) -> tuple[int, int]:
    """Return error-status and error-index of a v1 or v2c answer (RFC 3416, 3).

    Raises:
        ValueError: it is no such message.
    """
    _, at, _ = element(octets, 0)
    _, at = number(octets, at)
    _, _, at = element(octets, at)
    _, at, _ = element(octets, at)
    _, at = number(octets, at)
    told, at = number(octets, at)
    blamed, _ = number(octets, at)
    return told, blamed


def sound(octets: memoryview | bytes) -> bool:
    """Tell whether every element lies within its parent and each varbind has its two parts.

    It is slow, and so only asked of answers that look like one which a library stumbles over.
    """
    try:
        return _sound(octets, 0, len(octets), 0)
    except ValueError:
        return False


def _sound(octets: memoryview | bytes, at: int, end: int, depth: int) -> bool:
    while at < end:
        tag, start, stop = element(octets, at)
        if stop > end or depth > _DEEP:
            return False
        if tag & _CONSTRUCTED:
            listing = depth == 2  # noqa: PLR2004  message, PDU, then the list of varbinds, which may be empty
            if start == stop and not listing:
                return False
            if not _sound(octets, start, stop, depth + 1):
                return False
        at = stop
    return True
