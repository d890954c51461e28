"""What the profiles make of each recorded device, beside what is held to be true of it."""

import fnmatch
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from probes.model import Observation
from probes.profile import Shelf
from tests.fidelity.walks import profile_for, understood, walk_of

ROOT: Final = Path(__file__).parents[2]
CORPUS: Final = Path(os.environ.get("SITEWARDEN_CORPUS", ROOT.parent / "shared" / "corpus")) / "snmp"
FIELDS: Final = {"version": "device.firmware", "hardware": "device.model", "serial": "device.serial"}
STATES: Final = {0: "normal", 1: "degraded", 2: "failed"}
WORST: Final = ("failed", "degraded", "normal")
#: States that say what goes on at a port or a door, not whether a part works.
BUSINESS: Final = ("poe.state", "door.state")
ALL: Final = "ALL"


class Case(msgspec.Struct, kw_only=True):
    """One field of one capture: the truth, ours, and (of states) who says what is bad."""

    capture: str
    family: str
    profile: str
    field: str
    truth: str
    ours: str
    on_purpose: bool
    why: str = ""

    @property
    def agrees(self) -> bool:
        """Tell whether both say the same, trimmed and in any case."""
        return plain(self.truth) == plain(self.ours)


class Tally(msgspec.Struct):
    """How often we agree, in percent: plainly, and with what differs on purpose set aside."""

    total: int = 0
    agreed: int = 0
    purposely: int = 0

    @property
    def plain(self) -> float:
        """Of all."""
        return 100 * self.agreed / self.total

    @property
    def aside(self) -> float:
        """Of those that do not differ on purpose."""
        return 100 * self.agreed / max(1, self.total - self.purposely)


def plain(value: str) -> str:
    """Return a value as it is compared."""
    return " ".join(value.split()).casefold()


def purposes() -> list[tuple[str, str]]:
    """Return (capture, field) of the table in docs/fidelity.md; captures may hold `*`."""
    rows = (line.split("|") for line in (ROOT / "docs" / "fidelity.md").read_text("utf-8").split("\n"))
    return [(row[1].strip(), row[2].strip()) for row in rows if len(row) > 4 and row[2].strip() in {*FIELDS, "worst"}]


def compared(shelf: Shelf) -> Iterator[Case]:
    """Yield all fields of all captures of which there is a truth."""
    known = purposes()
    for path in sorted(CORPUS.glob("*.json")):
        truth = json.loads(path.read_text("utf-8"))
        walk = walk_of(path.with_suffix(".snmprec"))
        profile = profile_for(shelf, walk)
        seen = understood(profile, walk)
        told = {one.name: str(one.value) for one in reversed(seen) if not one.subject}
        states = [one for one in seen if one.name.endswith(".state") and one.name not in BUSINESS]
        sensors = [one for one in truth["sensors"] if one["sensor_class"] == "state"]
        worst = _worst(STATES.get(one.get("generic"), "") for one in sensors)
        fields = [(field, truth.get(field) or "", told.get(name, "")) for field, name in FIELDS.items()]
        for field, wanted, ours in (*fields, ("worst", worst, _worst(str(one.value) for one in states))):
            if wanted.strip():
                yield Case(
                    capture=path.stem,
                    family=truth["family"],
                    profile=profile.name,
                    field=field,
                    truth=wanted,
                    ours=ours,
                    on_purpose=any(fnmatch.fnmatchcase(path.stem, name) and field == of for name, of in known),
                    why=_why(states, sensors) if field == "worst" else "",
                )


def tallies(cases: Iterable[Case]) -> dict[tuple[str, str], Tally]:
    """Return the tallies by field and family, and by field over all."""
    found: dict[tuple[str, str], Tally] = {}
    for case in cases:
        for family in (case.family, ALL):
            tally = found.setdefault((case.field, family), Tally())
            tally.total += 1
            tally.agreed += case.agrees
            tally.purposely += case.on_purpose and not case.agrees
    return found


def _worst(states: Iterable[str]) -> str:
    present = set(states)
    return next((state for state in WORST if state in present), "")


def _why(states: list[Observation], sensors: list[dict[str, Any]]) -> str:
    ours = [f"{one.name}[{one.subject}]={one.detail}" for one in states if one.value in WORST[:2]]
    theirs = [f"{one['descr']}={one.get('state')}@{one['oid'][13:]}" for one in sensors if one.get("generic") in (1, 2)]
    return f"\n      ours: {'; '.join(ours)[:200]}\n      truth: {'; '.join(theirs)[:300]}"
