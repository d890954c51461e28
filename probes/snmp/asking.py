"""Asking one device over SNMP, patiently: lost datagrams, answers too big, devices that break on GETBULK."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import msgspec

from probes.errors import Malformed, Refused, Unreachable
from probes.probe import Login
from probes.snmp.client import (
    AUTHORIZATION,
    GENERAL,
    NO_ACCESS,
    NO_SUCH_NAME,
    TOO_BIG,
    Cursor,
    Declined,
    Lost,
    Page,
    Row,
    Stale,
    Table,
    Value,
    Version,
    Wire,
)
from probes.snmp.guard import Caps, Fence, asked, plain

_T = TypeVar("_T")
_FEW: Final = 24  # OIDs of one GET: what even small agents answer within one datagram
_ROWS: Final = 25  # of one GETBULK
_MANY: Final = 60
_REFUSALS: Final = frozenset({NO_ACCESS, AUTHORIZATION})


class Habits(msgspec.Struct, kw_only=True):
    """What was learnt of one device and is worth keeping between probings."""

    bulk: bool | None = None  # whether it answers GETBULK; None: not tried yet
    repetitions: int = _ROWS
    masters: tuple[bytes, bytes] | None = None  # v3: the keys of its pass phrases, costly to derive
    login: Login | None = None  # whose keys these are


class Snmp:
    """What the house asks a device with. Each exchange is tried as often as `tries` has seconds to wait."""

    def __init__(
        self, *, wire: Wire, version: Version, habits: Habits, port: int, tries: tuple[float, ...], caps: Caps
    ) -> None:
        """Ask over `wire`; what is learnt is written into `habits`."""
        self._wire = wire
        self._version = version
        self._habits = habits
        self._port = port
        self._tries = tries
        self._caps = caps
        self._heard = False  # whether any question of this session was answered

    async def open(self) -> None:
        """Learn a v3 device's engine; nothing for the other versions."""
        if self._version == "v3":
            await self._learn(self._tries)

    async def get(self, oids: Sequence[str]) -> dict[str, Value]:
        """Return the values of `oids` that the device has, by OID without leading dot.

        Raises:
            Unreachable, Refused, Malformed: see probes.errors.
        """
        wanted = [plain(oid) for oid in oids]
        found: dict[str, Value] = {}
        for start in range(0, len(wanted), _FEW):
            await self._gather(wanted[start : start + _FEW], found)
        return found

    async def _gather(self, oids: list[str], found: dict[str, Value]) -> None:
        """Ask for `oids` at once; where one of them spoils the answer, without it; where it is too big, in halves."""
        while oids:
            try:
                told = await self._patiently(lambda wait, now=tuple(oids): self._wire.get(now, wait))  # type: ignore[misc]
            except Declined as no:
                if len(oids) == 1:
                    self._alone(no, oids[0])
                    return
                if no.status in {NO_SUCH_NAME, GENERAL, *_REFUSALS} and 0 < no.index <= len(oids):
                    del oids[no.index - 1]
                    continue
                middle = len(oids) // 2
                await self._gather(oids[:middle], found)
                await self._gather(oids[middle:], found)
                return
            found.update(asked(oids, told))
            return

    def _alone(self, no: Declined, oid: str) -> None:
        if no.status in _REFUSALS or not no.status:  # not told: encrypted, and gufo-snmp keeps it to itself
            raise Refused("answer.no_access", oid=oid)
        if no.status == TOO_BIG:
            raise Malformed("answer.too_big", oid=oid)

    async def get_next(self, oid: str) -> Row | None:
        """Return the row that follows `oid` within its subtree; None at its end."""
        rows = await self.walk(oid, max_rows=1, strict=False)
        return rows[0] if rows else None

    async def walk(self, column: str, *, max_rows: int | None = None, strict: bool = True) -> list[Row]:
        """Return the rows below `column`, in order.

        More than `max_rows` (by default the caps') are Malformed; with `strict` off, only the first so many are
        returned. By GETBULK, or by GETNEXT where the device knows none or breaks on it.
        """
        column = plain(column)
        while True:
            try:
                return await self._walk(column, max_rows, strict=strict)
            except _Smaller:
                self._habits.repetitions //= 4
                if self._habits.repetitions <= 1:
                    self._habits.repetitions, self._habits.bulk = 1, False

    async def table(self, columns: Sequence[str], *, max_rows: int | None = None) -> Table:
        """Return the rows of some columns of one table: by index, then by column; a cell that is absent is left out."""
        rows: Table = {}
        for column in columns:
            name = plain(column)
            for oid, value in await self.walk(name, max_rows=max_rows):
                rows.setdefault(oid[len(name) + 1 :], {})[column] = value
        return rows

    async def _walk(self, column: str, max_rows: int | None, *, strict: bool) -> list[Row]:
        caps = self._caps
        if max_rows is not None and strict:
            caps = Caps(rows=min(max_rows, caps.rows), octets=caps.octets)
        fence, gathered = Fence(column, caps), list[Row]()
        few = self._habits.repetitions if max_rows is None or strict else min(self._habits.repetitions, max_rows)
        cursor = self._wire.cursor(column, few)
        while True:
            rows, ended = await self._page(cursor)
            admitted, beyond = fence.admit(rows)
            gathered += admitted
            if ended or beyond or not rows:
                return gathered
            if max_rows is not None and not strict and len(gathered) >= max_rows:
                return gathered[:max_rows]

    async def _page(self, cursor: Cursor) -> Page:
        habits = self._habits
        if self._version == "v1" or habits.bulk is False:
            return await self._single(cursor)
        if habits.bulk:
            return await self._bulk(cursor, self._tries)
        try:
            page = await self._bulk(cursor, self._tries[:-1] or self._tries)
        except (Unreachable, Declined):  # some answer everything but GETBULK: the last try is a GETNEXT
            page = await self._single(cursor, self._tries[-1:])
            habits.bulk = False
            return page
        habits.bulk = True
        return page

    async def _bulk(self, cursor: Cursor, tries: tuple[float, ...]) -> Page:
        try:
            return await self._patiently(cursor.bulk, tries)
        except Declined as no:
            if no.status == TOO_BIG:
                raise _Smaller from None
            if self._habits.bulk:
                return await self._single(cursor)
            raise

    async def _single(self, cursor: Cursor, tries: tuple[float, ...] | None = None) -> Page:
        try:
            return await self._patiently(cursor.next, tries)
        except Declined as no:
            if no.status == NO_SUCH_NAME:  # v1's way to say that this was the end (RFC 1157, 4.1.3)
                return [], True
            if no.status in _REFUSALS or not no.status:
                raise Refused("answer.refused") from None
            raise Malformed("answer.status", status=no.status) from None

    async def _patiently(self, ask: Callable[[float], Awaitable[_T]], tries: tuple[float, ...] | None = None) -> _T:
        """Ask until there is an answer; a changed v3 engine is learnt anew once.

        Raises:
            Unreachable: no try was answered in its time.
            Refused: the device tells its v3 engine, but answers this user nothing.
        """
        learnt = False
        waits = list(tries or self._tries)
        while waits:
            try:
                answer = await ask(waits[0])
            except Lost:
                waits.pop(0)
            except Stale:
                if learnt:
                    raise Malformed("answer.engine") from None
                learnt = True
                await self._learn(self._tries)
            else:
                self._heard = True
                return answer
        if self._version == "v3" and not self._heard:  # net-snmp drops what it cannot decrypt without a word
            await self._learn(self._tries[:1])
            raise Refused("login.unheard")
        raise Unreachable("answer.unheard", port=self._port)

    async def _learn(self, tries: tuple[float, ...]) -> None:
        for wait in tries:
            try:
                await self._wire.refresh(wait)
            except Lost:
                continue
            return
        raise Unreachable("answer.unheard", port=self._port)

    def close(self) -> None:
        """Let go of the socket."""
        self._wire.close()


class _Smaller(Exception):
    """The answer would not fit: the walk begins again with fewer rows at a time."""
