"""SNMP by gufo-snmp, the fast way where its wheel exists; what it leaves unchecked is checked here first.

It drops error-status, does not verify v3 digests, takes plain answers where privacy was asked for, and panics on an
empty varbind. So each datagram is looked at in the socket's queue before it is let through.
"""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeVar, cast

from gufo.snmp import _fast
from gufo.snmp.user import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    BaseAuthKey,
    BasePrivKey,
    DesKey,
    KeyExpansion,
    KeyType,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
)
from gufo.snmp.user import User as GufoUser

from probes.errors import Malformed, Unreachable, Unsupported
from probes.snmp import ber, usm
from probes.snmp.client import AUTHORIZATION, TOO_BIG, Declined, Page, Row, Stale, User, Value
from probes.snmp.datagram import Line

_T = TypeVar("_T")
_Pair = tuple[str, Value]

_AUTHS: Final[Mapping[str, type[BaseAuthKey]]] = {
    "md5": Md5Key,
    "sha1": Sha1Key,
    "sha224": Sha224Key,
    "sha256": Sha256Key,
    "sha384": Sha384Key,
    "sha512": Sha512Key,
}
_PRIVACIES: Final[Mapping[str, type[BasePrivKey]]] = {
    "des": DesKey,
    "aes128": Aes128Key,
    "aes192": Aes192Key,
    "aes192c": Aes192Key,
    "aes256": Aes256Key,
    "aes256c": Aes256Key,
}
_BUFFER: Final = 4_000  # gufo-snmp reads no longer datagram
_DATAGRAM: Final = 65_535
_EMPTY: Final = b"\x30\x00"  # an empty sequence: among the varbinds it makes gufo-snmp panic


class _Socket(Protocol):
    def get_fd(self) -> int: ...
    def send_get_many(self, oids: list[str]) -> None: ...
    def recv_get_many(self) -> dict[str, Value]: ...
    def send_get_next(self, iter_getnext: _fast.GetIter) -> None: ...
    def recv_get_next(self, iter_getnext: _fast.GetIter) -> _Pair: ...
    def send_get_bulk(self, iter_getbulk: _fast.GetIter) -> None: ...
    def recv_get_bulk(self, iter_getnext: _fast.GetIter) -> list[_Pair | None]: ...


def supports(user: User) -> bool:
    """Tell whether gufo-snmp knows the user's algorithms."""
    return (not user.auth or user.auth in _AUTHS) and (not user.privacy or user.privacy in _PRIVACIES)


