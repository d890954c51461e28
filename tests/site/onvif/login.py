"""The camera's doorkeeper: WS-Security by the camera's own clock, HTTP digest, refused logins counted, lock-out."""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final, Literal

import msgspec
from lxml import etree

from tests.site.clock import DriftingClock
from tests.site.digest import DigestGuard
from tests.site.onvif.quirks import Quirks
from tests.site.onvif.soap import WSSE, WSU
from tests.site.onvif.spec import Account, CameraSpec
from tests.site.wire import Request

Shown = Literal["", "token-digest", "token-text", "http-digest", "http-basic", "other"]
_DIGEST_TYPE: Final = "#PasswordDigest"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: an account where a login was shown and right; `why` says what was wrong with one that was not."""

    account: Account | None = None
    why: str = ""


def shown(request: Request, security: etree._Element | None) -> Shown:
    """Return which credential a request carries, right or wrong, asked for or not."""
    scheme = request.headers.get("authorization", "").partition(" ")[0].lower()
    if scheme:
        return {"digest": "http-digest", "basic": "http-basic"}.get(scheme, "other")  # type: ignore[return-value]
    password = None if security is None else security.find(f"{{{WSSE}}}UsernameToken/{{{WSSE}}}Password")
    if password is None:
        return "" if security is None else "other"
    return "token-digest" if password.get("Type", "").endswith(_DIGEST_TYPE) else "token-text"


class Doorkeeper:
    """Judges logins. `failures` counts refused ones by address, `locked_until` holds who is locked out (monotonic)."""

    def __init__(
        self, *, spec: CameraSpec, quirks: Quirks, clock: DriftingClock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Read `spec` and `quirks` anew at each login: both may change while the camera runs."""
        self._spec = spec
        self._quirks = quirks
        self._clock = clock
        self._monotonic = monotonic
        self._guard = DigestGuard(realm=f"{spec.vendor} {spec.serial[-4:]}", monotonic=monotonic)
        self._nonces: dict[bytes, float] = {}
        self.failures: dict[str, int] = {}
        self.locked_until: dict[str, float] = {}

    def challenge(self, *, stale: bool = False) -> str:
        """Return a fresh WWW-Authenticate value."""
        return self._guard.challenges(self._quirks.digest_algorithms, stale=stale)

    def locked(self, peer: str) -> bool:
        """Tell whether that address is locked out now."""
        until = self.locked_until.get(peer)
        if until is not None and self._monotonic() >= until:
            del self.locked_until[peer]
            self.failures.pop(peer, None)
            until = None
        return until is not None

    def unlock(self) -> None:
        """Forget every refused login, as a restart of the camera does."""
        self.failures.clear()
        self.locked_until.clear()

    def judge(self, request: Request, security: etree._Element | None, *, http_only: bool = False) -> Verdict:
        """Return who asks, counting a refused login; a stale digest nonce is not a refused login."""
        verdict = self._look(request, security, "digest" if http_only else self._quirks.auth)
        if verdict.why and verdict.why != "stale":
            self.failures[request.peer] = self.failures.get(request.peer, 0) + 1
            if 0 < self._quirks.lockout_after <= self.failures[request.peer]:
                self.locked_until[request.peer] = self._monotonic() + self._quirks.lockout_s
        elif verdict.account is not None:
            self.failures.pop(request.peer, None)
        return verdict

    def _look(self, request: Request, security: etree._Element | None, ways: str) -> Verdict:
        header = request.headers.get("authorization", "")
        scheme = header.partition(" ")[0].lower()
        if scheme == "digest" and ways != "token":
            passwords = {account.username: account.password for account in self._spec.accounts}
            user, why = self._guard.judge(header, request.method, request.path, passwords)
            return Verdict(account=self._account(user), why=why)
        if header and ways != "token":
            return Verdict(why="scheme")
        token = None if security is None else security.find(f"{{{WSSE}}}UsernameToken")
        if token is None or ways == "digest":
            return Verdict()
        return self._token(token)

    def _token(self, token: etree._Element) -> Verdict:  # noqa: PLR0911  one return a reason
        """Judge a UsernameToken (WSS UsernameToken Profile 1.0, ONVIF Core: Created must be near the device's time)."""
        password = token.find(f"{{{WSSE}}}Password")
        if password is None or not password.get("Type", "").endswith(_DIGEST_TYPE):
            return Verdict(why="text")
        account = self._account(token.findtext(f"{{{WSSE}}}Username") or "")
        created = token.findtext(f"{{{WSU}}}Created") or ""
        try:
            nonce = base64.b64decode(token.findtext(f"{{{WSSE}}}Nonce") or "", validate=True)
            made = dt.datetime.fromisoformat(created)
        except (binascii.Error, ValueError):
            return Verdict(why="form")
        if account is None:
            return Verdict(why="user")
        digest = hashlib.sha1(nonce + created.encode() + account.password.encode()).digest()  # noqa: S324  the profile's
        if not hmac.compare_digest(base64.b64encode(digest).decode(), (password.text or "").strip()):
            return Verdict(why="password")
        if made.tzinfo is None or abs(made.timestamp() - self._clock.now()) > self._spec.window_s:
            return Verdict(why="created")
        if not self._fresh(nonce):
            return Verdict(why="replayed")
        return Verdict(account=account)

    def _fresh(self, nonce: bytes) -> bool:
        now = self._monotonic()
        horizon = now - 2 * self._spec.window_s
        while self._nonces and next(iter(self._nonces.values())) < horizon:
            del self._nonces[next(iter(self._nonces))]
        if nonce in self._nonces or not nonce:
            return False
        self._nonces[nonce] = now
        return True

    def _account(self, user: str) -> Account | None:
        return next((account for account in self._spec.accounts if account.username == user), None)
