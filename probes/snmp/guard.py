"""What we believe of a device's answers, whichever library read them: rows in order, in their place, and bounded."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from probes.errors import Malformed
from probes.snmp.client import Row, Value


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """How much one walk may bring: rows, and octets of all names and values together."""

    rows: int = 5_000
    octets: int = 2_000_000


class Fence:
    """Watches over the rows of one walk through `column`.

    An agent's rows ascend strictly (RFC 3416, 4.2.2); one that repeats or goes back would have us walk for ever.
    """

    def __init__(self, column: str, caps: Caps) -> None:
        """Begin before the first row."""
        self._column = column
        self._within = f"{column}."
        self._caps = caps
        self._last: tuple[int, ...] = ()
        self._seen: set[str] = set()
        self._octets = 0

    def admit(self, rows: Sequence[Row]) -> tuple[list[Row], bool]:
        """Return the rows that belong to the walk, and whether one of them lay beyond its end.

        Raises:
            Malformed: a row comes twice or out of order, or there are more than the caps allow.
        """
        admitted: list[Row] = []
        within, skip = self._within, len(self._within)
        for oid, value in rows:
            if not oid.startswith(within):
                self._beyond(oid)
                return admitted, True
            place = _numbers(oid[skip:])
            if place <= self._last:
                if oid in self._seen:
                    raise Malformed("answer.repeated", oid=oid)
                raise Malformed("answer.unordered", oid=oid)
            self._last = place
            self._seen.add(oid)
            self._octets += len(oid) + (len(value) if isinstance(value, bytes | str) else 8)
            if len(self._seen) > self._caps.rows or self._octets > self._caps.octets:
                raise Malformed("answer.endless", oid=self._column, rows=len(self._seen))
            admitted.append((oid, value))
        return admitted, False

    def _beyond(self, oid: str) -> None:
        """A row outside is the end, unless it lies before the walk: then the device goes back."""
        if _numbers(oid) < _numbers(self._column):
            raise Malformed("answer.unordered", oid=oid)


def _numbers(dotted: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, dotted.split(".")))
    except ValueError:
        raise Malformed from None


def asked(oids: Iterable[str], told: Mapping[str, Value]) -> dict[str, Value]:
    """Return of an answer what was asked for.

    Raises:
        Malformed: the device spoke only of other things.
    """
    kept = {oid: told[oid] for oid in oids if oid in told}
    if told and not kept:
        raise Malformed("answer.foreign", oid=next(iter(told)))
    return kept


def plain(oid: str) -> str:
    """Return an OID as we write it: no leading dot.

    Raises:
        ValueError: it is none; a fault of ours or of a profile, so found before anything is sent.
    """
    bare = oid.strip().strip(".")
    parts = [int(part) for part in bare.split(".")]
    if len(parts) < 2 or any(part < 0 or part >= 1 << 32 for part in parts):  # noqa: PLR2004  1.3 at the least
        raise ValueError(oid)
    return bare
