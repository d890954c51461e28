"""Reading a value that should be a number or a text, but comes as a device pleases."""

import re
from typing import Final

from probes.snmp.client import Value

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_NUMBER: Final = re.compile(rb"\s*([+-]?\d{1,20})\b")


def text(value: Value | None) -> str | None:
    """Return a value as trimmed text; None where there is none or nothing is left of it.

    UTF-8, else Latin-1; NULs and control characters (Dahua pads with them) become blanks.
    """
    if value is None:
        return None
    if isinstance(value, bytes):
        try:
            written = value.decode()
        except UnicodeDecodeError:
            written = value.decode("latin-1")
    else:
        written = str(value)
    return " ".join(_CONTROL.sub(" ", written).split()) or None


def whole(value: Value | None) -> int | None:
    """Return a value as a whole number; None where it is none. Hikvision writes numbers as `15 PERCENT`."""
    if isinstance(value, int):
        return value
    if isinstance(value, bytes):
        found = _NUMBER.match(value)
        return int(found[1]) if found else None
    return None


def dotted(value: Value | None) -> str | None:
    """Return a value that is an OID or an address; None where it is neither."""
    return value if isinstance(value, str) else None
