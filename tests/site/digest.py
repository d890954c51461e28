"""HTTP digest authentication from the server's side (RFC 7616), with nonces that wear out."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Final

_FIELD: Final = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: Final[Mapping[str, Callable[[bytes], "hashlib._Hash"]]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_MOST_NONCES: Final = 1_024


class DigestGuard:
    """Hands out challenges and judges answers; a nonce lives `nonce_s` seconds, and its count must rise."""

    def __init__(self, *, realm: str, monotonic: Callable[[], float], nonce_s: float = 300.0) -> None:
        """Start without any nonce."""
        self._realm = realm
        self._monotonic = monotonic
        self._nonce_s = nonce_s
        self._counts: dict[str, tuple[float, int]] = {}

    def challenges(self, algorithms: tuple[str, ...], *, stale: bool = False) -> str:
        """Return the value of WWW-Authenticate, one challenge an algorithm."""
        nonce = secrets.token_hex(16)
        if len(self._counts) >= _MOST_NONCES:
            self._counts.pop(next(iter(self._counts)))
        self._counts[nonce] = (self._monotonic(), 0)
        told = ', stale="true"' if stale else ""
        return ", ".join(
            f'Digest realm="{self._realm}", nonce="{nonce}", qop="auth", algorithm={algorithm}{told}'
            for algorithm in algorithms
        )

    def judge(self, header: str, method: str, path: str, passwords: Mapping[str, str]) -> tuple[str, str]:  # noqa: PLR0911  one return a reason
        """Return (user, "") where the answer is right, else ("", why): stale, replayed, user, uri, form or password."""
        fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(header)}
        user, nonce, count = fields.get("username", ""), fields.get("nonce", ""), fields.get("nc", "")
        hashed = _HASHES.get(fields.get("algorithm", "MD5").upper())
        born, seen = self._counts.get(nonce, (float("-inf"), 0))
        if hashed is None or fields.get("qop") != "auth" or not re.fullmatch(r"[0-9a-f]{8}", count):
            return "", "form"
        if fields.get("uri") != path:
            return "", "uri"
        if user not in passwords:
            return "", "user"

        def of(text: str) -> str:
            return hashed(text.encode()).hexdigest()

        secret = of(f"{user}:{self._realm}:{passwords[user]}")
        expected = of(f"{secret}:{nonce}:{count}:{fields.get('cnonce', '')}:auth:{of(f'{method}:{path}')}")
        if not hmac.compare_digest(expected, fields.get("response", "")):
            return "", "password"
        if self._monotonic() - born > self._nonce_s:
            return "", "stale"
        if int(count, 16) <= seen:
            return "", "replayed"
        self._counts[nonce] = (born, int(count, 16))
        return user, ""
