"""The board: what is known of each device now, as `status` shows it; pure.

`sitewarden status --json` prints one object:

    {"site": {"id": "depot-nord", "name": "Dépôt Nord"}, "at": "2026-11-23T07:00:00Z", "service": true,
     "severity": "crit",
     "devices": [{"device": "cam-1", "kind": "camera", "address": "192.0.2.21", "name": "", "severity": "crit",
                  "asked_at": "...Z", "answered_at": "...Z",
                  "findings": [{"check": "reach", "severity": "crit", "summary": "does not answer", "subject": "",
                                "since": "...Z"}]}],
     "sinks": [{"sink": "https", "waiting": 3, "waiting_since": "...Z", "set_aside": 0, "trouble": "", "since": null}],
     "journal": {"entries": 12, "last": 12, "bytes": 90112, "lost": 0, "set_aside": []}}

`service` tells whether the service runs; `asked_at` is when the device was last asked, `answered_at` when it last
answered, both null where that never was. Findings stand worst first, those that are ok among them. A device that was
never asked is unknown, and so is one that nobody has asked for long because the service does not run. `sinks` are those
that the journal keeps a cursor for, `trouble` what keeps the running service from delivering there, `since` when that
began. `journal` is null where there is none yet. Summaries are English.
"""

from typing import Final

import msgspec

from agent.delivery import Delivery
from agent.journal.state import Status
from agent.judge import stamp
from agent.record import Asked, Standing
from probes.device import Device
from probes.forms import length
from probes.model import Finding, Severity, opinion, worst
from probes.words import utter

#: The service writes down when it asked every five minutes; what is older than this was not asked for a reason.
OLD_S: Final = 900.0
_ORDER: Final = (Severity.CRIT, Severity.UNKNOWN, Severity.WARN, Severity.OK)


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """All that the board is made of, phrases and all, as it travels over the local socket."""

    site: str
    name: str = ""
    at: float  # unix seconds
    service: bool = False
    devices: tuple[Device, ...] = ()
    standings: tuple[Standing, ...] = ()
    asked: tuple[Asked, ...] = ()
    journal: Status | None = None
    deliveries: tuple[Delivery, ...] = ()


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One finding that stands; `since` is RFC 3339."""

    check: str
    severity: Severity
    summary: str
    subject: str = ""
    since: str | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One device."""

    device: str
    kind: str
    address: str
    name: str = ""
    severity: Severity
    asked_at: str | None = None
    answered_at: str | None = None
    findings: tuple[Held, ...] = ()


class Sink(msgspec.Struct, frozen=True, kw_only=True):
    """Where the journal is delivered: how many entries wait, the oldest since when, how many were refused for good."""

    sink: str
    waiting: int
    waiting_since: str | None = None
    set_aside: int = 0
    trouble: str = ""
    since: str | None = None


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """How full the journal is; `set_aside` names damaged files."""

    entries: int
    last: int
    bytes: int
    lost: int = 0
    set_aside: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The site."""

    id: str
    name: str = ""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The whole board; see the module."""

    site: Place
    at: str
    service: bool
    severity: Severity
    devices: tuple[Row, ...]
    sinks: tuple[Sink, ...] = ()
    journal: Filled | None = None


def build(pulse: Pulse, lang: str = "en") -> View:
    """Return the board in `lang`, the devices in the order of the inventory."""
    standings: dict[str, list[Standing]] = {}
    for standing in pulse.standings:
        standings.setdefault(standing.device, []).append(standing)
    asked: dict[str, list[Asked]] = {}
    for each in pulse.asked:
        asked.setdefault(each.device, []).append(each)
    rows = tuple(
        _row(device, standings.get(device.id, []), asked.get(device.id, []), pulse, lang) for device in pulse.devices
    )
    return View(
        site=Place(id=pulse.site, name=pulse.name),
        at=stamp(pulse.at),
        service=pulse.service,
        severity=worst(row.severity for row in rows),
        devices=rows,
        sinks=_sinks(pulse, lang),
        journal=None
        if pulse.journal is None
        else Filled(
            entries=pulse.journal.entries,
            last=pulse.journal.last,
            bytes=pulse.journal.used_bytes,
            lost=pulse.journal.lost,
            set_aside=pulse.journal.set_aside,
        ),
    )


def rank(finding: Finding) -> tuple[int, str, str]:
    """Return where a finding stands among others: worst first, then by name."""
    return _ORDER.index(finding.severity), finding.check, finding.subject


def _row(device: Device, standings: list[Standing], asked: list[Asked], pulse: Pulse, lang: str) -> Row:
    tried = max((each.tried_at for each in asked), default=0.0)
    answered = max((each.answered_at for each in asked), default=0.0)
    held: list[tuple[Finding, str | None]] = [(each.finding, stamp(each.since)) for each in standings]
    if not tried and not held:
        held.append((opinion("status.unasked", Severity.UNKNOWN), None))
    elif tried and not pulse.service and pulse.at - tried > OLD_S:
        age = length(pulse.at - tried)
        held.append((opinion("status.old", Severity.UNKNOWN, age=age), stamp(tried)))
    held.sort(key=lambda each: rank(each[0]))
    return Row(
        device=device.id,
        kind=device.kind,
        address=device.address,
        name=device.name,
        severity=worst(finding.severity for finding, _ in held),
        asked_at=stamp(tried) if tried else None,
        answered_at=stamp(answered) if answered else None,
        findings=tuple(
            Held(
                check=finding.check,
                severity=finding.severity,
                summary=finding.said(lang),
                subject=finding.subject,
                since=since,
            )
            for finding, since in held
        ),
    )


def _sinks(pulse: Pulse, lang: str) -> tuple[Sink, ...]:
    if pulse.journal is None:
        return ()
    deliveries = {delivery.sink: delivery for delivery in pulse.deliveries}
    names = dict.fromkeys(behind.sink for behind in pulse.journal.sinks)
    told = []
    for name in names:
        lanes = [behind for behind in pulse.journal.sinks if behind.sink == name]
        oldest = min((lane.since for lane in lanes if lane.since is not None), default=None)
        delivery = deliveries.get(name)
        began = delivery.since if delivery is not None and delivery.trouble is not None else None
        trouble = utter(delivery.trouble, lang) if delivery is not None and delivery.trouble is not None else ""
        told.append(
            Sink(
                sink=name,
                waiting=sum(lane.waiting for lane in lanes),
                waiting_since=stamp(oldest) if oldest is not None else None,
                set_aside=sum(poison.sink == name for poison in pulse.journal.poison),
                trouble=trouble,
                since=stamp(began) if began is not None else None,
            )
        )
    return tuple(told)
