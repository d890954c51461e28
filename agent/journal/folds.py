"""Numbers that merely vary, folded by the hour and by the day until they cost next to nothing."""

import math
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import structlog

from agent.journal.database import Database
from agent.record import Sample

HOUR: Final = 3_600
_HOURS: Final = 24
_OPEN, _HOURLY, _DAILY = 0, 1, 2  # the grains: an hour as it fills, the hours of a day that is over, a day
_KEEP_DAYS: Final = {_HOURLY: 14, _DAILY: 400}
_BUFFERED_HOURS: Final = 48
_EXACT_BELOW: Final = 1e6
_LEVEL: Final = 9
_RAW: Final = -15  # deflate without header and checksum: SQLite's pages are small enough to count bytes


class Fold(msgspec.Struct, frozen=True):
    """How a number was over an hour or a day: from 00:00 UTC, `at` in unix seconds. Six significant digits."""

    at: int
    count: int
    low: float
    high: float
    mean: float
    last: float

    @property
    def total(self) -> float:
        """The sum of all samples."""
        return self.mean * self.count

    def then(self, later: "Fold") -> "Fold":
        """Return this fold with a later one added to it."""
        count = self.count + later.count
        mean = (self.total + later.total) / count
        return Fold(self.at, count, min(self.low, later.low), max(self.high, later.high), mean, later.last)


Series = tuple[str, str, str, str]  # device, name, subject, unit
Buffer = dict[int, dict[Series, Fold]]  # by the hour, counted from 1970
_Folds = dict[int, dict[int, Fold]]  # of one device, by the number of its series and by the hour or day


