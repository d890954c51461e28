"""What is known of time: boots, starts, stops, clock steps, and how long the agent has been seen to run in all."""

from typing import Final

import msgspec

from agent.journal.database import Database

_KEPT: Final = 10_000
_FRESH_S: Final = 60.0  # how far behind a boot's last sign of life may lag, so that not every commit touches it


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A point in time as all three clocks told it: unix seconds, the boot's id, seconds on its monotonic clock."""

    wall: float
    boot: str
    monotonic: float


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that matters to time: a start, a stop, a step of the clock."""

    kind: str
    wall: float
    boot: str
    monotonic: float


class Clocks:
    """Translates moments to time *served*: the seconds that the agent was seen to run, over all boots.

    It never runs ahead of true time, whatever the wall clock does, so that an age counted in it is never too old.
    """

    def __init__(self, db: Database) -> None:
        """Work on `db`."""
        self._db = db

    def boot(self, moment: Moment) -> int:
        """Return the number of the moment's boot, drawing one where it is new, and note the sign of life."""
        row = self._db.rows("SELECT id, last FROM boots WHERE boot = ?", (moment.boot,))
        if row:
            number, last = row[0]
            if moment.monotonic > last + _FRESH_S:
                self._db.run("UPDATE boots SET last = ? WHERE id = ?", (moment.monotonic, number))
            return int(number)
        previous = self._db.rows("SELECT id, first, last, before FROM boots ORDER BY id DESC LIMIT 1")
        before = 0.0
        if previous:
            number, first, last, base = previous[0]
            said = self._db.rows("SELECT boot, mono FROM entries ORDER BY seq DESC LIMIT 1")
            lasted = max(last, said[0][1]) if said and said[0][0] == number else last
            before = base + max(lasted - first, 0.0)
        sql = "INSERT INTO boots (boot, first, last, before) VALUES (?, ?, ?, ?)"
        self._db.run(sql, (moment.boot, moment.monotonic, moment.monotonic, before))
        return int(self._db.one("SELECT id FROM boots WHERE boot = ?", (moment.boot,)))

    def origins(self) -> dict[int, float]:
        """Return for each boot what turns its monotonic time into time served: served = origin + monotonic."""
        return {
            number: before - first for number, first, before in self._db.rows("SELECT id, first, before FROM boots")
        }

    def mark(self, kind: str, moment: Moment) -> None:
        """Write down what happened when; the newest ten thousand are kept."""
        number = self.boot(moment)
        self._db.run("UPDATE boots SET last = max(last, ?) WHERE id = ?", (moment.monotonic, number))
        sql = "INSERT INTO marks (kind, wall, boot, mono) VALUES (?, ?, ?, ?)"
        self._db.run(sql, (kind, moment.wall, number, moment.monotonic))
        self._db.run("DELETE FROM marks WHERE id <= (SELECT max(id) FROM marks) - ?", (_KEPT,))

    def marks(self) -> list[Mark]:
        """Return the marks in the order in which they were made."""
        sql = "SELECT kind, wall, boots.boot, mono FROM marks JOIN boots ON boots.id = marks.boot ORDER BY marks.id"
        return [Mark(kind=kind, wall=wall, boot=boot, monotonic=mono) for kind, wall, boot, mono in self._db.each(sql)]
