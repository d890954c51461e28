"""HTTP digest access authentication (RFC 7616), one state a device, so that a nonce serves many calls."""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from probes.errors import Unsupported
from probes.probe import Login

LASTS_S: Final = 30.0
_LONGEST: Final = 4096  # characters of a challenge worth reading
_WORD: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_PIECE: Final = re.compile(rf'({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|({_WORD})')
#: Best first; RFC 7616, 3.3. A device that names no algorithm means MD5.
_STRENGTH: Final = ("SHA-256-SESS", "SHA-256", "MD5-SESS", "MD5", "")


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """One way in that a device offers: the scheme, lower case, and its parameters, names lower case."""

    scheme: str
    params: Mapping[str, str]

    @property
    def stale(self) -> bool:
        """Whether the device says that only the nonce was too old."""
        return self.params.get("stale", "").lower() == "true"


def challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Return the challenges of a 401's WWW-Authenticate headers, several a header or one each (RFC 9110, 11.6.1)."""
    read: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        for key, quoted, plain, scheme in _PIECE.findall(header[:_LONGEST]):
            if scheme:
                read.append((scheme.lower(), {}))
            elif read:
                read[-1][1].setdefault(key.lower(), quoted or plain)
    return tuple(Challenge(scheme=scheme, params=params) for scheme, params in read)


def strongest(offered: Iterable[Challenge]) -> Challenge | None:
    """Return the best digest challenge that we can answer, or None where there is none."""
    usable = [
        one for one in offered if one.scheme == "digest" and "nonce" in one.params and _algorithm(one) is not None
    ]
    return min(usable, key=lambda one: _STRENGTH.index(_algorithm(one) or ""), default=None)


def _algorithm(challenge: Challenge) -> str | None:
    """Return the challenge's algorithm as `_STRENGTH` spells it, or None where we do not know it."""
    named = challenge.params.get("algorithm", "").upper()
    return named if named in _STRENGTH else None


def _draw() -> str:
    return secrets.token_hex(8)


class Digest:
    """What one device last offered, and how often its nonce has served.

    It keeps no password: each `answer` is handed the login. A nonce is trusted for LASTS_S after it was last let in:
    a device that refuses an older one cannot be told from one whose password has changed meanwhile, and to try again
    then would be a second attempt.
    """

    def __init__(self, *, draw: Callable[[], str] = _draw) -> None:
        """Start without an offer; `draw` returns a client nonce."""
        self._draw = draw
        self._offer: Challenge | None = None
        self._count = 0
        self._cnonce = ""
        self._let_in_at = 0.0

    @property
    def ready(self) -> bool:
        """Whether the device has offered a nonce."""
        return self._offer is not None

    @property
    def nonce(self) -> str:
        """The nonce in use; empty where there is none."""
        return self._offer.params["nonce"] if self._offer else ""

    def take(self, offer: Challenge) -> None:
        """Go on with another challenge."""
        self._offer, self._count, self._cnonce = offer, 0, self._draw()

    def let_in(self, *, at: float) -> None:
        """Know that the nonce was good at `at` (unix seconds)."""
        self._let_in_at = at

    def age(self, *, at: float) -> None:
        """Forget the nonce where it is too old to be trusted at `at`; a clock that was set back counts as too old."""
        if not 0 <= at - self._let_in_at <= LASTS_S:
            self.forget()

    def forget(self) -> None:
        """Wait for the device to offer anew."""
        self._offer = None

    def answer(self, method: str, uri: str, login: Login) -> str:
        """Return the Authorization header for one request; `uri` is path and query as sent (RFC 7616, 3.4).

        Raises:
            Unsupported: the device demands a protection that we do not offer (auth-int alone).
        """
        assert self._offer is not None
        params = self._offer.params
        named = _algorithm(self._offer) or ""
        qops = [one.strip().lower() for one in params.get("qop", "").split(",") if one.strip()]
        if qops and "auth" not in qops:
            raise Unsupported("login.scheme")
        realm, nonce = params.get("realm", ""), params["nonce"]
        password = login.secret.reveal() if login.secret else ""
        self._count += 1
        count = f"{self._count:08x}"

        def hashed(*parts: str) -> str:
            text = ":".join(parts).encode("utf-8", "surrogateescape")
            # The device chooses the algorithm, and most know MD5 alone.
            digest = hashlib.sha256(text) if named.startswith("SHA") else hashlib.md5(text, usedforsecurity=False)
            return digest.hexdigest()

        entered = hashed(login.username, realm, password)
        if named.endswith("-SESS"):
            entered = hashed(entered, nonce, self._cnonce)
        asked = hashed(method, uri)
        middle = (nonce, count, self._cnonce, "auth") if qops else (nonce,)
        fields = [
            f'username="{_quoted(login.username)}"',
            f'realm="{realm}"',
            f'nonce="{nonce}"',
            f'uri="{_quoted(uri)}"',
            f'response="{hashed(entered, *middle, asked)}"',
        ]
        if params.get("algorithm"):
            fields.append(f"algorithm={params['algorithm']}")
        if "opaque" in params:
            fields.append(f'opaque="{params["opaque"]}"')
        if qops:
            fields += ["qop=auth", f"nc={count}", f'cnonce="{self._cnonce}"']
        return "Digest " + ", ".join(fields)


class Digests:
    """What is remembered of a device's HTTP logins while the process lives: one digest a protocol."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._known: dict[str, Digest] = {}

    def of(self, protocol: str) -> Digest:
        """Return the digest of one protocol's port."""
        return self._known.setdefault(protocol, Digest())


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
