"""Where raw values come from, and how many readings become one."""

from collections.abc import Callable, Iterator

from probes.profile import decode
from probes.profile.answers import Answers
from probes.profile.decode import Raw
from probes.profile.facts import STATES
from probes.profile.values import Reading

#: From answers and a row's index (None outside tables) to (row, raw value), none, one or many.
Fetch = Callable[[Answers, str | None], Iterator[tuple[str | None, Raw]]]


def from_scalar(oid: str) -> Fetch:
    """Return the fetch of an instance, whatever the row."""

    def fetch(answers: Answers, index: str | None) -> Iterator[tuple[str | None, Raw]]:
        raw = answers.get(oid)
        if raw is not None:
            yield index, raw

    return fetch


def from_column(column: str) -> Fetch:
    """Return the fetch of a column: of one row, or of all outside tables."""

    def fetch(answers: Answers, index: str | None) -> Iterator[tuple[str | None, Raw]]:
        values = answers.column(column)
        if index is None:
            yield from values.items()
        else:
            raw = values.get(index)
            if raw is not None:
                yield index, raw

    return fetch


def from_index(part: str) -> Fetch:
    """Return the fetch of a part of the index: whole, first, last or a slice."""
    named = {"whole": slice(None), "first": slice(0, 1), "last": slice(-1, None)}
    if part in named:
        cut = named[part]
    else:
        start, _, end = part.partition(":")
        cut = slice(int(start) if start else None, int(end) if end else None)

    def fetch(_answers: Answers, index: str | None) -> Iterator[tuple[str | None, Raw]]:
        if index is not None:
            yield index, ".".join(index.split(".")[cut])

    return fetch


def worst(readings: list[Reading]) -> Reading | None:
    """Return the reading whose state is worst."""
    return next((reading for state in STATES for reading in readings if reading[0] == state), None)


def picked(readings: list[Reading], pick: str) -> Reading | None:
    """Return the reading that stands for many: as `pick` says."""
    if pick == "worst":
        return worst(readings)
    if pick == "count":
        return len(readings), ""
    if not readings:
        return None
    if pick == "last":
        return readings[-1]
    numbers = [amount for value, _ in readings if (amount := decode.number(value)) is not None]
    if not numbers:
        return None
    amounts: dict[str, Callable[[list[int | float]], int | float]] = {
        "max": max,
        "min": min,
        "sum": sum,
        "average": lambda told: sum(told) / len(told),
    }
    return amounts[pick](numbers), ""
