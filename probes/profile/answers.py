"""The seam between asking and understanding: what a profile wants to be asked, and what was answered."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from probes.profile.decode import Raw

Column = Mapping[str, Raw]
_NOTHING: Final[Column] = {}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask: `scalars` by GET (full instances), `columns` by walking. OIDs are dotted, without a leading dot."""

    scalars: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


class Answers:
    """What a device answered: `scalars` by OID, `columns` by the column's OID and then by index (in walking order).

    INTEGER, Counter, Gauge and TimeTicks come as int, OCTET STRING as bytes, OBJECT IDENTIFIER and IpAddress as dotted
    text, Opaque floats as float. What was not there (noSuchInstance and the like) is left out.
    """

    __slots__ = ("_columns", "_scalars")

    def __init__(self, *, scalars: Mapping[str, Raw], columns: Mapping[str, Column]) -> None:
        """Take both as they are; nothing is copied."""
        self._scalars = scalars
        self._columns = columns

    @classmethod
    def of_walk(cls, walk: Iterable[tuple[str, Raw]], plan: Plan) -> "Answers":
        """Return what a device whose whole walk is `walk` (in order) answers to `plan`."""
        wanted = frozenset(plan.scalars)
        columns: dict[str, dict[str, Raw]] = {column: {} for column in plan.columns}
        lengths = sorted({column.count(".") + 1 for column in columns})
        scalars: dict[str, Raw] = {}
        for oid, raw in walk:
            if oid in wanted:
                scalars[oid] = raw
            parts = oid.split(".")
            for length in lengths:
                rows = columns.get(".".join(parts[:length]))
                if rows is not None and len(parts) > length:
                    rows[".".join(parts[length:])] = raw
        return cls(scalars=scalars, columns=columns)

    def get(self, oid: str) -> Raw | None:
        """Return the value of an instance."""
        return self._scalars.get(oid)

    def column(self, oid: str) -> Column:
        """Return a column's values by index."""
        return self._columns.get(oid, _NOTHING)
