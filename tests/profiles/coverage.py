"""Which lines of the profiles the recordings bring to bear."""

from collections.abc import Iterable, Iterator

import msgspec

from probes.profile.choose import holding
from probes.profile.language import Condition, Source
from probes.profile.reading import Written
from probes.profile.shelf import Shelf, shipped
from tests.fidelity.walks import identified, understood
from tests.profiles.recording import Recording

Point = tuple[int, str]


class Seen:
    """What came to bear so far."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.points: set[Point] = set()

    def __call__(self, part: object, what: str) -> None:
        """Note that `what` of a source or condition came to bear."""
        self.points.add((id(part), what))


class Points(msgspec.Struct, kw_only=True):
    """One point of a profile: where it stands, and the source it belongs to."""

    path: str
    what: str
    source: Source | None = None


def points(written: Written) -> Iterator[tuple[Point, Points]]:
    """Yield all that a recording must bring to bear of a profile: each source, enum entry, band and condition."""
    for sources in written.scalars.values():
        yield from _sources(sources or (), written)
    for table in written.tables.values():
        if table is not None:
            yield from _sources(table.subject, written)
            yield from _conditions(table.where, written)
            for sources in table.facts.values():
                yield from _sources(sources, written)


def _sources(sources: object, written: Written) -> Iterator[tuple[Point, Points]]:
    if not isinstance(sources, tuple):
        return
    for source in sources:
        path = written.places[id(source)]
        whats = [
            "value",
            *(f"enum {key}" for key in source.enum or {}),
            *(f"bands {least:g}" for least in source.bands or {}),
        ]
        if source.otherwise is not None:
            whats.append("otherwise")
        yield from (((id(source), what), Points(path=path, what=what, source=source)) for what in whats)
        yield from _conditions(source.where, written)
        parts: Iterable[object] = (
            source.first,
            source.join,
            source.worst,
            source.row,
            source.times,
            source.power,
            source.detail,
        )
        for part in parts:
            yield from _sources(part, written)
        if source.climb:
            yield from _conditions(source.climb.where, written)
        if source.percent:
            for part in (source.percent.total, source.percent.used, source.percent.free):
                yield from _sources(part, written)


def _conditions(conditions: Iterable[Condition], written: Written) -> Iterator[tuple[Point, Points]]:
    for condition in conditions:
        yield (id(condition), "holds"), Points(path=written.places[id(condition)], what="holds")
        yield from _sources(condition.of, written)


def exercised(all_recordings: Iterable[Recording]) -> tuple[Shelf, Seen]:
    """Play all recordings with their variations; return the shelf, and what came to bear."""
    seen = Seen()
    shelf = Shelf(texts=shipped().texts, witness=seen)
    for recording in all_recordings:
        for walk in [recording.walk, *(recording.varied(change) for change in recording.expected.variations)]:
            sys_object_id, sys_descr, present = identified(shelf, walk)
            told = {"sys_object_id": sys_object_id, "sys_descr": sys_descr}
            for _, clause, prefix in holding(shelf.clauses, **told, present=present):
                seen(clause, prefix)
            understood(shelf.choose(**told, present=present), walk)
    return shelf, seen


def missing(shelf: Shelf, seen: Seen) -> dict[str, list[Points]]:
    """Return, by profile, the points that nothing brought to bear."""
    found: dict[str, list[Points]] = {}
    for name, clause in shelf.clauses:
        if clause.onvif is None:
            for prefix in clause.sys_object_id or ("",):
                if (id(clause), prefix) not in seen.points:
                    what = " ".join(filter(None, (prefix, clause.sys_descr, clause.present)))
                    found.setdefault(name, []).append(Points(path="match", what=what))
    for name in shelf:
        written = shelf.written(name)
        left = [point for key, point in points(written) if key not in seen.points]
        if left:
            found.setdefault(name, []).extend(left)
    return found