def gather(buffer: Buffer, samples: Iterable[Sample]) -> None:
    """Add `samples` to `buffer`; what is not a number is left out, and so are the oldest of too many hours."""
    for sample in samples:
        if not (math.isfinite(sample.value) and math.isfinite(sample.at)):
            continue
        hour = int(sample.at // HOUR)
        key = (sample.device, sample.name, sample.subject, sample.unit)
        fresh = Fold(hour * HOUR, 1, sample.value, sample.value, sample.value, sample.value)
        hours = buffer.setdefault(hour, {})
        hours[key] = hours[key].then(fresh) if key in hours else fresh
    while len(buffer) > _BUFFERED_HOURS:
        del buffer[min(buffer)]


def restore(buffer: Buffer, unsaved: Mapping[int, Mapping[Series, Fold]]) -> None:
    """Put what could not be written back before what has come since."""
    for hour, folds in unsaved.items():
        since = buffer.setdefault(hour, {})
        for key, fold in folds.items():
            since[key] = fold.then(since[key]) if key in since else fold


class Folds:
    """The table of folds: one row for a device and an hour, later for a device and a day."""

    def __init__(self, db: Database) -> None:
        """Work on `db`."""
        self._db = db
        self._devices: dict[str, int] = {}
        self._numbers: dict[tuple[int, str, str], int] = {}

    def forget(self) -> None:
        """Forget numbers that a transaction drew which did not come to be."""
        self._devices.clear()
        self._numbers.clear()

    def write(self, buffer: Mapping[int, Mapping[Series, Fold]]) -> None:
        """Add what was gathered to the open hours."""
        for hour, folds in buffer.items():
            by_device: dict[int, _Folds] = {}
            for (device, name, subject, unit), fold in folds.items():
                row = self._device(device)
                by_device.setdefault(row, {})[self._number(row, name, subject, unit)] = {hour: fold}
            for row, fresh in by_device.items():
                self._merge(_OPEN, hour, row, fresh)

    def _device(self, device: str) -> int:
        if device not in self._devices:
            self._db.run("INSERT OR IGNORE INTO devices (device) VALUES (?)", (device,))
            self._devices[device] = int(self._db.one("SELECT id FROM devices WHERE device = ?", (device,)))
        return self._devices[device]

    def _number(self, device: int, name: str, subject: str, unit: str) -> int:
        key = (device, name, subject)
        if key not in self._numbers:
            sql = "SELECT n FROM series WHERE device = ? AND name = ? AND subject = ?"
            found = self._db.one(sql, key)
            if found is None:
                found = self._db.one("SELECT coalesce(max(n), 0) + 1 FROM series WHERE device = ?", (device,))
                self._db.run("INSERT INTO series VALUES (?, ?, ?, ?, ?)", (device, found, name, subject, unit))
            self._numbers[key] = int(found)
        return self._numbers[key]

    def _merge(self, grain: int, at: int, device: int, fresh: _Folds) -> None:
        sql = "SELECT packed FROM folds WHERE grain = ? AND at = ? AND device = ?"
        packed = self._db.one(sql, (grain, at, device))
        known = {} if packed is None else _unpack(packed, grain)
        for n, folds in fresh.items():
            mine = known.setdefault(n, {})
            for when, fold in folds.items():
                mine[when] = mine[when].then(fold) if when in mine else fold
        self._db.run("INSERT OR REPLACE INTO folds VALUES (?, ?, ?, ?)", (grain, at, device, _pack(known)))

    def seal(self, now: float) -> None:
        """Pack the open hours of days that are over: neither that of `now` (unix seconds) nor the one before.

        Merging makes it harmless to be wrong about what day it is.
        """
        today = int(now // HOUR) // _HOURS
        sql = """SELECT DISTINCT at / 24, device FROM folds
                 WHERE grain = 0 AND at NOT BETWEEN ? AND ? ORDER BY at / 24, device"""
        for day, device in self._db.rows(sql, ((today - 1) * _HOURS, today * _HOURS + _HOURS - 1)):
            span = (day * _HOURS, day * _HOURS + _HOURS - 1, device)
            hours: _Folds = {}
            sql = "SELECT packed FROM folds WHERE grain = 0 AND at BETWEEN ? AND ? AND device = ? ORDER BY at"
            for (packed,) in self._db.rows(sql, span):
                for n, folds in _unpack(packed, _OPEN).items():
                    hours.setdefault(n, {}).update(folds)
            self._merge(_HOURLY, day, device, hours)
            self._merge(_DAILY, day, device, {n: {day: _whole(folds)} for n, folds in hours.items()})
            self._db.run("DELETE FROM folds WHERE grain = 0 AND at BETWEEN ? AND ? AND device = ?", span)

    def prune(self) -> None:
        """Keep the newest days that hold anything: counted, not dated, so that a clock that jumps deletes nothing."""
        for grain, days in _KEEP_DAYS.items():
            oldest = None
            for _ in range(days):
                oldest = self._db.one(
                    "SELECT max(at) FROM folds WHERE grain = ? AND at < ?",
                    (grain, 1 << 62 if oldest is None else oldest),
                )
                if oldest is None:
                    break
            else:
                self._db.run("DELETE FROM folds WHERE grain = ? AND at < ?", (grain, oldest))

    def trend(self, device: str, name: str, subject: str, *, daily: bool) -> list[Fold]:
        """Return the folds of one series in the order of time, by the day or by the hour."""
        sql = """SELECT devices.id, n FROM series JOIN devices ON devices.id = series.device
                 WHERE devices.device = ? AND name = ? AND subject = ?"""
        row = self._db.rows(sql, (device, name, subject))
        if not row:
            return []
        number, n = row[0]
        found: dict[int, Fold] = {}
        for grain in (_DAILY if daily else _HOURLY, _OPEN):
            sql = "SELECT packed FROM folds WHERE grain = ? AND device = ? ORDER BY at"
            for (packed,) in self._db.each(sql, (grain, number)):
                for when, fold in _unpack(packed, grain).get(n, {}).items():
                    key = when // _HOURS if daily and grain == _OPEN else when
                    found[key] = found[key].then(fold) if key in found else fold
        width = HOUR * (_HOURS if daily else 1)
        return [msgspec.structs.replace(found[key], at=key * width) for key in sorted(found)]


def _whole(folds: Mapping[int, Fold]) -> Fold:
    first, *rest = (folds[when] for when in sorted(folds))
    for fold in rest:
        first = first.then(fold)
    return first


def _short(number: float) -> float:
    kept = float(f"{number:.6g}") if abs(number) < _EXACT_BELOW else float(round(number))
    return int(kept) if kept.is_integer() else kept


def _pack(known: _Folds) -> bytes:
    """Column by column, so that deflate finds what repeats: [series, [at], [count], [low], [high], [mean], [last]]."""
    lines: list[list[object]] = []
    for n, folds in sorted(known.items()):
        order = sorted(folds)
        columns = [[_short(getattr(folds[when], name)) for when in order] for name in ("low", "high", "mean", "last")]
        lines.append([n, order, [folds[when].count for when in order], *columns])
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    return squeeze.compress(msgspec.json.encode(lines)) + squeeze.flush()


_LINES: Final = msgspec.json.Decoder(
    list[tuple[int, list[int], list[int], list[float], list[float], list[float], list[float]]]
)


def _unpack(packed: bytes, grain: int) -> _Folds:
    width = HOUR if grain != _DAILY else HOUR * _HOURS
    try:
        lines = _LINES.decode(zlib.decompress(packed, _RAW))
    except (zlib.error, msgspec.DecodeError) as fault:
        structlog.get_logger().error("journal_row_unreadable", table="folds", device="", fault=str(fault))
        return {}
    return {
        n: {
            when: Fold(when * width, count, low, high, mean, last)
            for when, count, low, high, mean, last in zip(*columns, strict=True)
        }
        for n, *columns in lines
    }
