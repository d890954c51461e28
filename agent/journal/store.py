"""The journal as one thread sees it: an open file, its tables, and what keeps it within bounds."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from agent.journal import place, schema
from agent.journal.boards import Boards
from agent.journal.cursors import Cursors
from agent.journal.database import Database
from agent.journal.entries import Entries
from agent.journal.errors import Damaged
from agent.journal.folds import Folds
from agent.journal.marks import Clocks, Moment
from agent.journal.pruning import Pruning
from agent.record import Entry, Record

_CHECKED_BELOW: Final = 16 << 20  # a file up to this size is checked at every opening, a larger one after a crash only
#: The file has its tables and nothing else: a power cut came between the two, or it is new.
_UNFOUNDED: Final = (
    "SELECT NOT EXISTS (SELECT 1 FROM meta UNION ALL SELECT 1 FROM entries UNION ALL SELECT 1 FROM departed)"
)
_AGENT_LETTERS: Final = 12
_EPOCH_LETTERS: Final = 8


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Under which terms a journal is kept; see `Journal.open`."""

    folder: Path
    source: str
    cap_bytes: int
    keep_s: float
    moment: Callable[[], Moment]


class Store:
    """One connection and the tables on it. All methods belong to the thread that opened it."""

    def __init__(self, terms: Terms) -> None:
        """Open, create or bring up to date.

        Raises:
            Damaged: it is there and not sound.
            TooNew: a later version wrote it.
            Unwritable: the disk does not let us.
        """
        place.make(terms.folder)
        self.terms = terms
        self.db = Database(terms.folder / place.FILE)
        try:
            self._open()
        except BaseException:
            self.db.close()
            raise
        self.cursors = Cursors(self.db, self.entries)
        self.pruning = Pruning(self.db, self.entries, self.cursors, cap_bytes=terms.cap_bytes, keep_s=terms.keep_s)
        self.boards = Boards(self.db)
        self.folds = Folds(self.db)
        self.clocks = Clocks(self.db)
        self._said_full = False

    def _open(self) -> None:
        fresh = schema.set_up(self.db)
        if self.db.one(_UNFOUNDED):
            self._found()
            place.settle(self.terms.folder)
        told: dict[str, str] = dict(self.db.rows("SELECT key, value FROM meta"))
        clean = told.get("closed") == "yes"
        if not fresh and (place.size(self.terms.folder) <= _CHECKED_BELOW or not clean):
            fault = self.db.one("PRAGMA quick_check(1)")
            if fault != "ok":
                raise Damaged(path=str(self.db.path), fault=str(fault))
        try:
            self.agent, self.epoch = told["agent"], told["epoch"]
        except KeyError as fault:
            raise Damaged(path=str(self.db.path), fault=str(fault)) from None
        with self.db.transaction():
            self.db.run("INSERT OR REPLACE INTO meta VALUES ('closed', 'no')")
            Clocks(self.db).boot(self.terms.moment())
        place.remember(self.terms.folder, self.agent)
        self.entries = Entries(self.db, agent=self.agent, epoch=self.epoch, source=self.terms.source)

    def _found(self) -> None:
        """Draw who we are. AGENT may be older than this file; then it stands beside it."""
        agent = place.identity(self.terms.folder) or place.draw(_AGENT_LETTERS)
        place.remember(self.terms.folder, agent)
        with self.db.transaction():
            drawn = (("agent", agent), ("epoch", place.draw(_EPOCH_LETTERS)))
            self.db.many("INSERT OR REPLACE INTO meta VALUES (?, ?)", drawn)

    def record(self, record: Record, moment: Moment) -> Entry | None:
        """Keep all that `record` says; return its entry where it has something to travel."""
        self.boards.record(record)
        return None if record.draft is None else self.entries.add(record.draft, moment)

    def bound(self) -> None:
        """Hold the cap, inside the transaction that may have exceeded it."""
        if not self.pruning.over():
            self._said_full = False
            return
        pruned = self.pruning.by_size(self.terms.moment())
        if pruned.lost:
            structlog.get_logger().error("journal_entries_lost", count=pruned.lost, cap_bytes=self.terms.cap_bytes)
        if self.pruning.over() and not self._said_full:
            self._said_full = True
            structlog.get_logger().error("journal_over_cap", used=self.db.used(), cap_bytes=self.terms.cap_bytes)

    def close(self, *, clean: bool) -> None:
        """Close the file; `clean` brings the log home and says in the file that it was closed in order."""
        if clean:
            self.db.run("INSERT OR REPLACE INTO meta VALUES ('closed', 'yes')")
            self.db.checkpoint()
        self.db.close()
