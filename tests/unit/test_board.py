"""The board: what `status` shows of what the journal or the service holds."""

import pytest

from agent.board import OLD_S, Pulse, View, build
from agent.delivery import Delivery
from agent.journal.state import Behind, Poison, Status
from agent.record import Asked, Standing
from probes.device import Device
from probes.model import Finding, Severity, opinion
from probes.words import Phrase

NOW = 1_795_417_200.0  # 2026-11-23T07:00:00Z
CAM = Device(id="cam-1", kind="camera", address="192.0.2.21", name="Hall")
SWITCH = Device(id="sw-1", kind="switch", address="192.0.2.2")


def standing(finding: Finding, since: float = NOW - 60, device: str = "cam-1") -> Standing:
    return Standing(device=device, owner=finding.check, finding=finding, since=since)


def asked(tried_at: float, answered_at: float = 0.0, device: str = "cam-1") -> Asked:
    return Asked(device=device, probe="reach", tried_at=tried_at, answered_at=answered_at)


def status(*sinks: Behind, poison: tuple[Poison, ...] = ()) -> Status:
    return Status(
        agent="a", epoch="e", version=1, last=9, entries=7, oldest=None, newest=None, used_bytes=4096, file_bytes=8192,
        log_bytes=0, cap_bytes=None, sinks=sinks, poison=poison, lost=2, set_aside=("journal.db.x.damaged",), rows={},
    )  # fmt: skip


def board(*standings: Standing, tried: float = NOW, service: bool = False, lang: str = "en") -> View:
    pulse = Pulse(
        site="s",
        name="Site",
        at=NOW,
        service=service,
        devices=(CAM,),
        standings=standings,
        asked=(asked(tried, tried),),
    )
    return build(pulse, lang)


def told(view: View) -> list[tuple[str, str]]:
    return [(held.severity.value, held.summary) for held in view.devices[0].findings]


def test_a_device_shows_its_findings_worst_first_and_since_when() -> None:
    ok = standing(opinion("reach.answers", Severity.OK), since=NOW - 3600)
    crit = standing(opinion("clock.ahead", Severity.CRIT, off="65 s", limit="30 s"))
    view = board(ok, crit)
    (row,) = view.devices
    assert (row.device, row.kind, row.address, row.name) == ("cam-1", "camera", "192.0.2.21", "Hall")
    assert (row.severity, view.severity) == (Severity.CRIT, Severity.CRIT)
    assert [(held.check, held.since) for held in row.findings] == [
        ("clock", "2026-11-23T06:59:00Z"),
        ("reach", "2026-11-23T06:00:00Z"),
    ]
    assert (row.asked_at, row.answered_at) == ("2026-11-23T07:00:00Z", "2026-11-23T07:00:00Z")


def test_the_board_speaks_the_language_of_its_reader() -> None:
    crit = standing(opinion("reach.silent", Severity.CRIT))
    assert told(board(crit)) == [("crit", "does not answer")]
    assert told(board(crit, lang="fr")) == [("crit", "ne répond pas")]


def test_a_device_that_was_never_asked_is_unknown() -> None:
    view = build(Pulse(site="s", at=NOW, devices=(CAM, SWITCH)))
    assert told(view) == [("unknown", "not asked yet")]
    assert [row.severity for row in view.devices] == [Severity.UNKNOWN] * 2
    assert view.devices[0].asked_at is None
    assert view.journal is None


@pytest.mark.parametrize(
    ("age", "service", "severity"),
    [
        (OLD_S - 1, False, Severity.OK),
        (OLD_S + 1, False, Severity.UNKNOWN),
        (OLD_S + 1, True, Severity.OK),
    ],
)
def test_what_was_known_long_ago_is_doubted_while_the_service_does_not_run(
    *, age: float, service: bool, severity: Severity
) -> None:
    view = board(standing(opinion("reach.answers", Severity.OK)), tried=NOW - age, service=service)
    assert view.devices[0].severity is severity
    doubted = ("unknown", "last asked 15 min ago; the service does not run")
    assert (doubted in told(view)) is (severity is Severity.UNKNOWN)


def test_devices_stand_in_the_order_of_the_inventory_and_others_not_at_all() -> None:
    pulse = Pulse(
        site="s",
        at=NOW,
        devices=(SWITCH, CAM),
        standings=(standing(opinion("reach.silent", Severity.CRIT), device="gone"),),
    )
    assert [row.device for row in build(pulse).devices] == ["sw-1", "cam-1"]


def test_each_sink_tells_what_waits_what_was_refused_and_what_is_in_the_way() -> None:
    lanes = (
        Behind(sink="https", lane="first", cursor=1, waiting=1, since=NOW - 10),
        Behind(sink="https", lane="report", cursor=1, waiting=2, since=NOW - 60),
        Behind(sink="other", lane="first", cursor=9, waiting=0, since=None),
        Behind(sink="other", lane="report", cursor=9, waiting=0, since=None),
    )
    refused = Poison(sink="https", seq=3, reason="400", at=NOW)
    trouble = Delivery(sink="https", trouble=Phrase(key="reach.silent"), since=NOW - 30)
    pulse = Pulse(site="s", at=NOW, journal=status(*lanes, poison=(refused,)), deliveries=(trouble,))
    view = build(pulse)
    https, other = view.sinks
    assert (https.waiting, https.waiting_since, https.set_aside) == (3, "2026-11-23T06:59:00Z", 1)
    assert (https.trouble, https.since) == ("does not answer", "2026-11-23T06:59:30Z")
    assert (other.waiting, other.waiting_since, other.set_aside, other.trouble) == (0, None, 0, "")
    assert view.journal is not None
    assert (view.journal.entries, view.journal.last, view.journal.lost) == (7, 9, 2)
