"""A profile with all that it extends, ready to say what it wants asked and what the answers mean."""

from collections import Counter
from collections.abc import Iterable, Iterator

from probes.model import Observation
from probes.profile import decode
from probes.profile.answers import Answers, Plan
from probes.profile.asked import Asked
from probes.profile.facts import FACTS, Fact, split
from probes.profile.language import Quirks, Source
from probes.profile.reading import Lines, Written
from probes.profile.sources import Maker, Reader, Test, Witness
from probes.profile.values import Reading

_TEXT = Fact("text")


class _Row:
    """One table, made into functions."""

    __slots__ = ("facts", "holds", "rows", "subject")

    def __init__(self, *, lines: Lines, facts: dict[str, tuple[Source, ...]], maker: Maker) -> None:
        self.rows = lines.rows
        self.subject = maker.first(lines.subject) if lines.subject else None
        self.holds: Test | None = maker.all_hold(lines.where) if lines.where else None
        self.facts = [_made(key, sources, maker) for key, sources in facts.items()]


def _made(key: str, sources: tuple[Source, ...], maker: Maker) -> tuple[str, str, Fact, str, Reader]:
    name, subject = split(key)
    known = FACTS.get(name, _TEXT)
    unit = next((source.unit for source in sources if source.unit is not None), known.unit)
    return name, subject, known, unit, maker.first(sources, word="unknown" in known.words)


class Profile:
    """One vendor profile in force. Immutable; `wanted` and `observe` may be called from anywhere."""

    def __init__(self, *, lineage: Iterable[Written], witness: Witness | None = None) -> None:
        """Merge `lineage`, from the most general to the profile itself: what comes later overrides."""
        chain = tuple(lineage)
        own = chain[-1]
        self.name = own.name
        self.lineage = tuple(one.name for one in chain)
        self.unproven = own.unproven
        self.vendor = next((one.vendor for one in reversed(chain) if one.vendor), "")
        self.kind = next((one.kind for one in reversed(chain) if one.kind), "")
        self.quirks = _quirks(chain)
        self._scalars: dict[str, tuple[Source, ...]] = {}
        self._tables: dict[str, Lines] = {}
        for one in chain:
            self._add(one)
        maker = Maker(witness=witness)
        self._made = [_made(key, sources, maker) for key, sources in self._scalars.items()]
        self._rows = [_Row(lines=lines, facts=lines.facts, maker=maker) for lines in self._tables.values()]

    def _add(self, written: Written) -> None:
        for key, sources in written.scalars.items():
            if sources is None:
                self._scalars.pop(key, None)
            else:
                before, place = self._scalars.get(key, ()), written.inherits.get(key)
                self._scalars[key] = sources if place is None else (*sources[:place], *before, *sources[place:])
        for label, lines in written.tables.items():
            if lines is None:
                self._tables.pop(label, None)
            else:
                self._tables[label] = lines

    def wanted(self, *, only: tuple[str, ...] = ()) -> Plan:
        """Return what to ask the device, for all facts or for those whose names begin with one of `only`."""
        asked = Asked()
        for key, sources in self._scalars.items():
            if _chosen(key, only):
                asked.sources(sources)
        for lines in self._tables.values():
            facts = [sources for key, sources in lines.facts.items() if _chosen(key, only)]
            if facts:
                asked.table(lines.rows, lines.where, (lines.subject, *facts))
        return asked.plan()

    def observe(self, answers: Answers, *, only: tuple[str, ...] = ()) -> Iterator[Observation]:
        """Yield what `answers` mean: one observation a (name, subject), the profile's later tables giving way."""
        told: set[tuple[str, str]] = set()
        for seen in self._observe(answers, only):
            if (seen.name, seen.subject) not in told:
                told.add((seen.name, seen.subject))
                yield seen

    def _observe(self, answers: Answers, only: tuple[str, ...]) -> Iterator[Observation]:
        if self.vendor and "device.vendor" not in self._scalars and _chosen("device.vendor", only):
            yield Observation(name="device.vendor", value=self.vendor)
        for name, subject, known, unit, reader in self._made:
            if _chosen(name, only):
                seen = _fact(name, subject, known, unit, reader(answers, None))
                if seen is not None:
                    yield seen
        for row in self._rows:
            facts = [fact for fact in row.facts if _chosen(fact[0], only)]
            if facts:
                yield from _table(row, facts, answers)


def _table(row: _Row, facts: list[tuple[str, str, Fact, str, Reader]], answers: Answers) -> Iterator[Observation]:
    holds, subject = row.holds, row.subject
    indexes = [index for index in answers.column(row.rows) if holds is None or holds(answers, index)]
    names: dict[str, str] = {}
    for index in indexes:
        reading = subject(answers, index) if subject is not None else None
        names[index] = decode.text(reading[0]) if reading is not None else index
    shared = Counter(names.values())
    for index, words in names.items():
        # Two rows of one name would be one subject: the index tells them apart.
        base = words if shared[words] == 1 else f"{words} ({index})"
        for name, suffix, known, unit, reader in facts:
            seen = _fact(name, f"{base} {suffix}" if suffix else base, known, unit, reader(answers, index))
            if seen is not None:
                yield seen


def _fact(name: str, subject: str, known: Fact, unit: str, reading: Reading | None) -> Observation | None:
    """Return the reading as an observation of the kind that the fact is, or None where it cannot be that."""
    if reading is None:
        return None
    value, detail = reading
    if known.kind == "number":
        amount = decode.number(value)
        if amount is None:
            return None
        if isinstance(amount, float):
            rounded = round(amount, 0 if unit == "byte" else 6)
            value = int(rounded) if rounded.is_integer() else rounded
        else:
            value = amount
        detail = ""
    elif known.kind == "text":
        value, detail = decode.text(value), ""
        if not value:
            return None
    elif known.kind == "flag":
        value = value if isinstance(value, bool) else decode.text(value).casefold() in {"1", "true", "yes", "on"}
        detail = "" if detail.isdigit() else detail
    elif value not in known.words:
        if "unknown" not in known.words:
            return None
        value, detail = "unknown", detail or decode.text(value)
    return Observation(name=name, value=value, unit=unit, subject=subject, detail=detail)


def _chosen(key: str, only: tuple[str, ...]) -> bool:
    return not only or key.startswith(only)


def _quirks(chain: tuple[Written, ...]) -> Quirks:
    said: dict[str, bool | int | float] = {}
    for written in chain:
        for field in Quirks.__struct_fields__:
            value = getattr(written.quirks, field)
            if value is not None:
                said[field] = value
    return Quirks(**said)  # type: ignore[arg-type]  # each value is its own field's
