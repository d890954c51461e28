"""Recorded walks as a device's answers."""

from collections.abc import Iterator
from pathlib import Path

from probes.model import Observation
from probes.profile import Answers, Profile, Raw, Shelf

_OCTETS = {"4", "3", "44"}
_TEXT = {"6", "64"}


def lines(text: str) -> Iterator[tuple[str, Raw]]:
    """Yield (OID, value) of each line `OID|TYPE|VALUE` in the order of the file; what cannot be read is left out."""
    for line in text.split("\n"):
        oid, _, rest = line.strip("\r").partition("|")
        kind, separator, value = rest.partition("|")
        if not separator or kind.startswith("#"):
            continue
        base, hexadecimal = kind.rstrip("xe"), kind.endswith("x")
        try:
            if base in _OCTETS:
                yield oid, bytes.fromhex(value) if hexadecimal else value.encode()
            elif base == "64" and hexadecimal:
                yield oid, ".".join(map(str, bytes.fromhex(value)))
            elif base in _TEXT:
                yield oid, value.lstrip(".")
            elif value:
                yield oid, int(value)
        except ValueError:
            continue


def walk_of(path: Path) -> list[tuple[str, Raw]]:
    """Return a recorded walk, whole."""
    return list(lines(path.read_text("utf-8", "surrogateescape")))


def identified(shelf: Shelf, walk: list[tuple[str, Raw]]) -> tuple[str, str, set[str]]:
    """Return what decides on the profile: sysObjectID, sysDescr, and which of the shelf's questions said yes."""
    said = dict(walk)
    sys_object_id = str(said.get("1.3.6.1.2.1.1.2.0", ""))
    told = said.get("1.3.6.1.2.1.1.1.0", b"")
    sys_descr = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    asked = shelf.questions(sys_object_id=sys_object_id, sys_descr=sys_descr)
    return (
        sys_object_id,
        sys_descr,
        {one for one in asked if one in said or any(oid.startswith(one + ".") for oid in said)},
    )


def profile_for(shelf: Shelf, walk: list[tuple[str, Raw]]) -> Profile:
    """Return the profile of the device that answered so, asked in two steps as the probe does."""
    sys_object_id, sys_descr, present = identified(shelf, walk)
    return shelf.choose(sys_object_id=sys_object_id, sys_descr=sys_descr, present=present)


def understood(profile: Profile, walk: list[tuple[str, Raw]]) -> list[Observation]:
    """Return all that the profile makes of the walk."""
    return list(profile.observe(Answers.of_walk(walk, profile.wanted())))
