"""Raw answers become plain values, whatever a device says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.profile import decode

RAW = st.one_of(st.integers(), st.floats(), st.binary(max_size=80), st.text(max_size=80))


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (b"15 PERCENT", 15),
        (b"28 C/82 F", 28),
        (b"-3.5", -3.5),
        (b"3,5 V", 3.5),
        (b"12.30 %", 12.3),
        (b"N/A", None),
        (b"", None),
        (7, 7),
        (float("nan"), None),
    ],
)
def test_the_first_number_in_an_answer_is_its_number(raw: decode.Raw, number: float | None) -> None:
    assert decode.number(raw) == number


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        (b"512 MB", 512 * 1024**2),
        (b"5.46 TB", 5.46 * 1024**4),
        (b"0.0 GB", 0),
        (b"5 min", 300),
        (b"10", 10),
        (b"x", None),
    ],
)
def test_a_quantity_is_told_in_bytes_or_seconds(raw: bytes, amount: float | None) -> None:
    assert decode.quantity(raw) == amount


@pytest.mark.parametrize(
    ("raw", "mac"),
    [
        (bytes.fromhex("b8a44f02fe01"), "b8:a4:4f:02:fe:01"),
        (b"B8-A4-4F-02-FE-01", "b8:a4:4f:02:fe:01"),
        (b"b8:a4:4f:2:fe:1", "b8:a4:4f:02:fe:01"),
        (b"B8A44F02FE01", "b8:a4:4f:02:fe:01"),
        ("184.164.79.2.254.1", "b8:a4:4f:02:fe:01"),
        ("1.2.3.4.5.999", None),
        (b"", None),
        (b"lo", None),
    ],
)
def test_a_mac_address_has_one_form_however_it_was_told(raw: decode.Raw, mac: str | None) -> None:
    assert decode.mac(raw) == mac


@pytest.mark.parametrize(
    ("raw", "date"),
    [
        (bytes([7, 0xEA, 11, 23, 7, 0, 0, 0, ord("+"), 1, 0]), 1795413600.0),
        (bytes([7, 0xEA, 11, 23, 7, 0, 0, 0]), "2026-11-23T07:00:00"),
        (bytes([7, 0xEA, 13, 23, 7, 0, 0, 0]), None),
        (bytes(11), None),
        (b"2026", None),
    ],
)
def test_a_date_with_a_zone_is_a_moment_and_without_one_is_text(raw: bytes, date: object) -> None:
    assert decode.date(raw) == date


@pytest.mark.parametrize(("index", "words"), [("3.97.98.99", "abc"), ("97.98.99", "abc"), ("", ""), ("9999999999", "")])
def test_an_index_of_characters_is_read_with_and_without_its_length(index: str, words: str) -> None:
    assert decode.ascii_index(index) == words


@pytest.mark.parametrize(
    ("raw", "place", "bit"), [(b"\x80", 0, 1), (b"\x80", 1, 0), (b"\x01\x40", 9, 1), (b"", 5, 0), (4, 2, 1)]
)
def test_bits_are_counted_from_the_first_octets_highest_and_in_numbers_from_the_lowest(
    raw: decode.Raw, place: int, bit: int
) -> None:
    assert decode.bit(raw, place) == bit


def test_text_is_one_printable_line_in_whatever_encoding() -> None:
    assert decode.text(b" D\xe9p\xf4t\x00\r\n 2 ") == "Dépôt 2"
    assert decode.text("Dépôt".encode()) == "Dépôt"
    assert len(decode.text(b"x" * 70_000)) == 512


@given(RAW)
def test_no_answer_makes_a_decoding_fail(raw: decode.Raw) -> None:
    for decoding in (decode.text, decode.lines, decode.number, decode.quantity, decode.mac, decode.hexadecimal):
        decoding(raw)
    for other in (decode.address, decode.date, decode.ticks):
        other(raw)
    decode.ascii_index(decode.text(raw))
    decode.bit(raw, 3)
