"""Whatever rows a device sends, a walk ends, stays in its place, and keeps what was right."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import Malformed
from probes.snmp import ber, usm
from probes.snmp.client import Row, User
from probes.snmp.guard import Caps, Fence, asked, plain
from tests.site import ber as other

COLUMN = "1.3.6.1.2.1.2.2.1.2"
INDEX = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4).map(tuple)
CHUNK = st.integers(1, 7)


def row(index: tuple[int, ...]) -> Row:
    return f"{COLUMN}.{'.'.join(map(str, index))}", 1


def parts(rows: list[Row], size: int) -> list[list[Row]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


@given(st.sets(INDEX, max_size=40), CHUNK)
def test_rows_in_order_are_all_admitted(indexes: set[tuple[int, ...]], size: int) -> None:
    rows = [row(index) for index in sorted(indexes)]
    fence = Fence(COLUMN, Caps())
    assert [admitted for part in parts(rows, size) for admitted in fence.admit(part)[0]] == rows


@given(st.lists(INDEX, min_size=2, max_size=40), CHUNK)
def test_rows_out_of_order_or_twice_are_malformed(indexes: list[tuple[int, ...]], size: int) -> None:
    fence = Fence(COLUMN, Caps())
    ascending = all(first < second for first, second in itertools.pairwise(indexes))
    try:
        for part in parts([row(index) for index in indexes], size):
            fence.admit(part)
    except Malformed as fault:
        assert not ascending
        assert fault.phrase.key in {"answer.repeated", "answer.unordered"}  # noqa: PT017  both outcomes are held
    else:
        assert ascending


@given(st.integers(1, 60), st.integers(1, 50))
def test_no_walk_grows_beyond_its_cap(rows: int, cap: int) -> None:
    fence = Fence(COLUMN, Caps(rows=cap))
    if rows <= cap:
        assert len(fence.admit([row((index,)) for index in range(rows)])[0]) == rows
    else:
        with pytest.raises(Malformed):
            fence.admit([row((index,)) for index in range(rows)])


def test_octets_are_capped_as_rows_are() -> None:
    fence = Fence(COLUMN, Caps(octets=1_000))
    with pytest.raises(Malformed):
        fence.admit([(row((index,))[0], b"x" * 100) for index in range(20)])


@given(INDEX)
def test_what_lies_after_the_column_ends_the_walk(index: tuple[int, ...]) -> None:
    beyond = f"1.3.6.1.2.1.2.2.1.3.{'.'.join(map(str, index))}"
    assert Fence(COLUMN, Caps()).admit([row((1,)), (beyond, 1), row((2,))]) == ([row((1,))], True)


@pytest.mark.parametrize("before", ["1.3.6.1.2.1.2.2.1.1.9", "1.3.6.1.2.1.1.1.0", "1.3"])
def test_what_lies_before_the_column_is_going_back(before: str) -> None:
    with pytest.raises(Malformed):
        Fence(COLUMN, Caps()).admit([row((1,)), (before, 1)])


def test_a_sibling_that_merely_begins_alike_is_outside() -> None:
    assert Fence("1.3.6.1.2", Caps()).admit([("1.3.6.1.20.1", 1)]) == ([], True)


@given(st.sets(st.text("123.", max_size=5)), st.sets(st.text("123.", max_size=5)))
def test_only_what_was_asked_is_believed(wanted: set[str], told: set[str]) -> None:
    if told and not wanted & told:
        with pytest.raises(Malformed):
            asked(wanted, dict.fromkeys(told, 1))
    else:
        assert set(asked(wanted, dict.fromkeys(told, 1))) == wanted & told


@pytest.mark.parametrize("wrong", ["", "1", "1.3.x", "sysDescr", "1.3.-1", "1.3.4294967296", "1..3"])
def test_what_is_no_oid_is_never_sent(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        plain(wrong)


@given(st.binary(max_size=200))
def test_looking_at_any_octets_gives_an_answer_or_a_value_error(octets: bytes) -> None:
    ber.sound(octets)
    for look in (ber.status, usm.envelope):
        try:
            look(octets)
        except ValueError:
            continue


@given(st.integers(0, 20), st.integers(0, 20), st.binary(max_size=20))
def test_status_and_index_are_read_where_they_stand(status: int, index: int, community: bytes) -> None:
    pdu = other.tlv(0xA2, other.integer(7) + other.integer(status) + other.integer(index) + b"\x30\x00")
    message = other.tlv(0x30, other.integer(1) + other.tlv(4, community) + pdu)
    assert ber.status(message) == (status, index)
    assert ber.sound(message)


ENGINE = b"\x80\x00\x1f\x88\x04one"
USER = User(version="v3", name="super", auth="sha256")


def message(flags: int, digest: bytes, engine: bytes = ENGINE) -> bytes:
    head = other.integer(9) + other.integer(65_507) + other.tlv(4, bytes((flags,))) + other.integer(3)
    security = (
        other.tlv(4, engine)
        + other.integer(2)
        + other.integer(300)
        + other.tlv(4, b"super")
        + other.tlv(4, digest)
        + other.tlv(4, b"")
    )
    scoped = other.tlv(0x30, other.tlv(4, engine) + other.tlv(4, b"") + other.tlv(0xA2, b"\x02\x01\x01"))
    return other.tlv(0x30, other.integer(3) + other.tlv(0x30, head) + other.tlv(4, other.tlv(0x30, security)) + scoped)


@given(st.binary(min_size=8, max_size=40), st.integers(0, 10_000), st.integers(1, 255))
def test_an_answer_with_any_bit_changed_is_not_genuine(phrase: bytes, place: int, change: int) -> None:
    key = usm.localized("sha256", usm.master("sha256", phrase.hex()), ENGINE)
    signed = usm.sign(message(1, bytes(24)), "sha256", key)
    assert usm.genuine(signed, usm.envelope(signed), USER, ENGINE, key)
    forged = bytearray(signed)
    forged[place % len(forged)] ^= change
    try:
        found = usm.envelope(bytes(forged))
    except ValueError:
        return
    assert not usm.genuine(bytes(forged), found, USER, ENGINE, key)


@pytest.mark.parametrize(
    ("flags", "digest", "engine", "privacy"),
    [
        (0, b"", ENGINE, ""),  # not signed at all
        (1, bytes(12), ENGINE, ""),  # a shorter digest
        (1, bytes(24), b"another", ""),
        (1, bytes(24), ENGINE, "aes128"),  # signed but in the clear
    ],
)
def test_less_protection_than_was_asked_is_not_genuine(flags: int, digest: bytes, engine: bytes, privacy: str) -> None:
    key = usm.localized("sha256", usm.master("sha256", "maple-harbour"), ENGINE)
    octets = message(flags, digest, engine)
    if len(digest) == 24:
        octets = usm.sign(octets, "sha256", key)
    user = User(version="v3", name="super", auth="sha256", privacy=privacy)
    assert not usm.genuine(octets, usm.envelope(octets), user, ENGINE, key)


def test_keys_are_those_of_the_specification() -> None:
    """RFC 3414, A.3.1 and A.3.2: the pass phrase maplesyrup on engine 00..02."""
    engine = bytes.fromhex("000000000000000000000002")
    assert usm.localized("md5", usm.master("md5", "maplesyrup"), engine).hex() == "526f5eed9fcce26f8964c2930787d82b"
    assert (
        usm.localized("sha1", usm.master("sha1", "maplesyrup"), engine).hex()
        == "6695febc9288e36282235fc7151f128497b38f3f"
    )
