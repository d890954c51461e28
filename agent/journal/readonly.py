"""The journal for those who only look: beside a running service, without one, and where nothing may be written."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.journal import place, schema, state
from agent.journal.boards import Boards
from agent.journal.database import Database
from agent.journal.entries import Entries
from agent.journal.errors import Absent, Damaged, Unwritable
from agent.journal.folds import Fold, Folds
from agent.journal.marks import Clocks, Mark
from agent.journal.state import Status, Verdict
from agent.record import Board, Entry
from probes.model import Footage


class ReadOnly:
    """Reads the journal in a state directory; changes nothing in it. Each method sees the latest commit."""

    def __init__(self, folder: Path) -> None:
        """Take the state directory; it is opened by `with`."""
        self._folder = folder
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Open.

        Raises:
            Absent: there is no journal.
            Damaged: it is not sound.
            TooNew: a later version wrote it.
            Unwritable: it may not even be read.
        """
        if not (self._folder / place.FILE).exists():
            raise Absent(path=str(self._folder))
        try:
            self._db = self._opened()
            told: dict[str, str] = dict(self._db.rows("SELECT key, value FROM meta"))
            self.agent, self.epoch = told["agent"], told["epoch"]
        except KeyError as fault:
            self._stack.close()
            raise Damaged(path=str(self._folder / place.FILE), fault=str(fault)) from None
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._stack.close()

    def _opened(self) -> Database:
        path = self._folder / place.FILE
        with contextlib.suppress(Unwritable):
            return self._tried(Database(path, mode="ro"))
        # SQLite wants to write the index of the log even to read. Without a log the file alone is the whole truth; with
        # one, and no leave to write, a copy of both is.
        if place.size(self._folder, "-wal") == 0:
            return self._tried(Database(path, mode="immutable"))
        copy = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sitewarden-")))
        try:
            for ending in ("", "-wal"):
                shutil.copyfile(self._folder / (place.FILE + ending), copy / (place.FILE + ending))
        except OSError as fault:
            raise place.refusal(fault, self._folder) from None
        return self._tried(Database(copy / place.FILE, mode="rwc"))

    def _tried(self, db: Database) -> Database:
        self._stack.callback(db.close)
        if schema.inspect(db) == 0:
            raise Absent(path=str(self._folder))  # begun this instant, or never
        return db

    def board(self) -> Board:
        """Return the latest of everything."""
        return Boards(self._db).board()

    def kept(self, device: str) -> dict[str, str]:
        """Return the durable strings of `device` by name."""
        return Boards(self._db).kept(device)

    def footage(self, device: str, subject: str) -> Footage | None:
        """Return what a channel held when last asked; None where that is not known."""
        return Boards(self._db).footage(device, subject)

    def trend(self, device: str, name: str, subject: str = "", *, daily: bool = False) -> list[Fold]:
        """Return how a number went, as far as it is written; see `Journal.trend`."""
        return Folds(self._db).trend(device, name, subject, daily=daily)

    def marks(self) -> list[Mark]:
        """Return starts, stops and clock steps in the order in which they were noted."""
        return Clocks(self._db).marks()

    def entries(self) -> Iterator[Entry]:
        """Yield every entry that is kept and can be read, in the order of the numbers."""
        found = Entries(self._db, agent=self.agent, epoch=self.epoch, source="").every()
        return (entry for entry in found if isinstance(entry, Entry))

    def status(self) -> Status:
        """Return how full the journal is, and how far behind each sink."""
        return state.status(self._db, self._folder, agent=self.agent, epoch=self.epoch, cap_bytes=None)

    def verify(self) -> Verdict:
        """Look at every page and every entry; a service that writes meanwhile is not held up."""
        return state.verify(self._db, agent=self.agent, epoch=self.epoch)
