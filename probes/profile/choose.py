"""Which profile fits a device: the most specific clause among those that hold."""

import re
from collections.abc import Collection, Iterable, Iterator

from probes.errors import Unsupported
from probes.profile.language import Clause

Named = tuple[str, Clause]
#: Compared from left to right: conditions in the clause, length of the sysObjectID prefix, length of the present OID,
#: length of the sysDescr expression.
Rank = tuple[int, int, int, int]


def within(oid: str, prefix: str) -> bool:
    """Tell whether `oid` is `prefix` or below it."""
    return oid == prefix or oid.startswith(prefix + ".")


def rank(clause: Clause, prefix: str) -> Rank:
    """Return how specific a clause is whose sysObjectID prefix `prefix` held (empty: it has none)."""
    conditions = (bool(clause.sys_object_id), clause.present is not None, clause.sys_descr is not None)
    return (
        sum(conditions),
        prefix.count(".") + 1 if prefix else 0,
        clause.present.count(".") + 1 if clause.present else 0,
        len(clause.sys_descr or ""),
    )


def unruled(clauses: Iterable[Named], sys_object_id: str, sys_descr: str) -> Iterator[tuple[str, Clause, str]]:
    """Yield the clauses that the system group does not rule out, each with the prefix that held."""
    for name, clause in clauses:
        if clause.onvif is not None:
            continue
        prefixes = [one for one in clause.sys_object_id or () if within(sys_object_id, one)]
        if clause.sys_object_id and not prefixes:
            continue
        if clause.sys_descr is not None and re.search(clause.sys_descr, sys_descr) is None:
            continue
        yield name, clause, max(prefixes, key=len, default="")


def questions(clauses: Iterable[Named], *, sys_object_id: str, sys_descr: str) -> tuple[str, ...]:
    """Return the OIDs whose presence decides: those that end in .0 are instances to GET, the others lie above some."""
    asked = (clause.present for _, clause, _ in unruled(clauses, sys_object_id, sys_descr) if clause.present)
    return tuple(dict.fromkeys(asked))


def holding(
    clauses: Iterable[Named], *, sys_object_id: str, sys_descr: str, present: Collection[str]
) -> Iterator[tuple[str, Clause, str]]:
    """Yield the clauses that hold, each with its profile's name and the sysObjectID prefix that held."""
    for name, clause, prefix in unruled(clauses, sys_object_id, sys_descr):
        if clause.present is None or clause.present in present:
            yield name, clause, prefix


def choose(clauses: Iterable[Named], *, sys_object_id: str, sys_descr: str, present: Collection[str]) -> str | None:
    """Return the name of the profile that fits best, None where none does. `present`: the `questions` said yes to.

    Raises:
        Unsupported: two profiles fit equally well.
    """
    fitting: dict[str, Rank] = {}
    for name, clause, prefix in holding(clauses, sys_object_id=sys_object_id, sys_descr=sys_descr, present=present):
        fitting[name] = max(rank(clause, prefix), fitting.get(name, (0, 0, 0, 0)))
    if not fitting:
        return None
    best = max(fitting.values())
    names = sorted(name for name, reached in fitting.items() if reached == best)
    if len(names) > 1:
        raise Unsupported("profile.ambiguous", names=", ".join(names))
    return names[0]


def choose_onvif(clauses: Iterable[Named], *, manufacturer: str, model: str) -> str | None:
    """Return the name of the profile for what ONVIF's GetDeviceInformation said; the longer expressions win."""
    fitting: list[tuple[int, int, str]] = []
    for name, clause in clauses:
        said = clause.onvif
        if said is None:
            continue
        stated = [(said.manufacturer, manufacturer), (said.model, model)]
        held = [re.search(pattern, told) is not None for pattern, told in stated if pattern is not None]
        if held and all(held):
            fitting.append((len(held), len((said.manufacturer or "") + (said.model or "")), name))
    return max(fitting)[2] if fitting else None
