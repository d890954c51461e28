"""What both SNMP libraries must do alike, held against a simulated agent on a real socket."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator

import pytest

from probes.errors import Malformed, ProbeError, Refused, Unreachable, Unsupported
from probes.probe import Login, Secret, Target
from probes.snmp.asking import Habits, Snmp
from probes.snmp.client import Value
from probes.snmp.datagram import Line
from probes.snmp.guard import Caps
from probes.snmp.session import Adapter, session, uptime
from tests.site import ber
from tests.site.snmp import Faults, SnmpAgent
from tests.site.snmp_target import target

SHORT = (0.15, 0.15, 0.2)
NAMES = "1.3.6.1.2.1.2.2.1.2"
TYPES = "1.3.6.1.2.1.2.2.1.3"
WALK = "\n".join(
    [
        "1.3.6.1.2.1.1.1.0|4|a switch",
        "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.25506.11.1.172",
        "1.3.6.1.2.1.1.3.0|67|4294967295",
        "1.3.6.1.2.1.1.4.0|4|",
        "1.3.6.1.2.1.1.5.0|4x|c3a9ff00",
        *(f"{NAMES}.{port}|4|Gi1/0/{port}" for port in range(1, 61)),
        *(f"{TYPES}.{port}|2|6" for port in range(1, 61)),
        "1.3.6.1.2.1.2.2.1.10.1|65|4294967290",
        "1.3.6.1.2.1.4.20.1.1.10.0.0.1|64|10.0.0.1",
        "1.3.6.1.2.1.31.1.1.1.6.1|70|18446744073709551610",
        "1.3.6.1.2.1.99.1.1.1.4.1|2|-40",
        "1.3.6.1.2.1.99.1.1.1.5.1|66|4294967295",
    ]
)
VERSIONS = pytest.mark.parametrize("version", ["v1", "v2c"])


@pytest.fixture(params=["gufo", "pysnmp"])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    chosen: Adapter = request.param
    if chosen == "gufo" and importlib.util.find_spec("gufo.snmp") is None:
        pytest.skip("gufo-snmp has no wheel for this machine")
    return chosen


@pytest.fixture
async def agent() -> AsyncIterator[SnmpAgent]:
    async with SnmpAgent(walk=WALK) as running:
        yield running


async def failure(subject: Target, adapter: Adapter, oid: str = "1.3.6.1.2.1.1.1.0") -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        await asked(subject, adapter, oid)
    return caught.value


async def asked(subject: Target, adapter: Adapter, *oids: str) -> dict[str, Value]:
    async with session(subject, adapter=adapter, tries=SHORT) as snmp:
        return await snmp.get(oids)


def counting(snmp: Snmp, rows: list[tuple[str, Value]]) -> list[str]:
    return [oid.rpartition(".")[2] for oid, _ in rows]


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        ("1.3.6.1.2.1.1.1.0", b"a switch"),
        ("1.3.6.1.2.1.1.2.0", "1.3.6.1.4.1.25506.11.1.172"),
        ("1.3.6.1.2.1.1.3.0", 4294967295),
        ("1.3.6.1.2.1.1.4.0", b""),
        ("1.3.6.1.2.1.1.5.0", b"\xc3\xa9\xff\x00"),
        ("1.3.6.1.2.1.2.2.1.10.1", 4294967290),
        ("1.3.6.1.2.1.4.20.1.1.10.0.0.1", "10.0.0.1"),
        ("1.3.6.1.2.1.31.1.1.1.6.1", 18446744073709551610),
        ("1.3.6.1.2.1.99.1.1.1.4.1", -40),
        ("1.3.6.1.2.1.99.1.1.1.5.1", 4294967295),
    ],
)
async def test_every_type_of_value_arrives_as_plain_python(
    agent: SnmpAgent, adapter: Adapter, oid: str, value: Value
) -> None:
    assert await asked(target(agent.port), adapter, oid) == {oid: value}


@VERSIONS
async def test_what_the_device_lacks_is_left_out_and_spoils_nothing(
    agent: SnmpAgent, adapter: Adapter, version: str
) -> None:
    told = await asked(
        target(agent.port, version=version), adapter, ".1.3.6.1.2.1.1.1.0", "1.3.6.1.9.1.0", f"{TYPES}.7"
    )
    assert told == {"1.3.6.1.2.1.1.1.0": b"a switch", f"{TYPES}.7": 6}
    assert await asked(target(agent.port, version=version), adapter, "1.3.6.1.9.1.0", "1.3.6.1.9.2.0") == {}


@VERSIONS
async def test_a_table_comes_whole_and_in_order_by_index(agent: SnmpAgent, adapter: Adapter, version: str) -> None:
    async with session(target(agent.port, version=version), adapter=adapter, tries=SHORT) as snmp:
        table = await snmp.table([NAMES, TYPES, "1.3.6.1.2.1.2.2.1.99"])
    assert list(table) == [str(port) for port in range(1, 61)]
    assert table["60"] == {NAMES: b"Gi1/0/60", TYPES: 6}
    assert bool(agent.bulks) is (version == "v2c")


@VERSIONS
async def test_a_walk_to_the_end_of_everything_ends(agent: SnmpAgent, adapter: Adapter, version: str) -> None:
    async with session(target(agent.port, version=version), adapter=adapter, tries=SHORT) as snmp:
        assert await snmp.walk("1.3.6.1.2.1.99") == [
            ("1.3.6.1.2.1.99.1.1.1.4.1", -40),
            ("1.3.6.1.2.1.99.1.1.1.5.1", 4294967295),
        ]
        assert await snmp.walk("1.3.6.1.4") == []
        assert await snmp.get_next(NAMES) == (f"{NAMES}.1", b"Gi1/0/1")
        assert await snmp.get_next("1.3.6.1.4") is None


@VERSIONS
async def test_many_oids_are_asked_in_parts_and_halved_where_that_is_too_big(
    agent: SnmpAgent, adapter: Adapter, version: str
) -> None:
    agent.faults.too_big = 7
    oids = [f"{NAMES}.{port}" for port in range(1, 61)]
    assert list(await asked(target(agent.port, version=version), adapter, *oids)) == oids


async def test_a_walk_too_big_for_the_device_begins_again_with_fewer_rows(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults.too_big = 6
    subject = target(agent.port)
    async with session(subject, adapter=adapter, tries=SHORT) as snmp:
        assert len(await snmp.walk(NAMES)) == 60
        before = agent.asked
        assert len(await snmp.walk(TYPES)) == 60
    assert agent.asked - before == 11  # six rows a time from the first: what was learnt is kept
    assert subject.state[Habits].repetitions == 6


async def test_a_device_that_takes_one_row_at_a_time_is_walked_so(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults.too_big = 1
    async with session(target(agent.port), adapter=adapter, tries=SHORT) as snmp:
        assert len(await snmp.walk(NAMES)) == 60


@pytest.mark.parametrize("how", ["silent", "error"])
async def test_a_device_that_breaks_on_getbulk_is_walked_by_getnext(
    agent: SnmpAgent, adapter: Adapter, how: str
) -> None:
    agent.faults.bulk = how
    subject = target(agent.port)
    async with session(subject, adapter=adapter, tries=SHORT) as snmp:
        assert len(await snmp.walk(NAMES)) == 60
        before = agent.bulks
        assert len(await snmp.walk(TYPES)) == 60
    assert agent.bulks == before, "it is not tried again"
    async with session(subject, adapter=adapter, tries=SHORT) as snmp:
        await snmp.walk(TYPES)
    assert agent.bulks == before, "nor at the next probing"


@VERSIONS
async def test_two_lost_datagrams_are_made_good_inside(agent: SnmpAgent, adapter: Adapter, version: str) -> None:
    agent.faults.lose = 2
    assert await asked(target(agent.port, version=version), adapter, f"{TYPES}.1") == {f"{TYPES}.1": 6}
    assert agent.asked == 3


async def test_a_third_of_all_datagrams_lost_costs_no_row(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults.drop = 0.3
    async with session(target(agent.port), adapter=adapter, tries=(0.05,) * 12) as snmp:
        assert len(await snmp.walk(NAMES)) == 60


async def test_silence_is_unreachable_after_the_last_try(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults.silent = True
    fault = await failure(target(agent.port), adapter)
    assert isinstance(fault, Unreachable)
    assert str(agent.port) in str(fault)
    assert agent.asked == 3


async def test_a_wrong_community_is_silence(agent: SnmpAgent, adapter: Adapter) -> None:
    login = Login(name="lan", secret=Secret("private-9"), snmp="v2c")
    fault = await failure(target(agent.port, login), adapter)
    assert isinstance(fault, Unreachable)
    assert "private-9" not in repr(fault)


async def test_a_port_where_nothing_listens_is_known_at_once(adapter: Adapter) -> None:
    async with SnmpAgent(walk=WALK) as gone:
        pass
    fault = await failure(target(gone.port), adapter)
    assert fault.phrase.key == "answer.closed"


async def test_an_answer_from_another_port_is_not_heard(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults.elsewhere = True
    assert isinstance(await failure(target(agent.port), adapter), Unreachable)


async def test_an_answer_to_another_request_is_not_heard(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults.other_request = True
    assert isinstance(await failure(target(agent.port), adapter), Unreachable)


async def test_an_answer_after_its_time_is_not_taken_for_the_next_one(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults = Faults(late=1, lateness=0.2)
    async with session(target(agent.port), adapter=adapter, tries=(0.1, 0.5)) as snmp:
        assert await snmp.get([f"{TYPES}.1"]) == {f"{TYPES}.1": 6}
        agent.set(f"{TYPES}.1", 117)
        agent.faults = Faults(delay=0.15)
        assert await snmp.get([f"{TYPES}.1"]) == {f"{TYPES}.1": 117}


async def test_an_answer_that_nobody_waits_for_is_thrown_away(
    agent: SnmpAgent, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    thrown, discard = asyncio.Event(), Line._discard

    def discarding(line: Line) -> None:
        discard(line)
        with pytest.raises(BlockingIOError):
            line.socket.recv(1)
        thrown.set()

    monkeypatch.setattr(Line, "_discard", discarding)
    agent.faults = Faults(late=1, lateness=0.2)
    async with session(target(agent.port), adapter=adapter, tries=(0.1, 0.5)) as snmp:
        assert await snmp.get([f"{TYPES}.1"])
        await asyncio.wait_for(thrown.wait(), 5)
        assert await snmp.get([f"{TYPES}.1"])


GARBAGE = [
    b"\x00" * 40,
    b"<html>not here</html>",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x30\x82\x40\x00\x02\x01\x01",
    bytes(range(256)),
    b"\x30" * 1400,
    b"\x30\x03\x02\x01\x01",
]


@pytest.mark.parametrize("garbage", GARBAGE)
@VERSIONS
async def test_garbage_is_malformed(agent: SnmpAgent, adapter: Adapter, garbage: bytes, version: str) -> None:
    agent.faults.garbage = garbage
    assert isinstance(await failure(target(agent.port, version=version), adapter), Malformed)


@pytest.mark.parametrize("size", [1, 2, 10, 25, 30, 40, 50])
async def test_a_truncated_answer_is_malformed(agent: SnmpAgent, adapter: Adapter, size: int) -> None:
    agent.faults.truncate = size
    assert isinstance(await failure(target(agent.port), adapter), Malformed)


async def test_an_empty_varbind_is_malformed_and_kills_nobody(
    agent: SnmpAgent, adapter: Adapter, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "_get", lambda _version, _names: (0, 0, b"\x30\x00"))
    assert isinstance(await failure(target(agent.port), adapter), Malformed)
    assert capfd.readouterr().err == ""


async def test_a_value_that_happens_to_look_like_an_empty_varbind_is_read(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.set("1.3.6.1.2.1.1.1.0", b"0\x00 of 8 \x30\x00")
    assert await asked(target(agent.port), adapter, "1.3.6.1.2.1.1.1.0") == {
        "1.3.6.1.2.1.1.1.0": b"0\x00 of 8 \x30\x00"
    }


async def test_an_answer_of_other_oids_is_malformed(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults.foreign = True
    assert (await failure(target(agent.port), adapter)).phrase.key == "answer.foreign"


@pytest.mark.parametrize(
    ("faults", "key"),
    [
        (Faults(repeat=True), "answer.repeated"),
        (Faults(backwards=True), "answer.unordered"),
        (Faults(endless=True), "answer.endless"),
    ],
)
@VERSIONS
async def test_a_table_that_does_not_behave_is_named_and_left(
    agent: SnmpAgent, adapter: Adapter, faults: Faults, key: str, version: str
) -> None:
    agent.faults = faults
    caps = Caps(rows=400)
    async with session(target(agent.port, version=version), adapter=adapter, tries=SHORT, caps=caps) as snmp:
        with pytest.raises(Malformed) as caught:
            await snmp.walk(NAMES)
    assert caught.value.phrase.key == key
    assert agent.asked <= 401


async def test_a_table_longer_than_asked_for_is_named(agent: SnmpAgent, adapter: Adapter) -> None:
    async with session(target(agent.port), adapter=adapter, tries=SHORT) as snmp:
        with pytest.raises(Malformed, match="after 60 rows"):
            await snmp.table([NAMES], max_rows=59)


async def test_a_text_in_place_of_a_number_is_told_as_it_is(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.faults.wrong_type = True
    assert await asked(target(agent.port), adapter, f"{TYPES}.1") == {f"{TYPES}.1": b"15 PERCENT"}


@pytest.mark.parametrize("status", [6, 16])
async def test_no_access_is_refused_without_blaming_the_login(agent: SnmpAgent, adapter: Adapter, status: int) -> None:
    agent.faults.status = status
    fault = await failure(target(agent.port), adapter)
    assert isinstance(fault, Refused)
    assert not fault.login


async def test_values_may_change_while_the_agent_runs(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.set(f"{TYPES}.1", 117)
    agent.set(f"{TYPES}.2", None)
    assert await asked(target(agent.port), adapter, f"{TYPES}.1", f"{TYPES}.2") == {f"{TYPES}.1": 117}


async def test_a_value_larger_than_a_frame_arrives_or_is_named(agent: SnmpAgent, adapter: Adapter) -> None:
    agent.set("1.3.6.1.2.1.1.1.0", b"x" * 3_000)
    assert len(str(await asked(target(agent.port), adapter, "1.3.6.1.2.1.1.1.0"))) > 3_000
    agent.set("1.3.6.1.2.1.1.1.0", b"x" * 9_000)
    if adapter == "gufo":
        assert (await failure(target(agent.port), adapter)).phrase.key == "answer.too_big"
    else:
        told = await asked(target(agent.port), adapter, "1.3.6.1.2.1.1.1.0")
        assert told == {"1.3.6.1.2.1.1.1.0": b"x" * 9_000}


async def test_a_host_name_and_an_ipv6_literal_are_found(adapter: Adapter) -> None:
    async with SnmpAgent(walk=WALK, address="::1") as agent:
        for address in ("::1", "[::1]"):
            assert await asked(target(agent.port, address=address), adapter, f"{TYPES}.1")
    async with SnmpAgent(walk=WALK) as agent:
        assert await asked(target(agent.port, address="localhost"), adapter, f"{TYPES}.1")


async def test_a_name_without_an_address_is_unreachable(adapter: Adapter) -> None:
    fault = await failure(target(161, address="nowhere.invalid"), adapter)
    assert fault.phrase.key == "answer.no_address"


@pytest.mark.parametrize(
    ("login", "kind", "key"),
    [
        (Login(), Refused, "login.missing"),
        (Login(snmp="v3", username="u", auth="sha256", secret=Secret("short")), Refused, "login.short"),
        (Login(snmp="v3", username="u", auth="sha3", secret=Secret("maple-harbour")), Unsupported, "answer.algorithm"),
        (Login(snmp="v3", username="u", privacy="aes", secret=Secret("maple-harb")), Unsupported, "answer.algorithm"),
        (Login(snmp="v4", secret=Secret("public")), Unsupported, "answer.algorithm"),
    ],
)
async def test_a_login_that_cannot_be_used_is_said_before_anything_is_sent(
    agent: SnmpAgent, adapter: Adapter, login: Login, kind: type[ProbeError], key: str
) -> None:
    fault = await failure(target(agent.port, login), adapter)
    assert isinstance(fault, kind)
    assert fault.phrase.key == key
    assert agent.asked == 0


async def test_an_algorithm_that_one_library_lacks_is_named_and_left_to_the_other(agent: SnmpAgent) -> None:
    login = Login(
        snmp="v3", username="u", auth="sha1", privacy="3des", secret=Secret("maple-har"), privacy_secret=Secret("a" * 9)
    )
    agent.faults.silent = True
    assert isinstance(await failure(target(agent.port, login), "pysnmp"), Unreachable)
    pytest.importorskip("gufo.snmp")
    with pytest.raises(Unreachable):
        async with session(target(agent.port, login), tries=SHORT):
            pass


async def test_uptime_is_one_question(agent: SnmpAgent) -> None:
    assert await uptime(target(agent.port)) == 42949672.95
    assert agent.asked == 1


async def test_uptime_of_the_wrong_type_is_malformed_and_none_at_all_unsupported(agent: SnmpAgent) -> None:
    agent.set("1.3.6.1.2.1.1.3.0", "an hour")
    with pytest.raises(Malformed):
        await uptime(target(agent.port))
    agent.set("1.3.6.1.2.1.1.3.0", None)
    with pytest.raises(Unsupported):
        await uptime(target(agent.port))


async def test_the_simulated_agent_keeps_its_answers_within_a_frame(agent: SnmpAgent) -> None:
    names = ber.tlv(
        ber.SEQUENCE, ber.tlv(ber.SEQUENCE, ber.tlv(ber.OID, ber.oid_body(ber.numbers(NAMES))) + b"\x05\x00")
    )
    pdu = ber.tlv(0xA5, ber.integer(1) + ber.integer(0) + ber.integer(100) + names)
    answer = agent.answer(ber.tlv(ber.SEQUENCE, ber.integer(1) + ber.tlv(ber.OCTETS, b"public") + pdu))
    assert answer is not None
    assert 1_000 < len(answer) < 1_600
