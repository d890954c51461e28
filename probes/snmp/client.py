"""The seam: what the rest of the house may ask of SNMP, and what a library's adapter must be able to do."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol

import msgspec

from probes.errors import Unsupported
from probes.probe import Login

#: Integers of every width and sign are int, OCTET STRING and Opaque bytes; an OID or IpAddress is a dotted str.
Value = int | bytes | str | float
Row = tuple[str, Value]  # the OID without leading dot, and its value
Page = tuple[list[Row], bool]  # rows in the order they came, and whether the device says that this was the end
Table = dict[str, dict[str, Value]]  # by index (the OID's rest), then by column

Version = Literal["v1", "v2c", "v3"]
AUTHS: Final = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
#: A trailing c is Cisco's (Reeder's) way of stretching a short key; without it Blumenthal's, as net-snmp does.
PRIVACIES: Final = ("des", "3des", "aes128", "aes192", "aes192c", "aes256", "aes256c")
_ALSO: Final = {"sha": "sha1", "aes": "aes128", "tripledes": "3des", "des3": "3des", "3desede": "3des"}

# RFC 3416, 3: error-status
TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2
GENERAL: Final = 5
NO_ACCESS: Final = 6
AUTHORIZATION: Final = 16


class Lost(Exception):
    """One exchange was not answered in its time."""


class Stale(Exception):
    """A v3 device changed its engine or its clock: say it again, once, to what it is now."""


class Declined(Exception):
    """The device answered with an error-status. `index` is the varbind it blames, from 1; 0: none, or not told."""

    def __init__(self, status: int, index: int = 0) -> None:
        """Keep the answer's error-status and error-index."""
        super().__init__(status, index)
        self.status = status
        self.index = index


class Cursor(Protocol):
    """Where a walk through one column stands. A lost exchange does not move it."""

    async def bulk(self, wait: float) -> Page:
        """Return the next rows by one GETBULK."""

    async def next(self, wait: float) -> Page:
        """Return the next row by one GETNEXT."""


class Wire(Protocol):
    """One device on one socket. Every call is one exchange of at most `wait` seconds.

    Raises everywhere: Lost, Stale, Declined, and the family of probes.errors.
    """

    async def get(self, oids: Sequence[str], wait: float) -> Mapping[str, Value]:
        """Return what is there; an OID without a value (noSuchObject, noSuchInstance) is left out."""

    def cursor(self, column: str, repetitions: int) -> Cursor:
        """Return a cursor before the first row of `column`."""

    async def refresh(self, wait: float) -> None:
        """Learn a v3 device's engine anew."""

    def close(self) -> None:
        """Let go of the socket."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """What is said at the door: a community, or a v3 user with the names of its algorithms ("" for none)."""

    version: Version
    name: str = ""
    auth: str = ""
    privacy: str = ""


def user(login: Login) -> User:
    """Return who a login is, its algorithms by their canonical names.

    Raises:
        Unsupported: no such version or algorithm, or privacy without authentication (RFC 3414, 1.4.2).
    """
    if login.snmp not in {"v1", "v2c", "v3"}:
        raise Unsupported("answer.algorithm", algorithm=login.snmp)
    auth, privacy = _canonical(login.auth, AUTHS), _canonical(login.privacy, PRIVACIES)
    if privacy and not auth:
        raise Unsupported("answer.algorithm", algorithm=privacy)
    version: Version = "v1" if login.snmp == "v1" else "v2c" if login.snmp == "v2c" else "v3"
    return User(version=version, name=login.username, auth=auth, privacy=privacy)


def _canonical(written: str, known: tuple[str, ...]) -> str:
    plain = written.lower().replace("-", "").replace("_", "")
    plain = _ALSO.get(plain, plain)
    if plain in {"", "none"}:
        return ""
    if plain not in known:
        raise Unsupported("answer.algorithm", algorithm=written)
    return plain
