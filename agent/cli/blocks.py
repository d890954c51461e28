"""How a check looks to a person: one block per device, what is worst first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from agent.board import rank
from agent.cli.desk import Desk, coloured, plain
from probes.forms import length
from probes.model import Finding, Report, Severity, worst

_ANSI: Final[Mapping[Severity, str]] = {
    Severity.OK: "32",
    Severity.WARN: "33",
    Severity.UNKNOWN: "35",
    Severity.CRIT: "1;31",
}
_BOLD: Final = "1"
#: The facts that a technician wants to see beside the findings, in this order.
_FACTS: Final = (
    "device.vendor",
    "device.model",
    "device.firmware",
    "device.serial",
    "device.name",
    "device.location",
    "device.uptime",
    "clock.offset",
)


def show(reports: Iterable[Report], asked: Sequence[str], desk: Desk) -> None:
    """Print the blocks in the order of `asked`; a device without any report says that it was not asked."""
    by_device: dict[str, list[Report]] = {device: [] for device in asked}
    for report in reports:
        by_device.setdefault(report.device, []).append(report)
    for at, (device, told) in enumerate(by_device.items()):
        if at:
            desk.line()
        for text in _block(device, told, desk):
            desk.out.write(text + "\n")


def _block(device: str, reports: Sequence[Report], desk: Desk) -> Iterator[str]:
    if not reports:
        yield f"{_painted(device, _BOLD, desk)}  {plain(desk.word('check.unasked'))}"
        return
    findings = _distinct(reports)
    state = worst(finding.severity for finding in findings)
    yield f"{_painted(device, _BOLD, desk)}  {named(state, desk)}  ({_took(reports)})"
    width = max((len(finding.check) for finding in findings), default=0)
    words = {severity: desk.word(f"status.{severity.value}") for severity in Severity}
    states = max(len(word) for word in words.values())
    for finding in findings:
        space = " " * (states - len(words[finding.severity]))
        said = finding.said(desk.lang)
        if finding.subject and finding.subject not in said:
            said = f"{finding.subject}: {said}"
        yield f"  {named(finding.severity, desk)}{space}  {plain(finding.check):<{width}}  {plain(said)}"
    facts = _facts(reports, desk)
    if facts:
        yield f"  {plain(', '.join(facts))}"


def _took(reports: Iterable[Report]) -> str:
    seconds = sum(report.duration_s for report in reports)
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else length(seconds)


def _distinct(reports: Iterable[Report]) -> list[Finding]:
    """Return the findings, worst first; a check that spoke after several probings is heard once for each opinion."""
    found = {
        (finding.check, finding.subject, finding.severity, finding.summary): finding
        for report in reports
        for finding in report.findings
    }
    return sorted(found.values(), key=rank)


def _facts(reports: Iterable[Report], desk: Desk) -> list[str]:
    told: dict[str, float | str] = {}
    for report in reports:
        for seen in report.observations:
            if seen.name in _FACTS and isinstance(seen.value, int | float | str) and seen.value != "":
                told.setdefault(seen.name, seen.value)
    facts = []
    for name in _FACTS:
        value = told.get(name)
        if isinstance(value, float | int):
            value = length(value) if name == "device.uptime" else f"{value:+.3f}"
        if value is not None:
            facts.append(desk.word(f"check.{name}", value=value))
    return facts


def named(severity: Severity, desk: Desk) -> str:
    """Return the word for a severity, in its colour where colours are welcome."""
    return _painted(desk.word(f"status.{severity.value}"), _ANSI[severity], desk)


def _painted(text: str, code: str, desk: Desk) -> str:
    clean = plain(text)
    return f"\x1b[{code}m{clean}\x1b[0m" if coloured(desk.out, desk.env) else clean


class Progress:
    """One line on a terminal that tells how far a check is; nothing in a pipe."""

    def __init__(self, desk: Desk, total: int) -> None:
        """Count to `total` devices."""
        self._desk = desk
        self._total = total
        self._seen: set[str] = set()
        self._shown = coloured(desk.err, desk.env)

    def take(self, report: Report) -> None:
        """Note that something came in."""
        self._seen.add(report.device)
        if self._shown:
            told = self._desk.word("check.progress", done=len(self._seen), total=max(self._total, len(self._seen)))
            self._desk.err.write(f"\r\x1b[K{plain(told)}")
            self._desk.err.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._shown and self._seen:
            self._desk.err.write("\r\x1b[K")
            self._desk.err.flush()
