"""The tables of the journal, step by step, and what is done to a file before it is trusted."""

from collections.abc import Sequence
from typing import Final

from agent.journal.database import Database
from agent.journal.errors import Damaged, TooNew

APPLICATION: Final = 0x53574A31  # "SWJ1", in the file's header: this is a journal and no other database

#: One script a version; a step that was released is never edited. `PRAGMA user_version` counts those applied.
STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE boots (id INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE, first REAL NOT NULL,
           last REAL NOT NULL, before REAL NOT NULL) STRICT""",
        """CREATE TABLE marks (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, wall REAL NOT NULL, boot INTEGER NOT NULL,
           mono REAL NOT NULL) STRICT""",
        """CREATE TABLE entries (seq INTEGER PRIMARY KEY, lane INTEGER NOT NULL, kind TEXT NOT NULL,
           time TEXT NOT NULL, wall REAL NOT NULL, boot INTEGER NOT NULL, mono REAL NOT NULL,
           body BLOB NOT NULL) STRICT""",
        "CREATE INDEX entries_first ON entries (seq) WHERE lane = 0",
        "CREATE TABLE departed (low INTEGER PRIMARY KEY, high INTEGER NOT NULL, why TEXT NOT NULL) STRICT",
        """CREATE TABLE sinks (name TEXT PRIMARY KEY, first INTEGER NOT NULL, report INTEGER NOT NULL,
           active INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
        """CREATE TABLE poison (sink TEXT NOT NULL, seq INTEGER NOT NULL, reason TEXT NOT NULL, wall REAL NOT NULL,
           PRIMARY KEY (sink, seq)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE facts (device TEXT NOT NULL, probe TEXT NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL,
           value BLOB NOT NULL, unit TEXT NOT NULL, detail TEXT NOT NULL, seen_at REAL NOT NULL,
           changed_at REAL NOT NULL, PRIMARY KEY (device, probe, name, subject)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE standings (device TEXT NOT NULL, owner TEXT NOT NULL, n INTEGER NOT NULL, finding BLOB NOT NULL,
           since REAL NOT NULL, PRIMARY KEY (device, owner, n)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE asked (device TEXT NOT NULL, probe TEXT NOT NULL, tried_at REAL NOT NULL,
           answered_at REAL NOT NULL, PRIMARY KEY (device, probe)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE kept (device TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
           PRIMARY KEY (device, name)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE footage (device TEXT NOT NULL, subject TEXT NOT NULL, packed BLOB NOT NULL,
           PRIMARY KEY (device, subject)) STRICT""",
        "CREATE TABLE devices (id INTEGER PRIMARY KEY, device TEXT NOT NULL UNIQUE) STRICT",
        """CREATE TABLE series (device INTEGER NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL,
           unit TEXT NOT NULL, PRIMARY KEY (device, n), UNIQUE (device, name, subject)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE folds (grain INTEGER NOT NULL, at INTEGER NOT NULL, device INTEGER NOT NULL,
           packed BLOB NOT NULL, PRIMARY KEY (grain, at, device)) STRICT, WITHOUT ROWID""",
    ),
)


def set_up(db: Database, *, steps: Sequence[Sequence[str]] = STEPS) -> bool:
    """Make a new file a journal, or bring an older one up to `steps`, in one commit. Return whether it was new.

    Raises:
        TooNew: it was written by a later version; it is left untouched.
        Damaged: it is no journal.
        Unwritable: the disk does not let us.
    """
    version = inspect(db, known=len(steps))
    if version == 0:
        # Both work on an empty file only, and outside a transaction.
        db.rows("PRAGMA page_size = 4096")
        db.rows("PRAGMA auto_vacuum = INCREMENTAL")
    db.rows("PRAGMA journal_mode = WAL")
    db.rows("PRAGMA synchronous = FULL")
    db.rows("PRAGMA cache_size = -4096")
    db.rows("PRAGMA journal_size_limit = 8388608")
    if version < len(steps):
        with db.transaction():
            for step in steps[version:]:
                for statement in step:
                    db.run(statement)
            db.run(f"PRAGMA application_id = {APPLICATION}")
            db.run(f"PRAGMA user_version = {len(steps)}")
    return version == 0


def inspect(db: Database, *, known: int = len(STEPS)) -> int:
    """Return the file's version, 0 for an empty one, without changing it.

    Raises:
        TooNew: the version is higher than `known`.
        Damaged: it is no journal.
    """
    version = int(db.one("PRAGMA user_version"))
    foreign = db.one("PRAGMA application_id") != APPLICATION
    if foreign and (version or db.one("SELECT count(*) FROM sqlite_master")):
        raise Damaged(path=str(db.path), fault="application_id")
    if version > known:
        raise TooNew(path=str(db.path), found=version, known=known)
    return version
