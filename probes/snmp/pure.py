"""SNMP by pysnmp, everywhere: its codecs and ciphers, over a socket of our own."""

import functools
import random
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pyasn1.error import PyAsn1Error  # type: ignore[import-untyped]
from pyasn1.type import univ  # type: ignore[import-untyped]
from pysnmp.proto import api, rfc1902, rfc1905  # type: ignore[import-untyped]
from pysnmp.proto.error import ProtocolError, StatusInformation  # type: ignore[import-untyped]
from pysnmp.proto.mpmod.rfc3412 import ScopedPDU, SNMPv3Message  # type: ignore[import-untyped]
from pysnmp.proto.secmod import rfc3414  # type: ignore[import-untyped]
from pysnmp.proto.secmod.eso.priv.aes192 import Aes192, AesBlumenthal192  # type: ignore[import-untyped]
from pysnmp.proto.secmod.eso.priv.aes256 import Aes256, AesBlumenthal256  # type: ignore[import-untyped]
from pysnmp.proto.secmod.eso.priv.des3 import Des3  # type: ignore[import-untyped]
from pysnmp.proto.secmod.rfc3414.auth import hmacmd5, hmacsha  # type: ignore[import-untyped]
from pysnmp.proto.secmod.rfc3414.priv.des import Des  # type: ignore[import-untyped]
from pysnmp.proto.secmod.rfc3826.priv.aes import Aes  # type: ignore[import-untyped]
from pysnmp.proto.secmod.rfc7860.auth import hmacsha2  # type: ignore[import-untyped]

from probes.errors import Malformed, Unreachable
from probes.snmp import usm
from probes.snmp.client import Declined, Page, Row, Stale, User, Value
from probes.snmp.datagram import Line

_AUTHS: Final[Mapping[str, tuple[int, ...]]] = {
    "md5": hmacmd5.HmacMd5.SERVICE_ID,
    "sha1": hmacsha.HmacSha.SERVICE_ID,
    "sha224": hmacsha2.HmacSha2.SHA224_SERVICE_ID,
    "sha256": hmacsha2.HmacSha2.SHA256_SERVICE_ID,
    "sha384": hmacsha2.HmacSha2.SAH384_SERVICE_ID,
    "sha512": hmacsha2.HmacSha2.SHA512_SERVICE_ID,
}
_PRIVACIES: Final[Mapping[str, Callable[[], Any]]] = {
    "des": Des,
    "3des": Des3,
    "aes128": Aes,
    "aes192": AesBlumenthal192,
    "aes192c": Aes192,
    "aes256": AesBlumenthal256,
    "aes256c": Aes256,
}
_Security = rfc3414.service.UsmSecurityParameters  # rfc3414 comes before eso: they import each other
_T = TypeVar("_T")
_DATAGRAM: Final = 65_535
_REPORTABLE: Final = 4
_ABSENT: Final = (rfc1905.NoSuchObject, rfc1905.NoSuchInstance, rfc1905.EndOfMibView, univ.Null)


