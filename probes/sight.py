"""All that is known of one device at a moment: its facts, each with its time and who said it."""

from collections.abc import Iterator, Mapping

import msgspec

from probes.device import Device
from probes.model import Value


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One fact as one probe last told it."""

    value: Value
    unit: str = ""
    detail: str = ""
    probe: str = ""
    seen_at: float = 0.0  # unix seconds, gateway's clock
    changed_at: float = 0.0  # when it last took another value

    @property
    def number(self) -> float | None:
        """The value where it is a number (a bool is none)."""
        return float(self.value) if isinstance(self.value, int | float) and not isinstance(self.value, bool) else None


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a check judges. Facts that have grown stale are not in it: they count as unseen.

    `facts` holds every telling of a fact, freshest first, so that contradictions between protocols can be seen.
    `due` names the facts that some probe should have noted by now: one of these that is absent is missing.
    """

    device: Device
    facts: Mapping[tuple[str, str], tuple[Known, ...]]
    at: float  # unix seconds, gateway's clock
    due: frozenset[str] = frozenset()

    def known(self, name: str, subject: str = "") -> Known | None:
        """Return the freshest telling of a fact, or None where it is unseen."""
        told = self.facts.get((name, subject))
        return told[0] if told else None

    def text(self, name: str, subject: str = "") -> str | None:
        """Return a fact as text, or None where it is unseen."""
        known = self.known(name, subject)
        return None if known is None else str(known.value)

    def every(self, name: str) -> Iterator[tuple[str, Known]]:
        """Yield (subject, freshest telling) of each subject that `name` was noted of."""
        for (fact, subject), told in self.facts.items():
            if fact == name:
                yield subject, told[0]
