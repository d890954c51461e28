"""A refused login rests on its device until it changes or a long back-off ends: makes lock out for half an hour."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from probes.probe import Login

#: Longer than Hikvision's 30 minutes, so that our own attempt never renews the lock.
FIRST_S: Final = 35 * 60.0
LONGEST_S: Final = 12 * 3600.0


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """One login at rest: since when and until when (unix seconds), after how many refusals in a row, which secret."""

    since: float
    until: float
    refusals: int
    mark: str


def key(protocol: str) -> str:
    """Return under which name a device keeps the rest of its login for `protocol`."""
    return f"rest.{protocol}"


def resting(kept: Mapping[str, str], protocol: str, login: Login, *, now: float, salt: str) -> Rest | None:
    """Return the rest that holds `login` back at `now`, or None where it may be tried.

    A clock that jumped back by more than the longest rest ends it: waiting for 1970 to pass helps nobody.
    """
    told = kept.get(key(protocol))
    if told is None:
        return None
    rest = msgspec.json.decode(told, type=Rest)
    ended = now >= rest.until or now < rest.since - LONGEST_S
    return None if ended or rest.mark != mark(login, salt) else rest


def refused(kept: Mapping[str, str], protocol: str, login: Login, *, now: float, salt: str) -> str:
    """Return what to keep under `key(protocol)` after a refusal: each one in a row doubles the rest, up to a limit."""
    told = kept.get(key(protocol))
    before = msgspec.json.decode(told, type=Rest) if told else None
    known = mark(login, salt)
    count = before.refusals + 1 if before and before.mark == known else 1
    length = min(FIRST_S * 2 ** min(count - 1, 10), LONGEST_S)
    return msgspec.json.encode(Rest(since=now, until=now + length, refusals=count, mark=known)).decode()


def mark(login: Login, salt: str) -> str:
    """Return 32 bits that change with the login: enough to notice a new secret, too few to guess one by."""
    secrets = (login.secret, login.privacy_secret)
    told = [login.username, login.auth, login.privacy, *(each.reveal() if each else "" for each in secrets)]
    return hashlib.blake2b("\0".join(told).encode(), key=salt.encode()[:64], digest_size=4).hexdigest()