class PureWire:
    """One device by pysnmp's codecs; see `probes.snmp.client.Wire`."""

    def __init__(
        self, *, host: str, port: int, user: User, community: str = "", keys: tuple[bytes, bytes] = (b"", b"")
    ) -> None:
        """Connect to an address; `keys` are the master keys for authentication and privacy."""
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(0)
        try:
            sock.connect((host, port))
        except OSError as fault:
            sock.close()
            raise Unreachable("answer.no_route", reason=str(fault)) from None
        self._line = Line(sock, port)
        self._user, self._keys = user, keys
        self._community = community
        self._api = api.PROTOCOL_MODULES[api.SNMP_VERSION_1 if user.version == "v1" else api.SNMP_VERSION_2C]
        self._cipher = _PRIVACIES[user.privacy]() if user.privacy else None
        if self._cipher is not None:  # pysnmp begins each cipher at the same salt
            self._cipher.local_int = secrets.randbits(31)
        self._engine, self._key, self._secret = b"", b"", b""
        self._boots, self._time, self._at = 0, 0, 0.0
        self._request = random.randrange(1, 1 << 30)  # noqa: S311  no secret: it tells late answers apart

    async def refresh(self, wait: float) -> None:
        """Learn the engine anew (RFC 3414, 4): an empty request, which the device answers by a report."""
        if self._user.version != "v3":
            return
        self._engine, self._at = b"", 0.0
        octets = self._seal(self._numbered(self._pdu("GetRequestPDU", ())))
        found = await self._line.exchange(lambda: self._send(octets), self._meet, wait)
        self._learn(found)
        self._engine = found.engine
        if not self._engine:
            raise Malformed("answer.no_engine")
        if self._user.auth:
            self._key = usm.localized(self._user.auth, self._keys[0], self._engine)
        if self._cipher is not None:
            master, engine = univ.OctetString(self._keys[1]), univ.OctetString(self._engine)
            self._secret = self._cipher.localize_key(_AUTHS[self._user.auth], master, engine)

    async def get(self, oids: Sequence[str], wait: float) -> Mapping[str, Value]:
        """Return what is there by one GET."""
        return dict((await self._exchange(self._pdu("GetRequestPDU", oids), wait))[0])

    def cursor(self, column: str, repetitions: int) -> "_PureCursor":
        """Return a cursor before the first row of `column`."""
        return _PureCursor(self, column, repetitions)

    async def next(self, oid: str, wait: float) -> Page:
        """Return the row after `oid` by one GETNEXT."""
        return await self._exchange(self._pdu("GetNextRequestPDU", (oid,)), wait)

    async def bulk(self, oid: str, repetitions: int, wait: float) -> Page:
        """Return the rows after `oid` by one GETBULK."""
        pdu = self._pdu("GetBulkRequestPDU", (oid,))
        api.v2c.apiBulkPDU.set_max_repetitions(pdu, repetitions)
        return await self._exchange(pdu, wait)

    def _pdu(self, kind: str, oids: Sequence[str]) -> Any:
        pdu = getattr(self._api, kind)()
        side = api.v2c.apiBulkPDU if kind == "GetBulkRequestPDU" else self._api.apiPDU
        side.set_defaults(pdu)
        side.set_varbinds(pdu, [(oid, self._api.Null("")) for oid in oids])
        return pdu

    def _numbered(self, pdu: Any) -> Any:
        self._request = self._request % 0x7FFFFFFE + 1
        self._api.apiPDU.set_request_id(pdu, self._request)
        return pdu

    async def _exchange(self, pdu: Any, wait: float) -> Page:
        for _ in range(2):  # once more where the device only corrected our idea of its clock
            octets = self._seal(self._numbered(pdu))
            page = await self._line.exchange(functools.partial(self._send, octets), self._read, wait)
            if page is not None:
                return page
        raise Stale

    def _send(self, octets: bytes) -> None:
        self._line.socket.send(octets)

    def _read(self) -> Page | None:
        return self._decoded(self._open)

    def _meet(self) -> usm.Envelope:
        return self._decoded(self._introduced)

    def _decoded(self, decode: Callable[[bytes], _T]) -> _T:
        octets = self._line.socket.recv(_DATAGRAM)
        try:
            return decode(octets)
        except (PyAsn1Error, ProtocolError, StatusInformation, ValueError, IndexError, TypeError, AttributeError):
            raise Malformed from None

    def _seal(self, pdu: Any) -> bytes:
        if self._user.version == "v3":
            return self._seal_v3(pdu)
        message = self._api.Message()
        self._api.apiMessage.set_defaults(message)
        self._api.apiMessage.set_community(message, self._community)
        self._api.apiMessage.set_pdu(message, pdu)
        octets: bytes = encoder.encode(message)
        return octets

    def _seal_v3(self, pdu: Any) -> bytes:
        known = bool(self._engine)
        flags = (bool(self._user.auth) | bool(self._user.privacy) << 1) * known | _REPORTABLE
        scoped = ScopedPDU()
        scoped[0], scoped[1] = self._engine, b""
        scoped.setComponentByPosition(2).getComponentByPosition(2).setComponentByType(pdu.tagSet, pdu)
        boots, now = self._clock()
        salt = b""
        message = SNMPv3Message()
        if known and self._cipher is not None:
            sealed, salt = self._cipher.encrypt_data(self._secret, (boots, now, None), encoder.encode(scoped))
            message.setComponentByPosition(3).getComponentByPosition(3).setComponentByName("encryptedPDU", sealed)
        else:
            message.setComponentByPosition(3).getComponentByPosition(3).setComponentByName("plaintext", scoped)
        blank = bytes(usm.DIGESTS[self._user.auth][1]) if known and self._user.auth else b""
        security = _Security()
        name = self._user.name.encode() if known else b""
        for place, value in enumerate((self._engine, boots, now, name, blank, salt)):
            security.setComponentByPosition(place, value)
        message[0] = 3
        head = message.setComponentByPosition(1).getComponentByPosition(1)
        head[0], head[1], head[2], head[3] = self._request, _DATAGRAM, bytes((flags,)), 3
        message[2] = encoder.encode(security)
        octets: bytes = encoder.encode(message)
        return usm.sign(octets, self._user.auth, self._key) if blank else octets

    def _clock(self) -> tuple[int, int]:
        """Return the device's boots and its time as it must be by now."""
        return self._boots, self._time + (int(time.monotonic() - self._at) if self._engine else 0)

    def _open(self, octets: bytes) -> Page | None:
        """Return the rows of an answer; None where the device only told its time."""
        if self._user.version == "v3":
            pdu = self._open_v3(octets)
            if pdu is None:
                return None
        else:
            message, rest = decoder.decode(octets, asn1Spec=self._api.Message())
            if rest or self._api.apiMessage.get_community(message) != self._community.encode():
                raise BlockingIOError
            pdu = self._api.apiMessage.get_pdu(message)
        if int(self._api.apiPDU.get_request_id(pdu)) != self._request:
            raise BlockingIOError  # late, or somebody else's
        told = int(self._api.apiPDU.get_error_status(pdu))
        if told:
            raise Declined(told, int(self._api.apiPDU.get_error_index(pdu)))
        return _page(self._api.apiPDU.get_varbinds(pdu))

    def _open_v3(self, octets: bytes) -> Any:
        found = usm.envelope(octets)
        clock = usm.heed(octets, found)
        if not clock and not usm.genuine(octets, found, self._user, self._engine, self._key):
            raise BlockingIOError
        message = self._message(octets)
        self._learn(found)
        if clock:
            return None
        scoped = message[3].getComponent()
        if message[3].getName() == "encryptedPDU":
            if self._cipher is None:
                raise Malformed
            security, _ = decoder.decode(message[2].asOctets(), asn1Spec=_Security())
            plain = self._cipher.decrypt_data(self._secret, (found.boots, found.time, security[5]), scoped)
            scoped, _ = decoder.decode(plain, asn1Spec=ScopedPDU())
        return scoped[2].getComponent()

    def _introduced(self, octets: bytes) -> usm.Envelope:
        found = usm.envelope(octets)
        self._message(octets)
        return found

    def _message(self, octets: bytes) -> Any:
        message, _ = decoder.decode(octets, asn1Spec=SNMPv3Message())
        if int(message[1][0]) != self._request:
            raise BlockingIOError
        return message

    def _learn(self, found: usm.Envelope) -> None:
        self._boots, self._time, self._at = found.boots, found.time, time.monotonic()

    def close(self) -> None:
        """Let go of the socket."""
        self._line.close()


class _PureCursor:
    """Where a walk stands: after the last row that came."""

    def __init__(self, wire: PureWire, column: str, repetitions: int) -> None:
        self._wire = wire
        self._place = column
        self._repetitions = repetitions

    async def bulk(self, wait: float) -> Page:
        return self._moved(await self._wire.bulk(self._place, self._repetitions, wait))

    async def next(self, wait: float) -> Page:
        return self._moved(await self._wire.next(self._place, wait))

    def _moved(self, page: Page) -> Page:
        if page[0]:
            self._place = page[0][-1][0]
        return page


def _page(varbinds: Any) -> Page:
    rows: list[Row] = []
    ended = not varbinds
    for name, value in varbinds:
        if isinstance(value, _ABSENT):
            ended = ended or isinstance(value, rfc1905.EndOfMibView)
            continue
        rows.append((str(name), _value(value)))
    return rows, ended


def _value(value: Any) -> Value:
    if isinstance(value, rfc1902.IpAddress):
        return ".".join(str(octet) for octet in value.asNumbers())
    if isinstance(value, univ.OctetString):
        octets: bytes = value.asOctets()
        return octets
    if isinstance(value, univ.ObjectIdentifier):
        return str(value)
    return int(value)
