"""What is known of one device: the latest facts, the findings that stand, when each probe last asked."""

from collections.abc import Iterable, Mapping

import msgspec

from agent.record import Asked, Fact, Record, Standing
from probes.device import Device
from probes.model import Finding, Severity, worst
from probes.sight import Known, Sight

#: Facts of a probe that has not answered for this many of its cadences count as unseen.
STALE_AFTER: float = 3.0
#: The check whose crit means that nothing of the device answers.
SILENCE: str = "reach"


class Cadence(msgspec.Struct, frozen=True, kw_only=True):
    """How often one probe asks this device and what it may note; `every` in seconds."""

    every: float
    notes: tuple[str, ...]


class Knowledge:
    """The memory of one device. It changes by `learn` alone, after what it learns has been committed."""

    def __init__(self, *, device: Device, cadences: Mapping[str, Cadence]) -> None:
        """Start with nothing known of `device`, which the probes in `cadences` ask."""
        self.device = device
        self.cadences = cadences
        self.facts: dict[str, dict[tuple[str, str], Fact]] = {}  # by probe, then (name, subject)
        self.standings: dict[str, tuple[Standing, ...]] = {}  # by owner
        self.asked: dict[str, Asked] = {}
        self.told: dict[tuple[str, str, str], float] = {}  # numbers as the centre last heard them

    def recall(self, *, facts: Iterable[Fact], standings: Iterable[Standing], asked: Iterable[Asked]) -> None:
        """Take up what the journal kept of this device."""
        for fact in facts:
            self._take(fact)
        for standing in standings:
            self.standings[standing.owner] = (*self.standings.get(standing.owner, ()), standing)
        self.asked.update((each.probe, each) for each in asked)

    def forget(self) -> None:
        """Know nothing, so that all is told again: the journal that kept it was damaged."""
        for kept in (self.facts, self.standings, self.asked, self.told):
            kept.clear()

    def learn(self, record: Record) -> None:
        """Take over what a record that was committed says."""
        for probe, name, subject in record.gone:
            self.facts.get(probe, {}).pop((name, subject), None)
        for fact in record.facts:
            self._take(fact)
        for owner in record.owners:
            held = tuple(standing for standing in record.standings if standing.owner == owner)
            if held:
                self.standings[owner] = held
            else:
                self.standings.pop(owner, None)

    def _take(self, fact: Fact) -> None:
        self.facts.setdefault(fact.probe, {})[fact.name, fact.subject] = fact
        if isinstance(fact.value, int | float):
            self.told[fact.probe, fact.name, fact.subject] = fact.value

    def refresh(self, facts: Iterable[Fact], standings: Iterable[Standing]) -> None:
        """Take over figures that merely vary, of facts and of findings that stand anyway; they need no commit."""
        for fact in facts:
            self.facts.setdefault(fact.probe, {})[fact.name, fact.subject] = fact
        by_owner: dict[str, list[Standing]] = {}
        for standing in standings:
            by_owner.setdefault(standing.owner, []).append(standing)
        self.standings.update((owner, tuple(held)) for owner, held in by_owner.items())

    def findings(self) -> tuple[Finding, ...]:
        """Return every finding that stands."""
        return tuple(standing.finding for held in self.standings.values() for standing in held)

    @property
    def severity(self) -> Severity:
        """The worst that stands."""
        return worst(finding.severity for finding in self.findings())

    @property
    def unreachable(self) -> bool:
        """Whether nothing of the device answered when it was last asked."""
        return any(standing.finding.severity is Severity.CRIT for standing in self.standings.get(SILENCE, ()))

    def sight(self, at: float, *, fresh: Mapping[str, Mapping[tuple[str, str], Fact]] | None = None) -> Sight:
        """Return what a check may see at `at` (unix seconds): facts by name and subject, freshest first, none stale.

        `fresh`, by probe, stands in for what that probe said before.
        """
        facts: dict[tuple[str, str], list[Known]] = {}
        due: set[str] = set()
        told = {**self.facts, **(fresh or {})}
        for probe, cadence in self.cadences.items():
            answered = at if fresh and probe in fresh else self._answered(probe)
            if answered:
                due.update(cadence.notes)
            for key, fact in told.get(probe, {}).items():
                seen = max(fact.seen_at, answered)
                if at - seen <= STALE_AFTER * cadence.every:
                    facts.setdefault(key, []).append(_known(fact, seen))
        ordered = {key: tuple(sorted(said, key=_age)) for key, said in facts.items()}
        return Sight(device=self.device, facts=ordered, at=at, due=frozenset(due))

    def _answered(self, probe: str) -> float:
        asked = self.asked.get(probe)
        return asked.answered_at if asked else 0.0


def _age(known: Known) -> float:
    return -known.seen_at


def _known(fact: Fact, seen: float) -> Known:
    return Known(
        value=fact.value,
        unit=fact.unit,
        detail=fact.detail,
        probe=fact.probe,
        seen_at=seen,
        changed_at=fact.changed_at,
    )
