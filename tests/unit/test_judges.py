"""The pure checks, as tables: what is known on the left, what is thought of it on the right."""

from typing import Any

import pytest

from probes.checks import clock, identity, reach
from probes.device import Block, Device
from probes.model import Severity, opinion, worst
from probes.policy import ClockPolicy, Demands, Policy
from probes.sight import Known, Sight

CAMERA = Device(id="cam-1", kind="camera", address="192.0.2.21", onvif=Block(), snmp=Block())


def sight(facts: dict[tuple[str, str], Any], *, device: Device = CAMERA, due: frozenset[str] = frozenset()) -> Sight:
    known = {key: (Known(value=value, seen_at=100.0),) for key, value in facts.items()}
    return Sight(device=device, facts=known, at=100.0, due=due)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({("reach.tcp", "80"): True}, [("reach", "ok", "")]),
        ({("reach.tcp", "80"): True, ("reach.ping", ""): False}, [("reach", "ok", "")]),
        ({("reach.tcp", "80"): False, ("reach.ping", ""): True}, [("reach", "crit", "")]),
        ({("reach.tcp", "80"): False, ("reach.snmp", ""): False}, [("reach", "crit", "")]),
        ({("reach.tcp", "80"): False, ("reach.snmp", ""): True}, [("reach", "warn", "80")]),
        ({("reach.tcp", "80"): True, ("reach.snmp", ""): False}, [("reach", "warn", "snmp")]),
        ({("reach.tcp", "80"): True, ("reach.tcp", "554"): False}, [("reach", "warn", "554")]),
        ({("reach.ping", ""): True}, [("reach", "ok", "")]),
        ({("reach.ping", ""): False}, [("reach", "crit", "")]),
        ({}, [("reach", "unknown", "")]),
    ],
)
def test_reach_is_judged_by_the_ports_and_only_then_by_ping(
    facts: dict[tuple[str, str], Any], expected: list[tuple[str, str, str]]
) -> None:
    found = [(f.check, f.severity.value, f.subject) for f in reach.judge(sight(facts), Demands())]
    assert found == expected


@pytest.mark.parametrize(
    ("offset", "severity"),
    [(0.0, "ok"), (2.0, "ok"), (-2.0, "ok"), (2.1, "warn"), (-30.0, "warn"), (30.1, "crit"), (-3600.0, "crit")],
)
def test_a_clock_is_judged_by_how_far_it_is_off_either_way(offset: float, severity: str) -> None:
    (finding,) = clock.judge(sight({("clock.offset", ""): offset}), Demands())
    assert finding.severity.value == severity


def test_the_policy_sets_the_limits_of_a_clock() -> None:
    demands = Demands(policy=Policy(clock=ClockPolicy(warn=60, crit=120)))
    (finding,) = clock.judge(sight({("clock.offset", ""): 45.0}), demands)
    assert finding.severity is Severity.OK


def test_a_time_that_should_be_known_and_is_not_is_unknown() -> None:
    (finding,) = clock.judge(sight({}, due=frozenset({"clock.offset"})), Demands())
    assert finding.severity is Severity.UNKNOWN


def test_a_time_that_nobody_asked_for_is_not_judged() -> None:
    assert list(clock.judge(sight({}), Demands())) == []


EXPECTED = Device(id="c", kind="camera", address="192.0.2.1", vendor="hikvision", model="DS-2CD2*", serial="A1 ")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"vendor": "HIKVISION", "model": "ds-2cd2143", "serial": "a1"}, [("ok", "")]),
        ({"vendor": "Hikvision", "model": "DS-7608NI", "serial": "A1"}, [("crit", "model")]),
        ({"vendor": "Hikvision", "model": "DS-2CD2143", "serial": "B2"}, [("crit", "serial")]),
        ({"vendor": "Dahua", "model": "DS-2CD2143", "serial": "A1"}, [("crit", "vendor")]),
        ({"vendor": "Hikvision", "model": "DS-2CD2143"}, [("unknown", "serial")]),
    ],
)
def test_another_device_at_the_expected_address_is_a_finding(
    facts: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    due = frozenset({"device.vendor", "device.model", "device.serial"})
    seen = sight({(f"device.{what}", ""): told for what, told in facts.items()}, device=EXPECTED, due=due)
    assert [(f.severity.value, f.subject) for f in identity.judge(seen, Demands())] == expected


def test_a_device_of_which_nothing_is_expected_has_no_finding_of_identity() -> None:
    assert list(identity.judge(sight({("device.model", ""): "X"}), Demands())) == []


def test_severities_have_no_order_of_their_own() -> None:
    with pytest.raises(TypeError):
        _ = Severity.OK < Severity.CRIT  # type: ignore[operator]


@pytest.mark.parametrize(
    ("severities", "expected"),
    [("", "ok"), ("ok", "ok"), ("ok warn", "warn"), ("warn unknown", "unknown"), ("unknown crit ok", "crit")],
)
def test_the_worst_is_found_in_the_order_of_the_contract(severities: str, expected: str) -> None:
    assert worst(Severity(each) for each in severities.split()).value == expected


def test_a_finding_is_said_in_english_and_again_in_french() -> None:
    finding = opinion("reach.silent", Severity.CRIT)
    assert finding.summary == "does not answer"
    assert finding.said("fr") == "ne répond pas"
