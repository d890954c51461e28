"""SQLite, and nothing that knows what is kept in it: the one importer of sqlite3, whose exceptions end here."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from agent.journal.errors import Damaged, JournalError, Unwritable

Row = tuple[Any, ...]
Mode = Literal["rwc", "ro", "immutable"]

_WAIT_S: Final = 5.0  # for another process that checkpoints or recovers
_PRIMARY: Final = 0xFF
_REFUSALS: Final = {
    sqlite3.SQLITE_FULL: "journal.full",
    sqlite3.SQLITE_READONLY: "journal.read_only",
    sqlite3.SQLITE_PERM: "journal.read_only",
    sqlite3.SQLITE_CANTOPEN: "journal.read_only",
    sqlite3.SQLITE_BUSY: "journal.busy",
    sqlite3.SQLITE_LOCKED: "journal.busy",
    sqlite3.SQLITE_IOERR: "journal.broken_disk",
    sqlite3.SQLITE_NOMEM: "journal.broken_disk",
}


class Database:
    """One connection, in autocommit unless inside `transaction`. Belongs to the thread that made it."""

    def __init__(self, path: Path, *, mode: Mode = "rwc") -> None:
        """Open `path`; nothing is read or written yet.

        Raises:
            Unwritable: it cannot be opened.
        """
        self.path = path
        query = "mode=ro&immutable=1" if mode == "immutable" else f"mode={mode}"
        try:
            self._link = sqlite3.connect(
                f"file:{quote(str(path))}?{query}", uri=True, timeout=_WAIT_S, isolation_level=None
            )
        except sqlite3.Error as fault:
            raise self._ours(fault) from None

    def _ours(self, fault: sqlite3.Error) -> BaseException:
        """Return our exception for SQLite's; what is neither the disk's nor the file's fault is a fault of ours."""
        code = getattr(fault, "sqlite_errorcode", None)
        if code is None:
            return fault
        if code & _PRIMARY in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return Damaged(path=str(self.path), fault=str(fault))
        key = _REFUSALS.get(code & _PRIMARY)
        if key == "journal.broken_disk":
            return Unwritable(key, path=str(self.path.parent), fault=fault.sqlite_errorname)
        return fault if key is None else Unwritable(key, path=str(self.path.parent))

    def each(self, sql: str, args: Sequence[Any] = ()) -> Iterator[Row]:
        """Yield the rows of a query one by one."""
        try:
            yield from self._link.execute(sql, args)
        except sqlite3.Error as fault:
            raise self._ours(fault) from None

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""
        try:
            return self._link.execute(sql, args).fetchall()
        except sqlite3.Error as fault:
            raise self._ours(fault) from None

    def one(self, sql: str, args: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row; None where there is none."""
        try:
            row = self._link.execute(sql, args).fetchone()
        except sqlite3.Error as fault:
            raise self._ours(fault) from None
        return None if row is None else row[0]

    def run(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        try:
            return self._link.execute(sql, args).rowcount
        except sqlite3.Error as fault:
            raise self._ours(fault) from None

    def finish(self, sql: str) -> None:
        """Run one statement to its end, outside a transaction: `run` takes only the first step of some pragmas."""
        try:
            self._link.executescript(sql)
        except sqlite3.Error as fault:
            raise self._ours(fault) from None

    def many(self, sql: str, args: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of `args`."""
        try:
            self._link.executemany(sql, args)
        except sqlite3.Error as fault:
            raise self._ours(fault) from None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, whole, or leave everything as it was."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            self._undo("ROLLBACK")
            raise

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read inside be of one moment."""
        self.run("BEGIN")
        try:
            yield
        finally:
            self._undo("ROLLBACK")

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside where it raises, and leave the rest of the transaction as it is."""
        self.run("SAVEPOINT one")
        try:
            yield
        except BaseException:
            self._undo("ROLLBACK TO one")
            self._undo("RELEASE one")
            raise
        self.run("RELEASE one")

    def _undo(self, sql: str) -> None:
        # SQLite may have rolled back by itself (a full disk, a failing one): then there is nothing left to undo.
        with contextlib.suppress(sqlite3.Error):
            if self._link.in_transaction:
                self._link.execute(sql)

    def used(self) -> int:
        """Return the bytes of pages in use; free pages inside the file are not counted."""
        pages, free = self.one("PRAGMA page_count"), self.one("PRAGMA freelist_count")
        return int(pages - free) * int(self.one("PRAGMA page_size"))

    def close(self) -> None:
        """Close; where the disk does not let us, the file is as a crash would leave it, which is sound."""
        with contextlib.suppress(sqlite3.Error):
            self._link.close()

    def checkpoint(self) -> None:
        """Bring the write-ahead log home and empty it, where no reader and no full disk is in the way."""
        with contextlib.suppress(JournalError):
            self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
