"""From one probing to what it changes: facts compared, checks run, findings that begin or end; pure."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import structlog

from agent.known import SILENCE, Knowledge
from agent.record import Draft, Fact, Record, Standing
from probes.check import Check
from probes.model import Finding, Footage, Observation, Report, Severity, opinion
from probes.policy import Demands
from probes.probe import Probe
from probes.sight import Sight
from probes.words import Argument, Phrase, say

log = structlog.get_logger(__name__)

#: Numeric facts whose every change is told, policy or not: they are settings and sizes, not measurements.
MATTERS: Final[Mapping[str, float]] = {
    "port.speed": 0.0,
    "storage.capacity": 0.0,
    "stream.width": 0.0,
    "stream.height": 0.0,
}


class Probing(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one probe at one device. `failure` is the finding it became where it did not succeed."""

    id: str
    probe: Probe
    started_at: float  # unix seconds
    duration_s: float
    observations: tuple[Observation, ...]
    failure: Finding | None = None
    login_refused: bool = False


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a probing comes to: the whole report for whoever asked, and the record of what it changed, if anything."""

    report: Report
    record: Record | None
    fresh: tuple[Fact, ...]  # every fact of the probing, also those that merely vary
    standings: tuple[Standing, ...]  # what stands of the owners that were judged, with the figures of now


def stamp(at: float) -> str:
    """Return `at` (unix seconds) as RFC 3339 in UTC, to the millisecond where there are any."""
    moment = dt.datetime.fromtimestamp(at, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace(".000", "").replace("+00:00", "Z")


def login_owner(protocol: str) -> str:
    """Return who holds the finding that a login was refused: all probes of a protocol share one login."""
    return f"login.{protocol}"


def judge(knowledge: Knowledge, probing: Probing, *, checks: Iterable[Check], demands: Demands) -> Judged:
    """Compare what a probing noted with what is known, run the checks that its facts concern, and say what changed.

    A probing that failed is its own finding and judges nothing else. Where the device is found silent, that is the only
    finding that remains.
    """
    ended = probing.started_at + probing.duration_s
    fresh = _facts(knowledge, probing, ended)
    owned = _findings(knowledge, probing, fresh, checks=checks, demands=demands, at=ended)
    report = Report(
        id=probing.id,
        device=knowledge.device.id,
        probe=probing.probe.name,
        started_at=stamp(probing.started_at),
        duration_s=round(probing.duration_s, 6),
        observations=probing.observations,
        findings=tuple(finding for findings in owned.values() for finding in findings),
    )
    standings, moved = _standings(knowledge, owned, ended)
    record = Record(device=knowledge.device.id, owners=tuple(owned), standings=standings)
    record = _changes(knowledge, probing, fresh, record, report=report, demands=demands)
    changed = moved or record.facts or record.gone or record.footage
    return Judged(report=report, record=record if changed else None, fresh=tuple(fresh.values()), standings=standings)


def _facts(knowledge: Knowledge, probing: Probing, at: float) -> dict[tuple[str, str], Fact]:
    """Return the facts of the probing by name and subject; of two tellings of one, the later counts."""
    before = knowledge.facts.get(probing.probe.name, {})
    fresh = {}
    for seen in probing.observations:
        key = (seen.name, seen.subject)
        known = before.get(key)
        same = known is not None and known.value == seen.value and known.detail == seen.detail
        fresh[key] = Fact(
            device=knowledge.device.id,
            probe=probing.probe.name,
            name=seen.name,
            subject=seen.subject,
            value=seen.value,
            unit=seen.unit,
            detail=seen.detail,
            seen_at=at,
            changed_at=known.changed_at if known is not None and same else at,
        )
    return fresh


def _findings(  # what a finding hangs on, each by its name
    knowledge: Knowledge,
    probing: Probing,
    fresh: Mapping[tuple[str, str], Fact],
    *,
    checks: Iterable[Check],
    demands: Demands,
    at: float,
) -> dict[str, tuple[Finding, ...]]:
    """Return the findings by owner. An owner with none is there too: what it held before has ended."""
    name = probing.probe.name
    if probing.failure is not None:
        owner = login_owner(probing.probe.protocol or "") if probing.login_refused else name
        return {name: (), owner: (probing.failure,)}
    owned: dict[str, tuple[Finding, ...]] = {name: ()}
    if probing.probe.protocol is not None and not probing.probe.anonymous:
        owned[login_owner(probing.probe.protocol)] = ()
    sight = knowledge.sight(at, fresh={name: fresh})
    kind = knowledge.device.kind
    for check in checks:
        if check.concerns(probing.probe.notes) and (check.kinds is None or kind in check.kinds):
            owned[check.name] = run(check, sight, demands)
    if any(finding.severity is Severity.CRIT for finding in owned.get(SILENCE, ())):
        return {**dict.fromkeys([*knowledge.standings, *owned], ()), SILENCE: owned[SILENCE]}
    return owned


def run(check: Check, sight: Sight, demands: Demands) -> tuple[Finding, ...]:
    """Return what `check` thinks of `sight`. One that raises is a fault of ours, told as an unknown."""
    try:
        return tuple(check.judge(sight, demands))
    except Exception as fault:
        log.exception("check_failed", check=check.name, device=sight.device.id)
        args = {"fault": type(fault).__name__}
        return (
            Finding(
                check=check.name,
                severity=Severity.UNKNOWN,
                summary=say("answer.check_fault", **args),
                phrase=Phrase(key="answer.check_fault", args=args),
            ),
        )


def failed(key: str, severity: Severity, probe: Probe, /, **args: Argument) -> Finding:
    """Return the finding that a failed probing becomes: about the login as a whole, or about this one probe."""
    subject = (probe.protocol or probe.name) if key.startswith("login.") else probe.name
    return opinion(key, severity, subject=subject, **{"probe": probe.name, **args})


def _changes(
    knowledge: Knowledge,
    probing: Probing,
    fresh: Mapping[tuple[str, str], Fact],
    record: Record,
    *,
    report: Report,
    demands: Demands,
) -> Record:
    """Return `record` with the facts that took another value, those that went, and the report that tells of them."""
    before = knowledge.facts.get(probing.probe.name, {})
    limits = {**MATTERS, **demands.policy.matters}
    changed = {key: fact for key, fact in fresh.items() if _matters(knowledge, fact, limits)}
    whole = probing.failure is None
    # An end is told too: the report then lacks the finding that its check held before.
    told = tuple(seen for seen in report.observations if (seen.name, seen.subject) in changed)
    outward = msgspec.structs.replace(report, observations=told).outward()
    return msgspec.structs.replace(
        record,
        facts=tuple(fact for fact in changed.values() if not isinstance(fact.value, Footage)),
        gone=tuple((probing.probe.name, *key) for key in before if key not in fresh) if whole else (),
        footage=tuple((fact.subject, fact.value) for fact in changed.values() if isinstance(fact.value, Footage)),
        draft=Draft(kind="report", data=msgspec.json.encode(outward), time=report.started_at),
    )


def _matters(knowledge: Knowledge, fact: Fact, limits: Mapping[str, float]) -> bool:
    """Tell whether a fact that took another value is worth telling: words always, numbers by the policy.

    A number is held against the one that was told last, so that a slow drift is told too.
    """
    before = knowledge.facts.get(fact.probe, {}).get((fact.name, fact.subject))
    if before is None:
        return True
    if isinstance(fact.value, bool | str | Footage) or isinstance(before.value, bool | str | Footage):
        return (before.value, before.detail) != (fact.value, fact.detail)
    limit = limits.get(fact.name)
    told = knowledge.told.get((fact.probe, fact.name, fact.subject), before.value)
    return limit is not None and abs(fact.value - told) > limit


def _standings(
    knowledge: Knowledge, owned: Mapping[str, tuple[Finding, ...]], at: float
) -> tuple[tuple[Standing, ...], bool]:
    """Return the findings as they stand now, each with when it began, and whether any began, ended or turned."""
    standings = []
    moved = False
    for owner, findings in owned.items():
        held = knowledge.standings.get(owner, ())
        since = {_sameness(standing.finding): standing.since for standing in held}
        now = [_sameness(finding) for finding in findings]
        moved = moved or set(now) != set(since)
        standings += [
            Standing(device=knowledge.device.id, owner=owner, finding=finding, since=since.get(same, at))
            for finding, same in zip(findings, now, strict=True)
        ]
    return tuple(standings), moved


def _sameness(finding: Finding) -> tuple[str, Severity, str, str]:
    """Return what makes two findings the same one: not the figures in its summary."""
    key = "" if finding.phrase is msgspec.UNSET else finding.phrase.key
    return finding.check, finding.severity, finding.subject, key
