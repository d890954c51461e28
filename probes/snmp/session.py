"""Opening SNMP to a target: which library, whose keys, and the socket closed again afterwards."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final, Literal

from probes.errors import Malformed, Refused, Unreachable, Unsupported
from probes.probe import Login, Secret, Target
from probes.snmp import usm
from probes.snmp.asking import Habits, Snmp
from probes.snmp.client import User, Wire, user
from probes.snmp.guard import Caps
from probes.snmp.values import whole

if TYPE_CHECKING:
    from probes.snmp.gufo import GufoWire
    from probes.snmp.pure import PureWire

Adapter = Literal["gufo", "pysnmp"]
#: Seconds that each try waits: one lost datagram is confirmed, and a slow device is heard at last.
TRIES: Final = (1.0, 2.0, 3.0)
UPTIME: Final = "1.3.6.1.2.1.1.3.0"
_SHORTEST: Final = 8


@contextlib.asynccontextmanager
async def session(
    target: Target, *, adapter: Adapter | None = None, tries: tuple[float, ...] = TRIES, caps: Caps | None = None
) -> AsyncIterator[Snmp]:
    """Open SNMP to the target's device; its socket is closed at the end.

    gufo-snmp is taken where it is installed and knows the algorithms, else pysnmp; `adapter` insists on one.

    Raises:
        Unreachable: the name has no address, or there is no route.
        Refused: no secret is known, or (v3) the device accepts neither the user nor its keys.
        Unsupported: an algorithm that the adapter does not know.
    """
    login = target.login("snmp")
    who = user(login)
    habits = target.state.setdefault(Habits, Habits())
    port = target.device.port("snmp")
    community, keys = _credentials(login, who, habits)
    host = await _address(target.device.address, port)
    wire: Wire = _wire_kind(adapter, who)(host=host, port=port, user=who, community=community, keys=keys)
    asking = Snmp(wire=wire, version=who.version, habits=habits, port=port, tries=tries, caps=caps or Caps())
    try:
        await asking.open()
        yield asking
    finally:
        asking.close()


async def uptime(target: Target) -> float:
    """Return since when the device's SNMP runs, in seconds, by one GET of sysUpTime (RFC 3418).

    Raises:
        Unreachable, Refused, Malformed: see probes.errors.
        Unsupported: it answers, but knows no sysUpTime.
    """
    async with session(target) as snmp:
        found = await snmp.get((UPTIME,))
    if UPTIME not in found:
        raise Unsupported
    ticks = whole(found[UPTIME])
    if ticks is None:
        raise Malformed("answer.wrong_type", oid=UPTIME)
    return ticks / 100.0


def _credentials(login: Login, who: User, habits: Habits) -> tuple[str, tuple[bytes, bytes]]:
    """Return community and v3 master keys; these are derived once per login and kept in `habits`."""
    if who.version != "v3":
        return _revealed(login.secret), (b"", b"")
    if habits.masters is None or habits.login != login:
        auth = usm.master(who.auth, _phrase(login.secret)) if who.auth else b""
        privacy = usm.master(who.auth, _phrase(login.privacy_secret)) if who.privacy else b""
        habits.masters, habits.login = (auth, privacy), login
    return "", habits.masters


def _revealed(secret: Secret | None) -> str:
    if secret is None or not secret.reveal():
        raise Refused("login.missing")
    return secret.reveal()


def _phrase(secret: Secret | None) -> str:
    phrase = _revealed(secret)
    if len(phrase) < _SHORTEST:  # RFC 3414, 11.2: devices accept no shorter one either
        raise Refused("login.short")
    return phrase


async def _address(name: str, port: int) -> str:
    bare = name.strip("[]")
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(bare))
    try:
        found = await asyncio.get_running_loop().getaddrinfo(bare, port, type=socket.SOCK_DGRAM)
    except OSError:
        raise Unreachable("answer.no_address", host=name) from None
    return str(found[0][4][0])


def _wire_kind(adapter: Adapter | None, who: User) -> "type[GufoWire | PureWire]":
    if adapter != "pysnmp":
        try:
            from probes.snmp.gufo import GufoWire, supports  # noqa: PLC0415  its wheel exists for few machines only
        except ImportError:
            if adapter is not None:
                raise
        else:
            if adapter is not None or supports(who):
                return GufoWire
    from probes.snmp.pure import PureWire  # noqa: PLC0415  0.2 s that the other adapter spares

    return PureWire
