"""What a simulated camera may do wrong: each field is one switch, and may be turned while the camera runs."""

from typing import Literal

import msgspec

Wire = Literal["open", "refused", "black-hole"]


class Quirks(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The default of every switch is a well-behaved camera. Seconds end in `_s`.

    `wire` is turned by `Camera.switch`, since ports must be opened and closed for it; all others may simply be set.
    """

    # The line
    wire: Wire = "open"
    silent: bool = False  # accepts and never answers
    delay_s: float = 0.0
    drip_s: float = 0.0  # between one byte and the next
    cut_at: int | None = None  # the line goes dead after so many bytes of the answer
    max_connections: int | None = None  # one more is closed at once; 1: "one connection only"
    exhausted_401: int | None = None  # Dahua: with more open connections than this, 401 whatever the password

    # The answer as a whole
    garbage: Literal["", "body", "line"] = ""  # random bytes as the body of a 200, or instead of HTTP
    html: bool = False  # a login page with status 200
    empty: bool = False  # status 200 and no body
    status: int = 0  # this HTTP status, with an HTML body
    truncated: bool = False  # XML that stops half-way, though the HTTP message is whole
    huge: int = 0  # bytes of blanks behind the answer
    huge_declared: bool = True  # False: without Content-Length
    gzip_bomb: int = 0  # bytes that a small gzip body swells to
    entity_bomb: bool = False  # a billion laughs
    external_entity: str = ""  # a URL or file that the answer wants to be read in
    redirect: str = ""  # a URL on another host

    # The XML
    soap11: bool = False
    vendor_extras: bool = False  # decoys: same local names, foreign namespace or nested deeper, before the real ones
    reorder: bool = False  # the children in another order than the schema's
    bare_fault_prefix: bool = False  # `ter:` used in faults and declared nowhere (zeep #1205)
    nul_bytes: Literal["", "inside", "trailing"] = ""
    invalid_utf8: bool = False  # Latin-1 bytes in what is declared as UTF-8
    fault_status: int = 0  # the HTTP status of faults; 0: as the specification has it

    # The clock
    zero_date: bool = False  # 0000-00-00
    no_utc: bool = False  # UTCDateTime is left out
    no_local: bool = False  # LocalDateTime is left out
    no_timezone: bool = False
    zoneless: bool = False  # dateTimes without Z
    wrong_dst: bool = False  # daylight saving claimed in winter: the local time is an hour off
    local_as_utc: bool = False  # local time labelled UTC

    # Addresses
    xaddr_authority: str = ""  # HOST:PORT that XAddrs name: NAT, stale, or somebody else
    xaddr_scheme: str = ""  # empty: the one that is really spoken
    stream_authority: str = ""
    snapshot_authority: str = ""

    # Login
    auth: Literal["both", "digest", "token"] = "both"
    digest_algorithms: tuple[str, ...] = ("MD5",)  # offered in this order: MD5, SHA-256
    denied: tuple[str, ...] = ()  # operations that are NotAuthorized for this user only
    clock_needs_login: bool = False  # GetSystemDateAndTime is not anonymous, against the specification
    lockout_after: int = 0  # refused logins; 0: never locks
    lockout_s: float = 1_800.0
    lockout_manner: Literal["silent", "401", "fault"] = "fault"

    # Services
    unsupported: tuple[str, ...] = ()  # operations that answer ActionNotSupported
    no_services: bool = False  # no GetServices: an old device
    no_media2: bool = False
    no_events: bool = False
    freezes_on_events: bool = False  # once a PullPoint is opened, nothing is answered any more
    snapshot: Literal["jpeg", "html", "huge"] = "jpeg"
