"""A device's date and time as it tells them, made into unix seconds."""

import calendar
import datetime as dt
import re
from typing import Final

import msgspec

from probes.errors import Malformed
from probes.onvif.reader import Node

_NAME: Final = r"(?:[A-Za-z]{1,12}|<[A-Za-z0-9+-]{1,12}>)"
_OFFSET: Final = r"([+-]?\d{1,3}(?::\d{1,2}){0,2})"
_RULE: Final = r"M(\d{1,2})\.([1-5])\.([0-6])(?:/([+-]?\d{1,3}(?::\d{1,2}){0,2}))?"
#: POSIX.1, 8.3: std offset, then perhaps dst, its offset, and when it begins and ends. Cameras leave names out.
_ZONE: Final = re.compile(rf"{_NAME}?{_OFFSET}(?:({_NAME}){_OFFSET}?(?:,{_RULE},{_RULE})?)?")
_LAST_WEEK: Final = 5
_FIRST: Final = 1970  # the year that unix time begins with
#: What `read` raises of an answer that is otherwise sound.
UNCLEAR: Final = ("answer.clock_void", "answer.clock_zone")


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What a device said of its clock: `utc` in unix seconds (whole ones), and its zone as it wrote it."""

    utc: float
    zone: str = ""
    derived: bool = False  # from local time and zone, for it told no UTC


def read(answer: Node) -> Moment:
    """Read a GetSystemDateAndTimeResponse (ONVIF Core, 8.3.3).

    Raises:
        Malformed: no valid date, or only local time in a zone that cannot be read.
    """
    told = answer.child("SystemDateAndTime") or answer
    zone = told.text("TimeZone", "TZ") or ""
    utc = _date_time(told.child("UTCDateTime"))
    if utc is not None:
        return Moment(utc=utc.timestamp(), zone=zone)
    local = _date_time(told.child("LocalDateTime"))
    if local is None:
        raise Malformed("answer.clock_void")
    behind = behind_utc(zone, local=local, daylight=told.text("DaylightSavings") in ("true", "1"))
    return Moment(utc=local.timestamp() + behind, zone=zone, derived=True)


def _date_time(node: Node | None) -> dt.datetime | None:
    """Return a tt:DateTime as if it were UTC, or None where it is missing or no date (0000-00-00)."""
    date, time = (node.child("Date"), node.child("Time")) if node else (None, None)
    if date is None or time is None:
        return None
    year, month, day = (date.number(part) for part in ("Year", "Month", "Day"))
    hour, minute, second = (time.number(part) for part in ("Hour", "Minute", "Second"))
    if year is None or month is None or day is None or hour is None or minute is None or second is None:
        return None
    try:
        told = dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)  # 60: a leap second
    except (ValueError, OverflowError):
        return None
    return told if _FIRST <= told.year < dt.MAXYEAR else None


def behind_utc(zone: str, *, local: dt.datetime, daylight: bool) -> float:
    """Return how many seconds local time is behind UTC, in a POSIX zone: west is positive, so `CST-8` is -28800.

    Without rules, `daylight` decides whether the summer time that the zone names is in force.

    Raises:
        Malformed: the zone cannot be read.
    """
    found = _ZONE.fullmatch(zone.strip())
    if found is None:
        raise Malformed("answer.clock_zone")
    standard = _seconds(found[1])
    if not found[2]:
        return standard
    summer = _seconds(found[3]) if found[3] else standard - 3600
    if not found[4]:
        return summer if daylight else standard
    begins, ends = _change(found.groups()[3:7], local.year), _change(found.groups()[7:11], local.year)
    within = begins <= local < ends if begins < ends else not ends <= local < begins
    return summer if within else standard


def _seconds(offset: str) -> float:
    """Return `[+-]hh[:mm[:ss]]` in seconds."""
    sign = -1 if offset.startswith("-") else 1
    parts = [int(part) for part in offset.lstrip("+-").split(":")]
    return sign * float(sum(part * 60**power for part, power in zip(parts, (2, 1, 0), strict=False)))


def _change(rule: tuple[str | None, ...], year: int) -> dt.datetime:
    """Return when the rule `Mm.w.d/time` strikes, in local time."""
    month, week, day = (int(part or 0) for part in rule[:3])
    if not 1 <= month <= 12:  # noqa: PLR2004  months
        raise Malformed("answer.clock_zone")
    first = (dt.date(year, month, 1).weekday() + 1) % 7  # POSIX counts days from Sunday
    date = 1 + (day - first) % 7 + 7 * (week - 1)
    if week == _LAST_WEEK and date > calendar.monthrange(year, month)[1]:
        date -= 7
    return dt.datetime(year, month, date, tzinfo=dt.UTC) + dt.timedelta(seconds=_seconds(rule[3] or "2"))