class GufoWire:
    """One device by gufo-snmp; see `probes.snmp.client.Wire`."""

    def __init__(
        self, *, host: str, port: int, user: User, community: str = "", keys: tuple[bytes, bytes] = (b"", b"")
    ) -> None:
        """Connect to an address; `keys` are the master keys for authentication and privacy."""
        self._host, self._port = host, port
        self._user, self._keys = user, keys
        self._community = community
        self._engine, self._key = b"", b""
        self._told: tuple[int, int] = (0, 0)
        self._buffer = bytearray(_DATAGRAM)
        self._socket, self._line = self._open()

    def _open(self) -> tuple[_Socket, Line]:
        address = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        made: object
        try:
            if self._user.version == "v1":
                made = _fast.SnmpV1ClientSocket(address, self._community, 0, 0, 0, 0)
            elif self._user.version == "v2c":
                made = _fast.SnmpV2cClientSocket(address, self._community, 0, 0, 0, 0)
            else:
                made = _fast.SnmpV3ClientSocket(address, b"", "", 0, b"", 0, b"", 0, 0, 0, 0)
        except OSError as fault:
            raise Unreachable("answer.no_route", reason=str(fault)) from None
        opened = cast("_Socket", made)
        return opened, Line(socket.socket(fileno=os.dup(opened.get_fd())), self._port)

    async def refresh(self, wait: float) -> None:
        """Learn the engine anew, on a new socket: gufo-snmp keeps the first engine that it saw."""
        if self._user.version != "v3":
            return
        if self._engine:
            self._line.close()
            self._engine, self._key = b"", b""
            self._socket, self._line = self._open()
        sock = cast("_fast.SnmpV3ClientSocket", self._socket)
        await self._exchange(sock.send_refresh, sock.recv_refresh, wait)
        self._engine = sock.get_engine_id()
        if not self._engine:
            raise Malformed("answer.no_engine")
        who = _gufo_user(self._user, self._keys)
        sock.set_keys(who.name, who.get_auth_alg(), who.get_auth_key(), who.get_priv_alg(), who.get_priv_key())
        if self._user.auth:
            self._key = usm.localized(self._user.auth, self._keys[0], self._engine)

    async def get(self, oids: Sequence[str], wait: float) -> Mapping[str, Value]:
        """Return what is there by one GET."""
        wanted = list(oids)
        found = await self._exchange(lambda: self._socket.send_get_many(wanted), self._socket.recv_get_many, wait)
        if self._told[0]:
            raise Declined(*self._told)
        if not found and self._user.privacy:  # an error-status would have been encrypted: ask in another way
            absent, _ = await self._single(wanted[0], wait)
            if not absent:
                raise Declined(0)
        return found

    async def _single(self, oid: str, wait: float) -> tuple[bool, Value | None]:
        """Return whether `oid` is absent, and its value. On an error-status a single GET gives neither."""
        sock = cast("_fast.SnmpV3ClientSocket", self._socket)

        def read() -> tuple[bool, Value | None]:
            try:
                return False, sock.recv_get()
            except _fast.NoSuchInstance:
                return True, None

        return await self._exchange(lambda: sock.send_get(oid), read, wait)

    def cursor(self, column: str, repetitions: int) -> "_GufoCursor":
        """Return a cursor before the first row of `column`."""
        return _GufoCursor(self, column, repetitions)

    async def next(self, place: _fast.GetIter, column: str, wait: float) -> Page:
        """Return the row after `place` in `column` by one GETNEXT."""

        def read() -> Page:
            try:
                return [self._socket.recv_get_next(place)], False
            except StopAsyncIteration:
                return [], True

        page = await self._exchange(lambda: self._socket.send_get_next(place), read, wait)
        if self._told[0]:
            raise Declined(*self._told)
        if not page[0] and self._user.privacy:
            absent, value = await self._single(column, wait)
            if not absent and value is None:
                raise Declined(0)
        return page

    async def bulk(self, place: _fast.GetIter, column: str, wait: float) -> Page:
        """Return the rows after `place` in `column` by one GETBULK."""

        def read() -> Page:
            try:
                rows = self._socket.recv_get_bulk(place)
            except StopAsyncIteration:
                return [], True
            if rows[-1] is None:
                return cast("list[Row]", rows[:-1]), True
            return cast("list[Row]", rows), False

        page = await self._exchange(lambda: self._socket.send_get_bulk(place), read, wait)
        if self._told[0]:
            raise Declined(*self._told)
        if page == ([], True) and self._user.privacy:  # the end, or an error that was encrypted: GETNEXT tells
            return await self.next(place, column, wait)
        return page

    async def _exchange(self, send: Callable[[], None], read: Callable[[], _T], wait: float) -> _T:
        for _ in range(2):  # once more where the device only corrected our idea of its clock
            try:
                return await self._line.exchange(send, lambda: self._read(read), wait)
            except _Clock:
                continue
        raise Stale

    def _read(self, read: Callable[[], _T]) -> _T:
        """Look at the datagram in the queue, then let gufo-snmp read it; BlockingIOError: it is no answer of ours."""
        size, _, _, _ = self._line.socket.recvmsg_into(
            [self._buffer], 0, socket.MSG_PEEK | socket.MSG_DONTWAIT | socket.MSG_TRUNC
        )
        octets = bytes(memoryview(self._buffer)[:size])
        try:
            clock = self._look(octets)
        except BaseException:
            self._line.socket.recv(1)  # it goes, whatever it was
            raise
        try:
            return read()
        except _fast.SnmpAuthError:
            if clock:
                raise _Clock from None
            raise Declined(AUTHORIZATION) from None  # the one error-status that it does tell
        except _fast.SnmpError:
            raise Malformed from None
        except (OSError, StopAsyncIteration):
            raise
        except BaseException as fault:  # a panic in Rust is no Exception
            if type(fault).__name__ != "PanicException":
                raise
            raise Malformed from None

    def _look(self, octets: bytes) -> bool:
        """Judge a datagram before gufo-snmp may see it; tell whether it only corrects our idea of the clock."""
        if len(octets) > _BUFFER:
            raise Declined(TOO_BIG)
        if _EMPTY in octets and not ber.sound(octets):
            raise Malformed
        try:
            if self._user.version != "v3":
                self._told = ber.status(octets)
                return False
            found = usm.envelope(octets)
            clock = usm.heed(octets, found) if self._engine else True
            if not clock and not usm.genuine(octets, found, self._user, self._engine, self._key):
                raise BlockingIOError
        except ValueError:
            raise Malformed from None
        return clock

    def close(self) -> None:
        """Let go of the socket."""
        self._line.close()


class _Clock(Exception):
    """The device told us its time: what was asked is to be asked again at once."""


class _GufoCursor:
    """Where a walk stands. gufo-snmp moves its own mark as rows come, so that nobody else can."""

    def __init__(self, wire: GufoWire, column: str, repetitions: int) -> None:
        self._wire, self._column = wire, column
        self._place = _fast.GetIter(column, repetitions)

    async def bulk(self, wait: float) -> Page:
        return await self._wire.bulk(self._place, self._column, wait)

    async def next(self, wait: float) -> Page:
        return await self._wire.next(self._place, self._column, wait)


def _gufo_user(user: User, keys: tuple[bytes, bytes]) -> GufoUser:
    if not supports(user):
        raise Unsupported("answer.algorithm", algorithm=f"{user.auth}/{user.privacy}")
    auth, privacy = _AUTHS.get(user.auth), _PRIVACIES.get(user.privacy)
    key = None
    if privacy is not None:
        key = privacy(b"", KeyType.Password)
        key.key, key.key_type = keys[1], KeyType.Master  # set apart: the constructor's User would pad it
    made = GufoUser(
        user.name,
        auth_key=auth(keys[0], KeyType.Master) if auth is not None else None,
        key_expansion=KeyExpansion.Cisco if user.privacy.endswith("c") else KeyExpansion.Blumenthal,
    )
    made.priv_key = key
    return made
