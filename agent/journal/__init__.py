"""The one durable thing: what was noted, what is known, what has yet to be said, in one SQLite file.

The on-disk contract
====================

Files in the state directory
    journal.db, -wal, -shm   the journal; SQLite 3 (3.37 or later), WAL, `application_id` 0x53574A31, pages of 4096
                             bytes, auto_vacuum incremental, STRICT tables
    agent-id                 AGENT and a newline; written before the first journal, replaced whole (rename, fsync of
                             file and folder). It outlives the journal; where both tell and differ, the journal is right
    journal.db.STAMP.damaged a journal that was not sound, set aside at STAMP (UTC, 20261123T070000Z; .1, .2 ... where
                             that is taken), with its -wal and -shm where they are left. Never deleted
    lock                     flock(2), held by the one process that writes; tells its process number; never unlinked

What is fsynced when
    `synchronous = FULL`: every commit fsyncs the log before the method that asked for it returns. Writings that arrive
    within about 20 ms share one commit; one that is at fault by itself is undone alone (savepoint), a disk that refuses
    undoes all of them. A checkpoint fsyncs the file. Whatever was returned from survives `kill -9` and a power cut, and
    nothing is ever half there. Readings see committed state only. The one thing not written at once are the numbers
    to be folded: up to a quarter of an hour of them is lost with a power cut, an orderly stop writes them.

Tables (version 1)
    meta      key, value: `agent`, `epoch` (drawn, letters a-z and 2-7), `closed` (yes after an orderly stop)
    boots     each boot that was seen: first and last sign of life on its monotonic clock, and `before`, the seconds
              served in all earlier boots. served = before + monotonic - first never runs ahead of true time
    marks     starts, stops, clock steps, with all three clocks; the newest 10,000
    entries   what travels: `seq` counts from 1 by one; `lane` 0 first, 1 report; `time` as in the event; when it was
              journaled by all three clocks; `body` is the whole CloudEvent, zlib. A row is never updated
    departed  closed ranges of numbers whose entries are gone: `why` is delivered (every sink had it), size or damage
              (see `loss`). Always: the numbers 1 to the last are exactly those of entries and of departed
    sinks     each sink's cursor in each lane: everything up to it is acknowledged. active 0: no longer configured,
              holds nothing back, goes on where it stood should it return
    poison    entries that one sink refuses for good: left out for it, and visible for as long as the entry is kept
    facts, standings, asked, kept, footage
              the latest of each (agent/record.py); values and findings as msgpack, footage as zlib of msgpack
    devices, series, folds
              roll-ups. A row of folds is a device and an hour (grain 0: at = hours since 1970) until its day is over,
              then a device and a day (grain 1: its hours; grain 2: the day; at = days since 1970). `packed` is raw
              deflate of JSON: [[series, [at], [count], [low], [high], [mean], [last]], ...], six significant digits

What leaves
    By age (30 days served): entries that every sink acknowledged. By size (1 GB): first those, then unacknowledged
    reports, oldest first, then the rest but losses; and the same commit adds an entry of kind `loss`, whose data is
    {"from": seq, "to": seq, "count": n, "reason": "size"|"damage"}: n entries are gone for at least one sink, all of
    them between from and to (entries of the first lane in between may well be there). The wall clock deletes nothing:
    ages count time served, roll-ups are kept by number (14 days by the hour, 400 by the day).

Versions
    `user_version` is the number of steps applied (agent/journal/schema.py). An older file is brought forward in one
    commit. A newer one is refused (`TooNew`) and left as it is.

Damage
    A file that is no journal, fails `quick_check` when opened (looked for in files up to 16 MB, and in any after a
    crash) or turns out to be corrupt when read is set aside; a new epoch begins, with the same AGENT and sinks.
    One entry whose body alone did not survive (zlib's checksum) becomes a `loss` of reason damage.
"""

from agent.journal.errors import Absent, Closed, Damaged, Held, JournalError, TooNew, Unwritable
from agent.journal.folds import Fold
from agent.journal.journal import Journal, boot_id
from agent.journal.lock import Lock, lock
from agent.journal.marks import Mark
from agent.journal.pruning import Pruned
from agent.journal.readonly import ReadOnly
from agent.journal.state import Behind, Edge, Poison, Status, Verdict

__all__ = [
    "Absent",
    "Behind",
    "Closed",
    "Damaged",
    "Edge",
    "Fold",
    "Held",
    "Journal",
    "JournalError",
    "Lock",
    "Mark",
    "Poison",
    "Pruned",
    "ReadOnly",
    "Status",
    "TooNew",
    "Unwritable",
    "Verdict",
    "boot_id",
    "lock",
]
