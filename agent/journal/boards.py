"""The tables behind the board: what is known of each device now, whoever travels or does not."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

import msgspec
import structlog

from agent.journal.database import Database
from agent.record import Asked, Board, Fact, Record, Standing
from probes.model import Finding, Footage, Value

_T = TypeVar("_T")

_pack: Final = msgspec.msgpack.encode
_LEVEL: Final = 6
_FOOTAGE_MAX: Final = 64 << 20


class Boards:
    """Facts, standings, askings, kept strings and footage: the latest of each, never the past."""

    def __init__(self, db: Database) -> None:
        """Work on `db`."""
        self._db = db

    def record(self, record: Record) -> None:
        """Change what `record` says, apart from its draft."""
        self._db.many(
            "INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    fact.device,
                    fact.probe,
                    fact.name,
                    fact.subject,
                    _pack(fact.value),
                    fact.unit,
                    fact.detail,
                    fact.seen_at,
                    fact.changed_at,
                )
                for fact in record.facts
            ),
        )
        self._db.many(
            "DELETE FROM facts WHERE device = ? AND probe = ? AND name = ? AND subject = ?",
            ((record.device, *key) for key in record.gone),
        )
        owners = {*record.owners, *(standing.owner for standing in record.standings)}
        self._db.many(
            "DELETE FROM standings WHERE device = ? AND owner = ?", ((record.device, owner) for owner in owners)
        )
        self._db.many(
            "INSERT INTO standings VALUES (?, ?, ?, ?, ?)",
            (
                (standing.device, standing.owner, n, _pack(standing.finding), standing.since)
                for n, standing in enumerate(record.standings)
            ),
        )
        for name, text in record.kept:
            if text is None:
                self._db.run("DELETE FROM kept WHERE device = ? AND name = ?", (record.device, name))
            else:
                self._db.run("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (record.device, name, text))
        self._db.many(
            "INSERT OR REPLACE INTO footage VALUES (?, ?, ?)",
            ((record.device, subject, zlib.compress(_pack(footage), _LEVEL)) for subject, footage in record.footage),
        )

    def asked(self, rows: Iterable[Asked]) -> None:
        """Note when probes were last tried."""
        self._db.many(
            "INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?)",
            ((row.device, row.probe, row.tried_at, row.answered_at) for row in rows),
        )

    def forget(self, device: str) -> None:
        """Drop everything that is known of a device that is there no more."""
        for table in ("facts", "standings", "asked", "kept", "footage"):
            self._db.run(f"DELETE FROM {table} WHERE device = ?", (device,))  # noqa: S608  the names above

    def board(self) -> Board:
        """Return the latest of everything; a row that cannot be read is said loudly and left out."""
        with self._db.snapshot():
            return Board(
                facts=tuple(self._read("facts", _fact)),
                standings=tuple(self._read("standings", _standing)),
                asked=tuple(self._read("asked", _asked)),
            )

    def _read(self, table: str, take: Callable[..., _T]) -> Iterator[_T]:
        for row in self._db.each(f"SELECT * FROM {table}"):  # noqa: S608  a name of ours
            try:
                yield take(*row)
            except msgspec.DecodeError as fault:
                structlog.get_logger().error("journal_row_unreadable", table=table, device=row[0], fault=str(fault))

    def kept(self, device: str) -> dict[str, str]:
        """Return the durable strings of a device by name."""
        return dict(self._db.rows("SELECT name, value FROM kept WHERE device = ?", (device,)))

    def footage(self, device: str, subject: str) -> Footage | None:
        """Return what a channel held when last asked; None where that is not known, or can no longer be read."""
        packed = self._db.one("SELECT packed FROM footage WHERE device = ? AND subject = ?", (device, subject))
        if packed is None:
            return None
        try:
            plain = zlib.decompressobj().decompress(packed, _FOOTAGE_MAX)
            return msgspec.msgpack.decode(plain, type=Footage)
        except (zlib.error, msgspec.DecodeError) as fault:
            structlog.get_logger().error("journal_row_unreadable", table="footage", device=device, fault=str(fault))
            return None

    def counts(self) -> dict[str, int]:
        """Return how many rows each table holds."""
        tables = ("facts", "standings", "asked", "kept", "footage", "folds", "marks")
        return {table: int(self._db.one(f"SELECT count(*) FROM {table}")) for table in tables}  # noqa: S608  as above


def _fact(*row: Any) -> Fact:
    device, probe, name, subject, value, unit, detail, seen_at, changed_at = row
    return Fact(
        device=device,
        probe=probe,
        name=name,
        subject=subject,
        value=msgspec.msgpack.decode(value, type=Value),
        unit=unit,
        detail=detail,
        seen_at=seen_at,
        changed_at=changed_at,
    )


def _standing(*row: Any) -> Standing:
    device, owner, _, finding, since = row
    return Standing(device=device, owner=owner, finding=msgspec.msgpack.decode(finding, type=Finding), since=since)


def _asked(*row: Any) -> Asked:
    device, probe, tried_at, answered_at = row
    return Asked(device=device, probe=probe, tried_at=tried_at, answered_at=answered_at)
