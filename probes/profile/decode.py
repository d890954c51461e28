"""Raw answers into plain values: text, numbers, MAC addresses, dates; total, since a device's answer is hostile."""

import datetime as dt
import math
import re
from typing import Final

#: INTEGER, Counter, Gauge and TimeTicks come as int, OCTET STRING as bytes, OID and IpAddress as str.
Raw = int | float | bytes | str
Value = bool | int | float | str

_LONGEST: Final = 512
_UNPRINTABLE: Final = re.compile(r" *[\x00-\x1f\x7f-\x9f\ufffd][\x00-\x20\x7f-\x9f\ufffd]*")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][-+]?\d{1,2})?", re.ASCII)
_QUANTITY: Final = re.compile(rf"^\D*?({_NUMBER.pattern})\s*([a-zA-Z%µ°/]*)", re.ASCII)
_FACTORS: Final = {
    "b": 1, "byte": 1, "bytes": 1,
    "k": 1024, "kb": 1024, "kib": 1024, "kbytes": 1024,
    "m": 1024**2, "mb": 1024**2, "mib": 1024**2, "mbytes": 1024**2,
    "g": 1024**3, "gb": 1024**3, "gib": 1024**3, "gbytes": 1024**3,
    "t": 1024**4, "tb": 1024**4, "tib": 1024**4,
    "p": 1024**5, "pb": 1024**5, "pib": 1024**5,
    "min": 60, "minutes": 60, "h": 3600, "hours": 3600, "days": 86400,
    "kbps": 10**3, "mbps": 10**6, "gbps": 10**9, "mw": 0.001, "kw": 1000,
}  # fmt: skip
_MAC_LENGTH: Final = 6
_DATE_SHORT, _DATE_LONG = 8, 11
_IPV4: Final = 4


def text(raw: Raw) -> str:
    """Return `raw` as one line of printable text, trimmed; UTF-8, else Latin-1."""
    if isinstance(raw, bytes):
        raw = raw[: 4 * _LONGEST]
        try:
            words = raw.decode()
        except UnicodeDecodeError:
            words = raw.decode("latin-1")
        return _UNPRINTABLE.sub(" ", words).strip()[:_LONGEST]
    return raw.strip()[:_LONGEST] if isinstance(raw, str) else f"{raw:g}" if isinstance(raw, float) else str(raw)


def lines(raw: Raw) -> str:
    """Return `raw` as text that keeps its line breaks: what expressions search."""
    if isinstance(raw, bytes):
        return raw[: 8 * _LONGEST].decode("utf-8", "replace").replace("\x00", "").strip()
    return text(raw)


def number(raw: Raw) -> int | float | None:
    """Return the first number in `raw` (`15 PERCENT` is 15, `3,5 V` is 3.5), or None."""
    if isinstance(raw, int | float):
        return raw if math.isfinite(raw) else None
    found = _NUMBER.search(text(raw))
    return _parsed(found.group()) if found else None


def quantity(raw: Raw) -> int | float | None:
    """Return the first number in `raw` times what its unit means: `512 MB` is 536870912, `5 min` is 300."""
    if isinstance(raw, int | float):
        return number(raw)
    found = _QUANTITY.search(text(raw))
    amount = _parsed(found.group(1)) if found else None
    if found is None or amount is None:
        return None
    return amount * _FACTORS.get(found.group(2).lower(), 1)


def _parsed(digits: str) -> int | float | None:
    digits = digits[:64].replace(",", ".")
    if digits.lstrip("+-").isdigit():
        return int(digits)
    amount = float(digits)
    return amount if math.isfinite(amount) else None


def mac(raw: Raw) -> str | None:
    """Return six octets, or text or an index that holds six, as `00:11:22:33:44:55`."""
    if isinstance(raw, bytes) and len(raw) == _MAC_LENGTH:
        return raw.hex(":")
    words = text(raw)
    parts = re.split(r"[:.\- ]", words)
    if (
        len(parts) == _MAC_LENGTH
        and words.count(".") == _MAC_LENGTH - 1
        and all(part.isascii() and part.isdigit() for part in parts)
    ):
        octets = [int(part) for part in parts]  # an index: decimal
        return bytes(octets).hex(":") if max(octets) <= 0xFF else None  # noqa: PLR2004  an octet's largest value
    if len(parts) == _MAC_LENGTH:
        words = "".join(part.zfill(2) for part in parts)
    digits = re.sub(r"[^0-9a-fA-F]", "", words)
    if len(digits) != 2 * _MAC_LENGTH:
        return None
    return bytes.fromhex(digits).hex(":")


def hexadecimal(raw: Raw) -> str:
    """Return octets as `01:ab:ff`, a number as `1abff`."""
    if isinstance(raw, bytes):
        return raw[:_LONGEST].hex(":")
    return f"{raw:x}" if isinstance(raw, int) else text(raw)


def address(raw: Raw) -> str | None:
    """Return four octets, or dotted text, as an IPv4 address."""
    if isinstance(raw, bytes) and len(raw) == _IPV4:
        return ".".join(map(str, raw))
    words = text(raw)
    return words if re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", words) else None


def date(raw: Raw) -> str | float | None:
    """Return a DateAndTime (RFC 2579): with a zone as unix seconds, without as ISO 8601 text, else None."""
    if not isinstance(raw, bytes) or len(raw) not in {_DATE_SHORT, _DATE_LONG}:
        return None
    try:
        told = dt.datetime(
            raw[0] << 8 | raw[1], raw[2], raw[3], raw[4], raw[5], min(raw[6], 59), raw[7] % 10 * 100_000, tzinfo=dt.UTC
        )
    except ValueError:
        return None
    if len(raw) == _DATE_SHORT:
        return told.replace(tzinfo=None).isoformat()
    east = 60 * (60 * raw[9] + raw[10]) * (-1 if raw[8:9] == b"-" else 1)
    return told.timestamp() - east


def ticks(raw: Raw) -> float | None:
    """Return hundredths of a second as seconds."""
    amount = number(raw)
    return None if amount is None else amount / 100


def ascii_index(index: str) -> str:
    """Return the parts of an index as characters; a leading length is left out (SMIv2, section 7.7)."""
    parts = [int(part) for part in index.split(".") if part.isascii() and part.isdigit() and len(part) < 9]  # noqa: PLR2004  digits of a code point and some
    if parts and parts[0] == len(parts) - 1:
        parts = parts[1:]
    return "".join(chr(part) for part in parts if part <= 0x10FFFF)[:_LONGEST].strip()  # noqa: PLR2004  the last code point


def bit(raw: Raw, place: int) -> int:
    """Return bit `place` of BITS (0 is the highest of the first octet) or of a number (0 is the lowest)."""
    if isinstance(raw, bytes):
        octet = raw[place // 8] if place // 8 < len(raw) else 0
        return octet >> (7 - place % 8) & 1
    amount = number(raw)
    return 0 if amount is None else int(amount) >> place & 1
