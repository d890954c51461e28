"""What an HTTP answer of a centre means for the batch that was sent; pure, and the same for every dialect over HTTP.

- 2xx acknowledges the batch, unless its body is a web page or longer than `LIMIT`: then something else than the centre
  answered (a captive portal, a default site). The batch is sent again; a centre that did keep it knows it by id.
- 3xx: never followed, since the token would follow too. Nothing is lost: all waits until a person corrects the address.
- 408, 425, 429, 5xx: for now. Retry-After is handed on.
- 413: too large; the forwarder splits the batch, and sets aside an entry that is too large by itself.
- 401, 403, 404 and the like speak of the door rather than of the entry: a token rotated at the centre would otherwise
  set aside the whole queue, entry by entry. The forwarder sets such an entry aside only where the centre took another
  in the same breath; else it holds everything back and says so.
- Every other 4xx refuses the entry itself.
"""

import datetime as dt
import email.utils
import math
from typing import Final

from agent.sinks.sink import Blame, Permanent, Transient

#: Bytes of an answer that are read at all, and beyond which it is not the centre's.
LIMIT: Final = 64 * 1024

_PATIENCE: Final = frozenset({408, 425, 429})
#: Said by a proxy or an overloaded centre whatever the entry is; other 5xx may be about one entry.
_AWAY: Final = frozenset({502, 503, 504, 507, 508, 511})
_DOOR: Final = frozenset({401, 402, 403, 404, 405, 406, 407, 410, 411, 414, 415, 417, 421, 426, 431, 451})
_TOO_LARGE: Final = 413
_OK, _ELSEWHERE, _REFUSED, _FAILING = 200, 300, 400, 500
_PAGE: Final = (b"<!doctype html", b"<html")


def judge(status: int, body: bytes, *, retry_after: float | None = None) -> None:
    """Return where `status` and `body` acknowledge the batch. `body` may have been cut, but beyond `LIMIT` only.

    Raises:
        Permanent: refused; `blame` says whether it is for the entry, the size or the door.
        Transient: not now.
    """
    if _OK <= status < _ELSEWHERE:
        if len(body) > LIMIT:
            raise Transient("forward.huge", operator=True, status=status, limit=LIMIT)
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:14].lower().startswith(_PAGE):
            raise Transient("forward.page", operator=True, status=status)
        return
    if _ELSEWHERE <= status < _REFUSED:
        raise Transient("forward.redirect", operator=True, status=status, retry_after=retry_after)
    if status in _PATIENCE:
        raise Transient("forward.busy", status=status, retry_after=retry_after)
    if _REFUSED <= status < _FAILING:
        blame: Blame = "size" if status == _TOO_LARGE else "door" if status in _DOOR else "entry"
        key = {"size": "forward.large", "door": "forward.door", "entry": "forward.refused"}[blame]
        raise Permanent(key, blame=blame, status=status)
    raise Transient("forward.failing", status=status, retry_after=retry_after, choked=status not in _AWAY)


def seconds_to_wait(retry_after: str | None, date: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), None where it says nothing sensible.

    A date is compared with the answer's own Date where it has one: the gateway's clock (`now`, unix seconds) may be
    years off.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    until = _unix(text)
    if until is None:
        return None
    told = _unix(date or "")
    return max(0.0, until - (now if told is None else told))


def _unix(text: str) -> float | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
        moment = (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if math.isfinite(moment) else None
