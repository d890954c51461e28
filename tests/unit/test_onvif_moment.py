"""A device's date and time become unix seconds, from UTC or from local time in a POSIX zone, or a clear refusal."""

import calendar
import datetime as dt

import pytest

from probes.errors import Malformed
from probes.onvif import moment, reader

NOON = (2026, 7, 1, 12, 0, 0)
WINTER = (2026, 1, 15, 12, 0, 0)


def stamped(name: str, at: tuple[int, ...]) -> str:
    return (
        f"<tt:{name}><tt:Time><tt:Hour>{at[3]}</tt:Hour><tt:Minute>{at[4]}</tt:Minute><tt:Second>{at[5]}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{at[0]}</tt:Year><tt:Month>{at[1]}</tt:Month><tt:Day>{at[2]}</tt:Day></tt:Date></tt:{name}>"
    )


def told(inside: str) -> reader.Node:
    body = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" '
        'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Body><tds:GetSystemDateAndTimeResponse>'
        f"<tds:SystemDateAndTime>{inside}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse></s:Body></s:Envelope>"
    )
    return reader.answer(body.encode(), "devicemgmt.GetSystemDateAndTime")


def zone(text: str) -> str:
    return f"<tt:TimeZone><tt:TZ>{text}</tt:TZ></tt:TimeZone>"


def test_utc_is_taken_where_it_is_told_whatever_the_local_time_says() -> None:
    read = moment.read(
        told(zone("CST-8") + stamped("UTCDateTime", NOON) + stamped("LocalDateTime", (2026, 7, 1, 3, 0, 0)))
    )
    assert read.utc == calendar.timegm(NOON)
    assert read.zone == "CST-8"
    assert not read.derived


@pytest.mark.parametrize(
    ("posix", "local", "daylight", "hours_behind"),
    [
        ("CST-8", NOON, "false", -8),
        ("CST-8:00:00", NOON, "true", -8),
        ("UTC5:0", NOON, "false", 5),
        ("UTC0", NOON, "false", 0),
        ("&lt;+0530&gt;-5:30", NOON, "false", -5.5),
        ("-8:00", NOON, "false", -8),
        ("CET-1CEST", NOON, "true", -2),
        ("CET-1CEST", NOON, "false", -1),
        ("CET-1CEST,M3.5.0,M10.5.0/3", NOON, "false", -2),
        ("CET-1CEST,M3.5.0,M10.5.0/3", WINTER, "true", -1),
        ("CET-1CEST,M3.5.0,M10.5.0/3", (2026, 3, 29, 1, 59, 59), "true", -1),
        ("CET-1CEST,M3.5.0,M10.5.0/3", (2026, 3, 29, 3, 0, 0), "true", -2),
        ("CET-1CEST,M3.5.0,M10.5.0/3", (2026, 10, 25, 3, 0, 0), "true", -1),
        ("EST5EDT,M3.2.0,M11.1.0", (2026, 3, 8, 3, 0, 0), "true", 4),
        ("EST5EDT4:00:00,M3.2.0/2:00:00,M11.1.0/2:00:00", (2026, 3, 7, 3, 0, 0), "true", 5),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", WINTER, "true", -11),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", NOON, "true", -10),
    ],
)
def test_local_time_and_zone_stand_in_for_utc(
    posix: str, local: tuple[int, ...], daylight: str, hours_behind: float
) -> None:
    said = f"<tt:DaylightSavings>{daylight}</tt:DaylightSavings>{zone(posix)}{stamped('LocalDateTime', local)}"
    read = moment.read(told(said))
    assert read.utc == calendar.timegm((*local, 0, 0, 0)) + hours_behind * 3600
    assert read.derived


@pytest.mark.parametrize(
    "inside",
    [
        "",
        stamped("UTCDateTime", (0, 0, 0, 0, 0, 0)),
        stamped("UTCDateTime", (2026, 13, 1, 0, 0, 0)),
        stamped("UTCDateTime", (2026, 2, 30, 0, 0, 0)),
        stamped("UTCDateTime", (1969, 12, 31, 0, 0, 0)),
        stamped("UTCDateTime", (2026, 2, 3, 25, 0, 0)),
        stamped("UTCDateTime", (99999999999, 2, 3, 5, 0, 0)),
        stamped("UTCDateTime", (9999, 2, 3, 5, 0, 0)),
        stamped("UTCDateTime", NOON).replace(">2026<", "><"),
        stamped("UTCDateTime", NOON).replace(">2026<", ">soon<"),
        stamped("LocalDateTime", NOON),
        zone("Europe/Paris") + stamped("LocalDateTime", NOON),
        zone("CET-1CEST,M99.5.0,M10.5.0") + stamped("LocalDateTime", NOON),
        zone("CET-1CEST,M3.5.0/999,M0.5.0") + stamped("LocalDateTime", NOON),
    ],
)
def test_what_is_no_date_is_malformed_and_says_so(inside: str) -> None:
    with pytest.raises(Malformed) as caught:
        moment.read(told(inside))
    assert caught.value.phrase.key in moment.UNCLEAR


def test_a_leap_second_is_a_second() -> None:
    assert moment.read(told(stamped("UTCDateTime", (2016, 12, 31, 23, 59, 60)))).utc == calendar.timegm(
        (2016, 12, 31, 23, 59, 59)
    )


def test_a_last_sunday_is_found_in_every_month_and_year() -> None:
    for year in range(2020, 2040):
        for month in range(1, 13):
            found = moment._change((str(month), "5", "0", None), year)
            assert (found.month, found.weekday(), found.hour) == (month, 6, 2)
            assert (found + dt.timedelta(days=7)).month != month
