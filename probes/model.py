"""The words of the house as types: facts, opinions and the reports that carry them."""

from collections.abc import Iterable
from enum import Enum
from typing import Final

import msgspec

from probes.words import Argument, Phrase, utter


class Severity(Enum):
    """How bad a finding is. Plain on purpose: UNKNOWN has no place on a line, so `<` raises; see `worst`."""

    OK = "ok"
    WARN = "warn"
    UNKNOWN = "unknown"
    CRIT = "crit"


_TOLD_LAST: Final = (Severity.CRIT, Severity.UNKNOWN, Severity.WARN, Severity.OK)


def worst(severities: Iterable[Severity]) -> Severity:
    """Return the one that stands for all: crit over unknown over warn over ok; ok where there is none."""
    present = set(severities)
    return next((severity for severity in _TOLD_LAST if severity in present), Severity.OK)


class Footage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one channel holds: stretches of footage as (start, end) in unix seconds UTC, and how we know."""

    evidence: str  # segments, days, bounds, configured or none
    spans: tuple[tuple[float, float], ...] = ()


Value = bool | int | float | str | Footage


class Observation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fact as the device told it, never a judgement. Units are SI; `detail` holds the device's own word."""

    name: str
    value: Value
    unit: str = ""
    subject: str = ""
    detail: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An opinion about a device. `summary` is English; `phrase` lets us say it again in another language.

    The phrase is kept at home: it is unset in everything that travels (see `Report.outward`).
    """

    check: str
    severity: Severity
    summary: str
    subject: str = ""
    phrase: Phrase | msgspec.UnsetType = msgspec.UNSET

    def said(self, lang: str) -> str:
        """Return the summary in `lang`; English where the phrase is not at hand."""
        return self.summary if self.phrase is msgspec.UNSET else utter(self.phrase, lang)


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One probing of one device: what was seen and what is thought of it. The shape is that of contract.md."""

    id: str
    device: str
    probe: str
    started_at: str  # RFC 3339, UTC, ends in Z
    duration_s: float
    observations: tuple[Observation, ...] = ()
    findings: tuple[Finding, ...] = ()

    def outward(self) -> "Report":
        """Return the report as it travels: no footage (it is kept, not sent), no phrases."""
        return msgspec.structs.replace(
            self,
            observations=tuple(seen for seen in self.observations if not isinstance(seen.value, Footage)),
            findings=tuple(msgspec.structs.replace(found, phrase=msgspec.UNSET) for found in self.findings),
        )


def opinion(key: str, severity: Severity, *, subject: str = "", **args: Argument) -> Finding:
    """Return the finding that `key` of the catalogue words; the check's name is the key's first part."""
    phrase = Phrase(key=key, args=args)
    return Finding(
        check=key.partition(".")[0], severity=severity, summary=utter(phrase), subject=subject, phrase=phrase
    )
