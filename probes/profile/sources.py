"""Sources made into functions: from answers and a row's index to a reading."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from probes.profile import decode
from probes.profile.answers import Answers
from probes.profile.decode import Raw, Value
from probes.profile.fetching import Fetch, from_column, from_index, from_scalar, picked, worst
from probes.profile.language import Climb, Condition, Percent, Source
from probes.profile.values import Reading, among, decoding, extraction, meaning, same

#: `index` is None outside tables.
Reader = Callable[[Answers, str | None], Reading | None]
Test = Callable[[Answers, str | None], bool]
#: Called with a Source or Condition and the part of it that came to bear; how tests know what a recording exercises.
Witness = Callable[[object, str], None]

_HIGHEST_CLIMB: Final = 32  # a containment that goes round in circles ends here


class Maker:
    """Makes readers; with a `witness` they tell which parts of the profile came to bear."""

    def __init__(self, *, witness: Witness | None = None) -> None:
        """Take who is told, if anybody is."""
        self._witness = witness

    def first(self, sources: tuple[Source, ...], *, word: bool = False) -> Reader:
        """Return a reader of the first source that has a value. `word`: what an enum does not list is unknown."""
        readers = [self.reader(source, word=word) for source in sources]
        if len(readers) == 1:
            return readers[0]

        def read(answers: Answers, index: str | None) -> Reading | None:
            for reader in readers:
                reading = reader(answers, index)
                if reading is not None:
                    return reading
            return None

        return read

    def reader(self, source: Source, *, word: bool = False) -> Reader:
        """Return the reader of one source."""
        read = self._aggregate(source, word=word)
        detail = self.first(source.detail) if source.detail else None
        witness = self._witness
        if detail is None and witness is None:
            return read

        def told(answers: Answers, index: str | None) -> Reading | None:
            reading = read(answers, index)
            if reading is None:
                return None
            if witness is not None:
                witness(source, "value")
            words = detail(answers, index) if detail is not None else None
            return reading if words is None else (reading[0], decode.text(words[0]))

        return told

    def _aggregate(self, source: Source, *, word: bool) -> Reader:
        if source.first or source.join or source.worst or source.percent:
            return self._combined(source, word=word)
        fetch, decoded = self._fetch(source), decoding(source)
        holds, finish = self.all_hold(source.where), self._finish(source, word=word)

        def each(answers: Answers, index: str | None) -> Iterator[Reading]:
            for row, raw in fetch(answers, index):
                value = decoded(raw)
                reading = finish(value, answers, row, "") if value is not None and holds(answers, row) else None
                if reading is not None:
                    yield reading

        if source.pick == "first":
            return lambda answers, index: next(each(answers, index), None)
        return lambda answers, index: picked(list(each(answers, index)), source.pick)

    def _combined(self, source: Source, *, word: bool) -> Reader:
        gather, finish, holds = (
            self._gather(source, word=word),
            self._finish(source, word=word),
            self.all_hold(source.where),
        )

        def combined(answers: Answers, index: str | None) -> Reading | None:
            reading = gather(answers, index) if holds(answers, index) else None
            return None if reading is None else finish(reading[0], answers, index, reading[1])

        return combined

    def _fetch(self, source: Source) -> Fetch:
        """Return the function that gives (row, raw value), one or, for a column outside tables, many."""
        column = source.column or ""
        if source.const is not None:
            const = source.const
            fetch: Fetch = lambda _answers, index: iter(((index, const),))  # noqa: E731  one line says it
        elif source.get is not None:
            fetch = from_scalar(source.get)
        elif source.index is not None:
            fetch = from_index(source.index)
        elif source.climb is not None:
            fetch = self._climbing(column, source.climb)
        elif source.row is None:
            fetch = from_column(column)
        else:
            fetch = self._elsewhere(column, source.row)
        return fetch

    def _elsewhere(self, column: str, row: tuple[Source, ...] | str) -> Fetch:
        """Return the fetch of another row: one named by a part of this row's index, or by a value."""
        ends = {"first": 0, "last": -1}
        reader = None if isinstance(row, str) else self.first(row)

        def fetch(answers: Answers, index: str | None) -> Iterator[tuple[str | None, Raw]]:
            if reader is None:
                other = (index or "").split(".")[ends[str(row)]]
            else:
                reading = reader(answers, index)
                if reading is None:
                    return
                other = decode.text(reading[0])
            raw = answers.column(column).get(other)
            if raw is not None:
                yield other, raw

        return fetch

    def _climbing(self, column: str, climb: Climb) -> Fetch:
        holds, by = self.all_hold(climb.where), climb.by

        def climbing(answers: Answers, index: str | None) -> Iterator[tuple[str | None, Raw]]:
            row = index or ""
            for _ in range(_HIGHEST_CLIMB):
                if holds(answers, row):
                    raw = answers.column(column).get(row)
                    if raw is not None:
                        yield row, raw
                    return
                above = answers.column(by).get(row)
                if above is None:
                    return
                row = decode.text(above)

        return climbing

    def _gather(self, source: Source, *, word: bool) -> Reader:
        if source.first:
            return self.first(source.first, word=word)
        if source.percent:
            return self._percent(source.percent)
        parts = [self.reader(one, word=word) for one in source.join or source.worst]
        if source.worst:
            return lambda answers, index: worst([told for part in parts if (told := part(answers, index)) is not None])
        template = source.format

        def joined(answers: Answers, index: str | None) -> Reading | None:
            readings = [part(answers, index) for part in parts]
            words = [decode.text(reading[0]) for reading in readings if reading is not None]
            if template is None:
                return (" ".join(words), "") if words else None
            return (template.format(*words), "") if len(words) == len(parts) else None

        return joined

    def _percent(self, percent: Percent) -> Reader:
        parts = [self.first(one) if one else None for one in (percent.used, percent.free, percent.total)]

        def share(answers: Answers, index: str | None) -> Reading | None:
            readings = [None if part is None else part(answers, index) for part in parts]
            used, free, total = (None if told is None else decode.number(told[0]) for told in readings)
            if used is None and free is not None and total is not None:
                used = total - free
            elif total is None and free is not None and used is not None:
                total = used + free
            if used is None or total is None or total <= 0 or not 0 <= used <= total:
                return None
            return 100 * used / total, ""

        return share

    def _finish(self, source: Source, *, word: bool) -> Callable[[Value, Answers, str | None, str], Reading | None]:
        """Return the function that does to a decoded value all that the source says."""
        drop, extract = among(source.drop), extraction(source)
        calculate = self._arithmetic(source)
        witness = self._witness
        seen = None if witness is None else (lambda part: witness(source, part))
        has_meaning = source.enum is not None or source.bands is not None or source.otherwise is not None
        mean = meaning(source, seen, word=word) if has_meaning else None

        def finish(value: Value, answers: Answers, row: str | None, words: str) -> Reading | None:
            if drop and same(value) in drop:
                return None
            final: Value | None = value if extract is None else extract(value)
            if final is not None and calculate is not None:
                final = calculate(final, answers, row)
            if final is None or (final == "" and mean is None) or (drop and same(final) in drop):
                return None
            return (final, words) if mean is None else mean(final)

        return finish

    def _arithmetic(self, source: Source) -> Callable[[Value, Answers, str | None], Value | None] | None:
        numbers = (source.divide, source.scale, source.offset, source.within)
        if not source.times and not source.power and all(one is None for one in numbers):
            return None
        factor = (source.scale if source.scale is not None else 1.0) / (source.divide or 1.0)
        offset, within = source.offset or 0.0, source.within
        times = self.first(source.times) if source.times else None
        powers = [self.reader(one) for one in source.power]

        def calculate(value: Value, answers: Answers, row: str | None) -> Value | None:
            amount: float | None = decode.number(value)
            if times is not None and amount is not None:
                other = times(answers, row)
                by = None if other is None else decode.number(other[0])
                amount = None if by is None else amount * by
            for power in powers:
                exponent = power(answers, row)
                places = None if exponent is None else decode.number(exponent[0])
                if amount is not None and places is not None and abs(places) <= 30:  # noqa: PLR2004  yotta and beyond: nonsense
                    amount *= 10.0**places
            if amount is None:
                return None
            amount = amount * factor + offset
            return amount if within is None or within[0] <= amount <= within[1] else None

        return calculate

    def all_hold(self, conditions: tuple[Condition, ...]) -> Test:
        """Return the function that tells whether all `conditions` hold of a row."""
        tests = [self._condition(condition) for condition in conditions]
        if not tests:
            return lambda _answers, _index: True
        if len(tests) == 1:
            return tests[0]
        return lambda answers, index: all(test(answers, index) for test in tests)

    def _condition(self, condition: Condition) -> Test:
        reader = self.first(condition.of)
        equals = None if condition.equals is None else among(condition.equals)
        differs = None if condition.differs is None else among(condition.differs)
        like = None if condition.like is None else re.compile(condition.like)
        unlike = None if condition.unlike is None else re.compile(condition.unlike)
        above, below, witness = condition.above, condition.below, self._witness
        negative = differs is not None or unlike is not None
        absent = negative and (equals, like, above, below) == (None, None, None, None)

        def compare(value: Value) -> bool:
            key = same(value)
            amount = decode.number(value) if above is not None or below is not None else None
            return (
                (equals is None or key in equals)
                and (differs is None or key not in differs)
                and (like is None or like.search(decode.text(value)) is not None)
                and (unlike is None or unlike.search(decode.text(value)) is None)
                and (above is None or (amount is not None and amount >= above))
                and (below is None or (amount is not None and amount < below))
            )

        def test(answers: Answers, index: str | None) -> bool:
            reading = reader(answers, index)
            holds = absent if reading is None else compare(reading[0])
            if holds and witness is not None:
                witness(condition, "holds")
            return holds

        return test
