"""A recorded walk, encoded once, so that an agent can answer from it by joining bytes."""

import bisect
import functools
from pathlib import Path

from tests.site import ber


class Walk:
    """Varbinds in the order of their OIDs. Lines are `OID|TYPE|VALUE` (snmprec)."""

    def __init__(self, text: str = "") -> None:
        """Encode the lines of `text`."""
        self.keys: list[tuple[int, ...]] = []
        self.bodies: list[bytes] = []
        self.values: list[bytes] = []
        self.varbinds: list[bytes] = []
        self.where: dict[bytes, int] = {}
        rows: dict[tuple[int, ...], bytes] = {}
        for line in text.splitlines():
            name, _, rest = line.strip().partition("|")
            kind, _, written = rest.partition("|")
            if name and kind:
                rows[ber.numbers(name)] = _lenient(kind, written)
        self._index(rows)

    def _index(self, rows: dict[tuple[int, ...], bytes]) -> None:
        self.keys = sorted(rows)
        self.bodies = [ber.oid_body(key) for key in self.keys]
        self.values = [rows[key] for key in self.keys]
        self.varbinds = [varbind(body, value) for body, value in zip(self.bodies, self.values, strict=True)]
        self.where = {body: position for position, body in enumerate(self.bodies)}

    @classmethod
    def read(cls, path: Path) -> "Walk":
        """Return the walk in a file; read and encoded once per process."""
        return _read(path)

    def changed(self, oid: str, value: bytes | None) -> "Walk":
        """Return a copy with one value set, or taken out with None."""
        rows = dict(zip(self.keys, self.values, strict=True))
        key = ber.numbers(oid)
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value
        copy = Walk()
        copy._index(rows)
        return copy

    def after(self, body: bytes) -> int:
        """Return the position of the first varbind after the OID `body`; the walk's length at its end."""
        found = self.where.get(body)
        return found + 1 if found is not None else bisect.bisect_right(self.keys, ber.oid_parts(body))


def varbind(body: bytes, value: bytes) -> bytes:
    """Return one encoded name with its encoded value."""
    return ber.tlv(ber.SEQUENCE, ber.tlv(ber.OID, body) + value)


def _lenient(kind: str, written: str) -> bytes:
    try:
        return ber.value(kind, written)
    except (ValueError, OverflowError):  # a few recordings hold text in place of a number or an address
        return ber.tlv(ber.OCTETS, written.encode())


@functools.lru_cache(maxsize=256)
def _read(path: Path) -> Walk:
    return Walk(path.read_text(encoding="utf-8", errors="surrogateescape"))
