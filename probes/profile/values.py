"""What is done to one raw value, from decoding to the word that stands for it, as functions made once per source."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from probes.profile import decode
from probes.profile.decode import Raw, Value
from probes.profile.language import Plain, Source

#: A value and the device's own word for it.
Reading = tuple[Value, str]
Seen = Callable[[str], None]
Step = Callable[[Value], Value | None]

_DECODINGS: Final[dict[str, Callable[[Raw], Raw | Value | None]]] = {
    "text": decode.text,
    "number": decode.number,
    "quantity": decode.quantity,
    "mac": decode.mac,
    "hex": decode.hexadecimal,
    "ip": decode.address,
    "date": decode.date,
    "ticks": decode.ticks,
    "ascii": lambda raw: decode.ascii_index(decode.text(raw)),
}


def same(value: Value) -> str:
    """Return `value` in the form in which values are compared: text, any case, 1 and 1.0 alike."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).casefold()


def among(values: Iterable[Plain]) -> frozenset[str]:
    """Return a set that `same(value)` is looked up in."""
    return frozenset(same(one) for one in values)


def decoding(source: Source) -> Callable[[Raw], Value | None]:
    """Return the function that turns a raw answer of `source` into a value; None is no value."""
    if source.bit is not None:
        place = source.bit
        return lambda raw: decode.bit(raw, place)
    if source.mask is not None:
        mask = source.mask

        def masked(raw: Raw) -> Value | None:
            amount = decode.number(raw)
            return None if amount is None else int(int(amount) & mask != 0)

        return masked
    if source.decode is not None:
        chosen = _DECODINGS[source.decode]

        def decoded(raw: Raw) -> Value | None:
            value = chosen(raw)
            return None if isinstance(value, bytes) else value

        return decoded
    words = decode.lines if source.pattern is not None or source.format is not None else decode.text
    return lambda raw: words(raw) if isinstance(raw, bytes | str) else raw


def extraction(source: Source) -> Step | None:
    """Return the function that cuts a part out of text: the group `value`, else the first, else all that matched."""
    if source.pattern is None:
        return None
    pattern, template = re.compile(source.pattern), source.format
    place: int | str = "value" if "value" in pattern.groupindex else min(pattern.groups, 1)

    def extract(value: Value) -> Value | None:
        found = pattern.search(decode.text(value) if not isinstance(value, str) else value)
        if found is None:
            return None
        if template is not None:
            named = {name: word or "" for name, word in found.groupdict().items()}
            return template.format(found.group(), *(word or "" for word in found.groups()), **named)
        return found.group(place)

    return extract


Told = Plain | tuple[Plain, str]
Find = Callable[[Value], tuple[str, Told] | None]


def meaning(source: Source, seen: Seen | None, *, word: bool) -> Callable[[Value], Reading | None]:
    """Return the function that gives the last value its word. `word`: what is not listed is unknown, not nothing."""
    find = _listed(source.enum) if source.enum is not None else _banded(source.bands or {})
    rest = None if source.otherwise is None else ("otherwise", source.otherwise)

    def mean(value: Value) -> Reading | None:
        found = find(value) or rest
        if found is None:
            return ("unknown", decode.text(value)) if word else None
        where, told = found
        if seen is not None:
            seen(where)
        return told if isinstance(told, tuple) else (told, decode.text(value))

    return mean


def _listed(enum: Mapping[Plain, Told]) -> Find:
    """Return the look-up of a value among the keys; those that begin with `~` are expressions, tried in order."""
    plain: dict[str, tuple[str, Told]] = {}
    rules: list[tuple[re.Pattern[str], tuple[str, Told]]] = []
    for key, told in enum.items():
        entry = (f"enum {key}", told)
        if isinstance(key, str) and key.startswith("~"):
            rules.append((re.compile(key[1:]), entry))
        else:
            plain[same(key)] = entry

    def find(value: Value) -> tuple[str, Told] | None:
        found = plain.get(same(value))
        if found is None and rules:
            words = decode.text(value)
            return next((entry for rule, entry in rules if rule.search(words)), None)
        return found

    return find


def _banded(bands: Mapping[float, Plain]) -> Find:
    """Return the look-up of the highest threshold that a value reaches."""
    falling = sorted(bands.items(), reverse=True)

    def find(value: Value) -> tuple[str, Told] | None:
        amount = decode.number(value)
        if amount is None:
            return None
        return next(((f"bands {least:g}", word) for least, word in falling if amount >= least), None)

    return find
