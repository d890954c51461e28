"""Write what the engine makes of a recording beside it, to be read by a person before it is committed.

`python -m tests.profiles NAME ...` (all: every recording). Values of enums that nothing exercises yet are added as
variations of a value that the recording has.
"""

import sys
from pathlib import Path

import msgspec

from probes.profile.shelf import shipped
from tests.profiles.coverage import Points, exercised, missing
from tests.profiles.recording import FOLDER, Expected, Recording, facts, read_walk

#: What no enum lists.
UNLISTED = "99"
#: Recordings that also exercise the profiles that are there to be extended.
BASES = ("generic", "ups-plain")


def main(names: list[str]) -> int:
    """Write the expectations of the recordings `names`."""
    shelf = shipped()
    for name in names if names != ["all"] else sorted(path.stem for path in FOLDER.glob("*.snmprec")):
        path = Path(FOLDER / f"{name}.yaml")
        walk = read_walk(name)
        profile, lines = facts(shelf, walk)
        old = msgspec.yaml.decode(path.read_bytes(), type=Expected) if path.exists() else None
        recording = Recording(
            name=name,
            walk=walk,
            expected=Expected(profile=profile, facts=lines, variations=dict(old.variations) if old else {}),
        )
        for change in _wanted(recording):
            recording.expected.variations.setdefault(change, [])
        for change in recording.expected.variations:
            _, varied = facts(shelf, recording.varied(change))
            recording.expected.variations[change] = [line for line in varied if line not in lines]
        path.write_text(_written(recording.expected), "utf-8")
    return 0


def _written(expected: Expected) -> str:
    """Return the expectations as YAML, one fact a line."""
    rows = [f"profile: {expected.profile}", "facts:" if expected.facts else "facts: []"]
    rows += [f"  - {quoted(line)}" for line in expected.facts]
    if expected.variations:
        rows.append("variations:")
        rows += [
            f"  {quoted(change)}: [{', '.join(map(quoted, told))}]" for change, told in expected.variations.items()
        ]
    return "\n".join(rows) + "\n"


def quoted(line: str) -> str:
    """Return a string as YAML takes it: as JSON."""
    return msgspec.json.encode(line).decode()


def _wanted(recording: Recording) -> list[str]:
    """Return variations for the entries of enums and bands that this recording leaves out."""
    shelf, seen = exercised([recording])
    lineage = shelf.profile(recording.expected.profile).lineage
    bases = lineage if recording.name in BASES else (recording.expected.profile,)
    found = []
    for name, left in missing(shelf, seen).items():
        for point in left if name in bases else []:
            kind, _, key = point.what.partition(" ")
            if point.source is not None and kind in {"enum", "bands", "otherwise"} and not key.startswith("~"):
                found.extend(_variation(recording, name, point, key or UNLISTED))
    return found


def _variation(recording: Recording, name: str, point: Points, key: str) -> list[str]:
    """Return the change of one recorded value to `key` that brings `point` to bear, or nothing."""
    source = point.source
    assert source is not None
    column = (source.column or "-") + "."
    for oid in [oid for oid, _ in recording.walk if oid == source.get or oid.startswith(column)][:8]:
        change = f"{oid} = {key}"
        expected = Expected(profile="", facts=[], variations={change: []})
        shelf, seen = exercised([Recording(name="", walk=recording.walk, expected=expected)])
        left = missing(shelf, seen).get(name, [])
        if (point.path, point.what) not in {(one.path, one.what) for one in left}:
            return [change]
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
