"""A probe: a declared way of looking at a device; and what it is handed to do so."""

import contextlib
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, Self, TypeVar

import msgspec

from probes.device import Device
from probes.model import Observation

Note = Callable[[Observation], None]
Clock = Callable[[], float]


class Secret:
    """A password, community or key. It shows itself to nobody who does not ask by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep `value` out of sight."""
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __repr__(self) -> str:
        """Return stars, whatever it is."""
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._value)

    def __reduce__(self) -> str:
        """Refuse to be pickled."""
        raise TypeError("a secret does not travel")


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A credential with its secret, as one protocol of one device uses it.

    `snmp` is v1, v2c or v3. For v1 and v2c `secret` is the community; for v3 `secret` is the authentication and
    `privacy_secret` the privacy pass phrase, used with the algorithms `auth` and `privacy` (sha256, aes128, ...).
    """

    name: str = ""
    username: str = ""
    secret: Secret | None = None
    snmp: str = "v2c"
    auth: str = ""
    privacy: str = ""
    privacy_secret: Secret | None = None


class Closable(Protocol):
    """What may stand in the `Shared` shelf."""

    async def aclose(self) -> None:
        """Let go of sockets and memory."""


_T = TypeVar("_T", bound=Closable)


class Shared:
    """What all probings of one process share (HTTP session, TLS contexts, parsed WSDLs), made on first use.

    Keyed by type, so that each protocol's room keeps its own thing here and no module holds state. Use as an async
    context manager: it closes everything in the reverse order of making.
    """

    def __init__(self) -> None:
        """Start with nothing made."""
        self._made: dict[type[Any], Closable] = {}

    def get(self, kind: type[_T]) -> _T:
        """Return the process's one `kind`, made now where it is not yet."""
        found = self._made.get(kind)
        if found is None:
            found = self._made[kind] = kind()
        assert isinstance(found, kind)
        return found

    async def __aenter__(self) -> Self:
        """Return self."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all that was made."""
        while self._made:
            thing = self._made.popitem()[1]
            with contextlib.suppress(Exception):
                await thing.aclose()


class Target(msgspec.Struct, kw_only=True):
    """The one device that a probe may touch, and what it needs to do so.

    `kept` is durable: short strings that survive restarts (a pinned fingerprint). `state` lives as long as the process:
    each protocol keeps one object of its own type there (digest nonce, clock offset, discovered services).
    """

    device: Device
    shared: Shared
    logins: dict[str, Login] = {}  # by protocol
    kept: MutableMapping[str, str] = {}
    state: dict[type[Any], Any] = {}
    clock: Clock = time.time  # unix seconds: to stamp and to compare, never to measure lengths

    def login(self, protocol: str) -> Login:
        """Return the login for `protocol`; an empty one where the inventory names none."""
        return self.logins.get(protocol) or Login()


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration that stands last in a probe's file, as PROBE.

    `notes` names the facts that it may note (trailing `*`: all that begin so). A device is asked when it has the block
    `protocol` (None: every device) and its kind is among `kinds` (None: every kind). `anonymous` probes need no login
    and go on while a refused credential rests; `slow` ones run on demand only when named.
    """

    name: str
    protocol: str | None
    notes: tuple[str, ...]
    observe: Callable[[Target, Note], Awaitable[None]]
    every: float = 60.0
    timeout: float = 20.0
    kinds: frozenset[str] | None = None
    anonymous: bool = False
    slow: bool = False

    def fits(self, device: Device) -> bool:
        """Tell whether this probe is for `device`."""
        spoken = self.protocol is None or device.block(self.protocol) is not None
        return spoken and (self.kinds is None or device.kind in self.kinds)
