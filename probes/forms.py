"""Scalar forms of configuration that are more than their bare type: durations, ports, dates."""

import datetime as dt
import re
from typing import Annotated, Final

import msgspec

_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_SECONDS: Final = (86_400.0, 3_600.0, 60.0, 1.0)
DURATION_PATTERN: Final = r"^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+(\.\d+)?s)?$"

#: Seconds, written 90s, 5m, 12h, 30d or put together (1h30m) in YAML.
Duration = Annotated[
    float, msgspec.Meta(extra={"form": "duration"}, extra_json_schema={"type": "string", "pattern": DURATION_PATTERN})
]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Date = dt.date
#: What names a thing in files, on the wire and in file names: letters, digits, dot, dash, underscore.
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


def seconds(text: str) -> float:
    """Return the length of a duration such as `90s`, `5m`, `12h`, `30d` or `1h30m` in seconds.

    Raises:
        ValueError: it is not written so.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not text:
        raise ValueError(text)
    return sum(float(count) * unit for count, unit in zip(found.groups(), _SECONDS, strict=True) if count)


def length(seconds: float) -> str:
    """Return a length of time as every language writes it: `3.2 s`, `5 min`, `2 h 05 min`, `3 d`."""
    if seconds < 60:  # noqa: PLR2004  a minute
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004
    minutes = int(seconds // 60)
    if minutes < 60:  # noqa: PLR2004  an hour
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d"  # noqa: PLR2004  two days
