"""One line for Nagios, Icinga and their kin, as the Monitoring Plugins guidelines ask for it; pure."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from agent.board import rank
from agent.cli.desk import plain
from probes.model import Finding, Observation, Report, Severity, worst

WORDS: Final[Mapping[Severity, str]] = {
    Severity.OK: "OK",
    Severity.WARN: "WARNING",
    Severity.CRIT: "CRITICAL",
    Severity.UNKNOWN: "UNKNOWN",
}
CODES: Final[Mapping[Severity, int]] = {Severity.OK: 0, Severity.WARN: 1, Severity.CRIT: 2, Severity.UNKNOWN: 3}
#: The units that the guidelines know ("2.6 Performance data"); a number in any other has none.
_UNITS: Final = {"s": "s", "%": "%", "byte": "B"}
#: What graphing tools make file names of, with what parts labels from values taken out.
_LABEL: Final = re.compile(r"[^A-Za-z0-9._:/\- ]+")
#: Nagios cuts plugin output at 8 KiB.
_LONGEST: Final = 8000
_TOLD: Final = 5


def line(reports: Sequence[Report], asked: Sequence[str]) -> str:
    """Return `SITEWARDEN STATE - summary | perfdata` for the reports of the devices `asked`; English, one line."""
    findings = [(report.device, finding) for report in reports for finding in report.findings]
    state = worst(finding.severity for _, finding in findings)
    text = f"SITEWARDEN {WORDS[state]} - {_summary(findings, asked)}".replace("|", "/")
    text = plain(text.replace("\n", " ")).encode()[: _LONGEST // 2].decode(errors="ignore")
    several = len(asked) > 1
    numbers: list[str] = [*_counts(findings, asked)] if several else []
    length = len(text.encode()) + sum(len(each) + 1 for each in numbers)
    for measure in _measures(reports, several=several):
        length += len(measure) + 1
        if length > _LONGEST:
            break
        numbers.append(measure)
    return f"{text} | {' '.join(numbers)}" if numbers else text


def _summary(findings: Sequence[tuple[str, Finding]], asked: Sequence[str]) -> str:
    wrong = sorted((each for each in findings if each[1].severity is not Severity.OK), key=lambda each: rank(each[1]))
    told = dict.fromkeys(f"{device + ': ' if len(asked) > 1 else ''}{finding.summary}" for device, finding in wrong)
    if not told:
        return f"{len(asked)} devices ok" if len(asked) > 1 else f"{''.join(asked)} ok"
    more = f" (and {len(told) - _TOLD} more)" if len(told) > _TOLD else ""
    return "; ".join(list(told)[:_TOLD]) + more


def _counts(findings: Iterable[tuple[str, Finding]], asked: Sequence[str]) -> Iterator[str]:
    by_device: dict[str, list[Severity]] = {device: [] for device in asked}
    for device, finding in findings:
        by_device.setdefault(device, []).append(finding.severity)
    counted = Counter(worst(severities) for severities in by_device.values())
    yield f"devices={len(by_device)};;;0"
    for severity in (Severity.OK, Severity.WARN, Severity.CRIT, Severity.UNKNOWN):
        yield f"{severity.value}={counted[severity]};;;0"


def _measures(reports: Iterable[Report], *, several: bool) -> Iterator[str]:
    """Yield 'label'=value[UOM], each label once: the first telling of a number counts."""
    told: set[str] = set()
    for report in reports:
        for seen in report.observations:
            label = _label(seen, report.device if several else "")
            number = _number(seen)
            if number is not None and label not in told:
                told.add(label)
                yield f"{label}={number}{_UNITS.get(seen.unit, '')}"


def _label(seen: Observation, device: str) -> str:
    parts = [part for part in (device, seen.name, seen.subject) if part]
    label = _LABEL.sub("_", " ".join(parts))
    return f"'{label}'" if " " in label else label


def _number(seen: Observation) -> str | None:
    if isinstance(seen.value, bool) or not isinstance(seen.value, int | float) or not math.isfinite(seen.value):
        return None
    # The guidelines allow digits, minus and a point: no exponents.
    text = f"{seen.value:.6f}" if isinstance(seen.value, float) else str(seen.value)
    return text.rstrip("0").rstrip(".") if "." in text else text
