"""The line for monitoring systems: its state, its words, and performance data that every one of them can read."""

import re
from collections.abc import Sequence

import pytest

from agent.cli.plugin import CODES, line
from probes.model import Finding, Observation, Report, Severity

#: 'label'=value[UOM];[warn];[crit];[min];[max] of the Monitoring Plugins guidelines.
PERFDATA = re.compile(r"(?:'[^'=|]+'|[^ '=|]+)=-?[0-9]+(?:\.[0-9]+)?(?:s|%|B)?(?:;[0-9.]*){0,4}")


def report(
    *findings: tuple[str, str], device: str = "cam-1", seen: Sequence[Observation] = (), probe: str = "reach"
) -> Report:
    return Report(
        id="x",
        device=device,
        probe=probe,
        started_at="2026-11-23T07:00:00Z",
        duration_s=0.1,
        observations=tuple(seen),
        findings=tuple(
            Finding(check="reach", severity=Severity(severity), summary=summary) for severity, summary in findings
        ),
    )


def perfdata(text: str) -> list[str]:
    _, bar, told = text.partition(" | ")
    parts = re.findall(r"(?:'[^']*'|[^ '])+", told) if bar else []
    assert " ".join(parts) == told
    assert all(PERFDATA.fullmatch(part) for part in parts), parts
    return parts


@pytest.mark.parametrize(
    ("severities", "state", "code"),
    [
        ((), "OK", 0),
        (("ok",), "OK", 0),
        (("ok", "warn"), "WARNING", 1),
        (("warn", "unknown"), "UNKNOWN", 3),
        (("unknown", "crit", "warn"), "CRITICAL", 2),
    ],
)
def test_the_worst_finding_is_the_state_and_the_exit_code(severities: tuple[str, ...], state: str, code: int) -> None:
    text = line([report(*((severity, "told") for severity in severities))], ["cam-1"])
    assert text.startswith(f"SITEWARDEN {state} - ")
    assert code == CODES[Severity({"WARNING": "warn", "CRITICAL": "crit"}.get(state, state.lower()))]


def test_one_device_is_told_by_what_is_wrong_with_it_worst_first() -> None:
    text = line([report(("warn", "clock ahead"), ("ok", "fine"), ("crit", "dead"))], ["cam-1"])
    assert text == "SITEWARDEN CRITICAL - dead; clock ahead"


def test_several_devices_are_named_counted_and_the_rest_summed_up() -> None:
    reports = [report(("crit", "does not answer"), device=f"cam-{n}") for n in range(7)]
    asked = [f"cam-{n}" for n in range(9)]
    text = line(reports, asked)
    assert text.startswith("SITEWARDEN CRITICAL - cam-0: does not answer; cam-1: does not answer; ")
    assert " (and 2 more) | devices=9;;;0 ok=2;;;0 warn=0;;;0 crit=7;;;0 unknown=0;;;0" in text
    perfdata(text)


def test_what_a_device_says_cannot_break_the_line() -> None:
    text = line([report(("crit", "bad | 'x'=1\n\x1b[31m\u202eno"))], ["cam-1"])
    assert text == "SITEWARDEN CRITICAL - bad / 'x'=1 ?[31m?no"


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (Observation(name="clock.offset", value=-0.0123456789, unit="s"), ["clock.offset=-0.012346s"]),
        (Observation(name="cpu.load", value=12, unit="%"), ["cpu.load=12%"]),
        (Observation(name="cpu.load", value=0.0, unit="%"), ["cpu.load=0%"]),
        (Observation(name="device.uptime", value=100.0, unit="s"), ["device.uptime=100s"]),
        (
            Observation(name="storage.capacity", value=4_000_000_000_000, unit="byte"),
            ["storage.capacity=4000000000000B"],
        ),
        (Observation(name="temperature", value=41.5, unit="celsius", subject="cpu"), ["'temperature cpu'=41.5"]),
        (
            Observation(name="port.speed", value=1e9, unit="bit/s", subject="Gi1/0/7"),
            ["'port.speed Gi1/0/7'=1000000000"],
        ),
        (Observation(name="port.errors", value=1.0, unit="1/s", subject="a'=b|c"), ["'port.errors a_b_c'=1"]),
        (Observation(name="tiny", value=1e-9), ["tiny=0"]),
        (Observation(name="wrong", value=float("nan")), []),
        (Observation(name="wrong", value=float("inf")), []),
        (Observation(name="reach.ping", value=True), []),
        (Observation(name="device.model", value="X"), []),
    ],
)
def test_numbers_become_performance_data_in_units_that_exist(seen: Observation, told: list[str]) -> None:
    assert perfdata(line([report(("ok", "answers"), seen=[seen])], ["cam-1"])) == told


def test_a_label_stands_once_and_names_its_device_among_several() -> None:
    seen = [Observation(name="cpu.load", value=1, unit="%")]
    reports = [report(seen=seen), report(seen=seen), report(seen=seen, device="cam-2")]
    parts = perfdata(line(reports, ["cam-1", "cam-2"]))
    assert [part for part in parts if "cpu" in part] == ["'cam-1 cpu.load'=1%", "'cam-2 cpu.load'=1%"]


def test_the_line_stays_below_what_monitoring_systems_cut() -> None:
    seen = [Observation(name="port.speed", value=10**9, unit="bit/s", subject=f"Gi1/0/{n}") for n in range(2000)]
    text = line([report(("crit", "é" * 9000), seen=seen)], ["cam-1"])
    assert len(text.encode()) <= 8192
    assert len(line([report(seen=seen)], ["cam-1"]).encode()) <= 8192
    perfdata(line([report(seen=seen)], ["cam-1"]))
