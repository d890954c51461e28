"""A recording: an excerpt of what a device answers, what must be understood of it, and variations of single values."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from probes.model import Observation
from probes.profile import Raw, Shelf
from tests.fidelity.walks import lines, profile_for, understood

FOLDER = Path(__file__).parent / "recordings"


class Expected(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What stands beside a recording: the profile it must be given and the facts, all of them, as lines.

    `variations`: `OID = value` (a missing value takes the object away) to the facts that are then told anew.
    """

    profile: str
    facts: list[str]
    variations: dict[str, list[str]] = {}


class Recording(msgspec.Struct, kw_only=True):
    """One recording with its expectations."""

    name: str
    walk: list[tuple[str, Raw]]
    expected: Expected

    def varied(self, change: str) -> list[tuple[str, Raw]]:
        """Return the walk with one value changed, added or taken away."""
        oid, _, value = (part.strip() for part in change.partition("="))
        raw: Raw = int(value) if value.lstrip("-").isdigit() else value.encode()
        before = dict(self.walk).get(oid)
        if isinstance(before, str):
            raw = value
        elif isinstance(before, bytes):
            raw = value.encode()
        if not value:
            return [one for one in self.walk if one[0] != oid]
        if before is None:
            return [*self.walk, (oid, raw)]
        return [(known, raw if known == oid else told) for known, told in self.walk]


def told(seen: Observation) -> str:
    """Return an observation as one line: `name[subject] = value unit (detail)`."""
    subject = f"[{seen.subject}]" if seen.subject else ""
    value = str(seen.value).lower() if isinstance(seen.value, bool) else str(seen.value)
    return " ".join(
        part
        for part in (f"{seen.name}{subject} =", value, seen.unit, f"({seen.detail})" if seen.detail else "")
        if part
    )


def facts(shelf: Shelf, walk: list[tuple[str, Raw]]) -> tuple[str, list[str]]:
    """Return the name of the profile chosen for `walk` and its facts as lines."""
    profile = profile_for(shelf, walk)
    return profile.name, [told(seen) for seen in understood(profile, walk)]


def read_walk(name: str) -> list[tuple[str, Raw]]:
    """Return the walk of the recording `name`; lines that begin with # are comments."""
    text = (FOLDER / f"{name}.snmprec").read_text("utf-8")
    return list(lines("\n".join(line.partition("  #")[0] for line in text.split("\n") if not line.startswith("#"))))


def recordings() -> Iterator[Recording]:
    """Yield all recordings."""
    for path in sorted(FOLDER.glob("*.snmprec")):
        expected = msgspec.yaml.decode(path.with_suffix(".yaml").read_bytes(), type=Expected)
        yield Recording(name=path.stem, walk=read_walk(path.stem), expected=expected)
