"""What a profile's facts need to be asked for: every object that a source, a condition or a subject mentions."""

from collections.abc import Iterable, Iterator

from probes.profile.answers import Plan
from probes.profile.language import Condition, Source


class Asked:
    """Gathers objects, each once, in the order in which they are mentioned."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._scalars: dict[str, None] = {}
        self._columns: dict[str, None] = {}

    def plan(self) -> Plan:
        """Return what was gathered."""
        return Plan(scalars=tuple(self._scalars), columns=tuple(self._columns))

    def table(self, rows: str, where: Iterable[Condition], facts: Iterable[Iterable[Source]]) -> None:
        """Gather what a table needs."""
        self._columns[rows] = None
        self._conditions(where)
        for sources in facts:
            self.sources(sources)

    def sources(self, sources: Iterable[Source]) -> None:
        """Gather what `sources` and all their parts need."""
        for source in sources:
            if source.get:
                self._scalars[source.get] = None
            if source.column:
                self._columns[source.column] = None
            if source.climb:
                self._columns[source.climb.by] = None
                self._conditions(source.climb.where)
            self._conditions(source.where)
            for part in _parts(source):
                self.sources(part)

    def _conditions(self, conditions: Iterable[Condition]) -> None:
        for condition in conditions:
            self.sources(condition.of)


def _parts(source: Source) -> Iterator[Iterable[Source]]:
    yield source.first
    yield source.join
    yield source.worst
    yield source.times or ()
    yield source.power
    yield source.detail or ()
    if source.row and source.row not in ("first", "last"):
        yield source.row
    if source.percent:
        yield source.percent.total
        yield source.percent.used or ()
        yield source.percent.free or ()
