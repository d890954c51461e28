"""Reads an ADDRESS such as `onvif://admin@192.0.2.7:80`: a device that stands in no inventory; pure.

An error never repeats what was written: it may be a secret in the wrong place.
"""

import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

import msgspec

from probes.device import PROTOCOLS, Block, Device, Kind
from probes.errors import Unsupported
from probes.probe import Login, Secret
from probes.snmp.client import AUTHS, PRIVACIES, user
from probes.words import Argument, Phrase, utter

MARK: Final = "://"
#: An ADDRESS of these is understood whether or not a probe of theirs exists yet: `reach` at least asks the port.
ALWAYS: Final = frozenset({"onvif", "snmp", "rtsp"})
_SCHEME: Final = re.compile(r"[a-z][a-z0-9]{0,11}")
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_-]+)*\.?")
_USERNAME: Final = re.compile(r"[^\x00-\x20\x7f:]{1,128}")
_MOST: Final = 512
_HIGHEST_PORT: Final = 65_535
#: What a person would call a secret.
_SECRETS: Final = re.compile(r"pass|pwd|secret|community|token|key|credential", re.IGNORECASE)
_PATHS: Final = frozenset({"rtsp", "http"})
_KINDS: Final[Mapping[str, Kind]] = {"snmp": "server", "http": "server", "sia": "alarm-panel"}


class Bad(Exception):
    """What was written is no ADDRESS. `phrase` says why without repeating it."""

    def __init__(self, key: str, /, **args: Argument) -> None:
        """Take the sentence `address.KEY` and what fills its gaps."""
        self.phrase = Phrase(key=f"address.{key}", args=args)
        super().__init__(utter(self.phrase))


class Need(NamedTuple):
    """A secret that an ADDRESS lacks: the variable that may hold it, and the sentence that asks for it."""

    variable: str
    key: str


PASSWORD: Final = Need("SITEWARDEN_PASSWORD", "address.ask_password")
COMMUNITY: Final = Need("SITEWARDEN_PASSWORD", "address.ask_community")
AUTH: Final = Need("SITEWARDEN_PASSWORD_AUTH", "address.ask_auth")
PRIVACY: Final = Need("SITEWARDEN_PASSWORD_PRIVACY", "address.ask_privacy")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A device by its ADDRESS: `device.id` is the ADDRESS as written, `login` still lacks the secrets in `needs`."""

    device: Device
    protocol: str
    login: Login
    needs: tuple[Need, ...] = ()
    path: str = ""

    def entered(self, secrets: Mapping[Need, Secret]) -> Login:
        """Return the login with its secrets."""
        first = next((secrets[need] for need in self.needs if need != PRIVACY), None)
        return msgspec.structs.replace(self.login, secret=first, privacy_secret=secrets.get(PRIVACY))


def is_address(word: str) -> bool:
    """Tell whether `word` means an ADDRESS rather than a device of the inventory."""
    return MARK in word


def schemes(protocols: Collection[str]) -> tuple[str, ...]:
    """Return the schemes that there are where probes speak `protocols`."""
    spoken = [protocol for protocol in PROTOCOLS if protocol in ALWAYS or protocol in protocols]
    extra = {"snmp": ("snmpv3",), "http": ("https",)}
    return tuple(scheme for protocol in spoken for scheme in (protocol, *extra.get(protocol, ())))


def parse(text: str, *, known: Collection[str]) -> Address:
    """Return the device that `text` names; `known` are the schemes that there are (see `schemes`).

    `SCHEME://[USER@]HOST[:PORT][?KEY=VALUE&...]`, the host a name, an IPv4 or a bracketed IPv6 address, the user
    percent-encoded where needed. The keys are `auth` and `privacy` (snmpv3), `tls` (onvif, rtsp and the vendors').

    Raises:
        Bad: it is none, holds a secret, or its scheme is unknown.
    """
    if len(text) > _MOST or not text.isascii() or not text.isprintable() or " " in text:
        raise Bad("characters")
    scheme, _, rest = text.partition(MARK)
    scheme = scheme.lower()
    if scheme not in known:
        # Only what looks like a scheme is repeated.
        shown = scheme if _SCHEME.fullmatch(scheme) else "?"
        raise Bad("scheme", scheme=shown, known=", ".join(f"{each}://" for each in known))
    rest, hash_, _ = rest.partition("#")
    rest, _, query = rest.partition("?")
    place, slash, path = rest.partition("/")
    userinfo, at, hostport = place.rpartition("@")
    if hash_ or "@" in path or "@" in query or "@" in userinfo or ":" in unquote(userinfo):
        raise Bad("secret")  # a password with / ? # or @ in it ends up here as well
    protocol = {"snmpv3": "snmp", "https": "http"}.get(scheme, scheme)
    if path and protocol not in _PATHS:
        raise Bad("path", scheme=scheme)
    options = _options(query, scheme, protocol)
    host, port = _place(hostport, scheme)
    username = _username(userinfo) if at and userinfo else ""
    login, needs = _login(scheme, protocol, username, options)
    block = Block(port=port, tls=scheme == "https" or options.get("tls") == "true")
    device = Device(id=text, kind=_KINDS.get(protocol, "camera"), address=host, **{protocol: block})  # type: ignore[arg-type]
    return Address(device=device, protocol=protocol, login=login, needs=needs, path=slash + path)


def _options(query: str, scheme: str, protocol: str) -> dict[str, str]:
    allowed = {"snmp": ("auth", "privacy") if scheme == "snmpv3" else (), "http": ()}.get(protocol, ("tls",))
    options: dict[str, str] = {}
    for part in query.split("&") if query else ():
        key, equals, value = part.partition("=")
        if key not in allowed or key in options:
            if _SECRETS.search(key):
                raise Bad("secret")
            raise Bad("options" if allowed else "no_options", scheme=scheme, known=", ".join(allowed))
        if key == "tls" and value not in {"true", "false"}:
            raise Bad("tls")
        if not equals or not value:
            raise Bad("options", scheme=scheme, known=", ".join(allowed))
        options[key] = value
    return options


def _place(hostport: str, scheme: str) -> tuple[str, int | None]:
    if hostport.startswith("["):
        inside, bracket, after = hostport[1:].partition("]")
        address, percent, zone = inside.replace("%25", "%").partition("%")
        try:
            host = str(ipaddress.IPv6Address(address)) + percent + zone
        except ValueError:
            raise Bad("host", scheme=scheme) from None
        if not bracket or (percent and not re.fullmatch(r"[A-Za-z0-9_.-]{1,15}", zone)):
            raise Bad("host", scheme=scheme)
        if after and not after.startswith(":"):
            raise Bad("port", scheme=scheme)
        digits = after[1:] if after else None
    else:
        if hostport.count(":") > 1:
            raise Bad("brackets", scheme=scheme)
        host, colon, told = hostport.partition(":")
        digits = told if colon else None
        if not _HOST.fullmatch(host) or not _is_name(host):
            raise Bad("host", scheme=scheme)
    if digits is None:
        return host, None
    if not re.fullmatch(r"[0-9]{1,5}", digits) or not 1 <= int(digits) <= _HIGHEST_PORT:
        raise Bad("port", scheme=scheme)
    return host, int(digits)


def _is_name(host: str) -> bool:
    """Refuse what has the form of an IPv4 address and is none: resolvers would make something else of 192.0.2."""
    if re.fullmatch(r"[0-9.]+", host) is None:
        return True
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _username(userinfo: str) -> str:
    try:
        name = unquote(userinfo, errors="strict") if re.fullmatch(r"(?:[^%]|%[0-9A-Fa-f]{2})*", userinfo) else ""
    except UnicodeDecodeError:
        raise Bad("username") from None
    if not _USERNAME.fullmatch(name) or not name.isprintable():
        raise Bad("username")
    return name


def _login(scheme: str, protocol: str, username: str, options: Mapping[str, str]) -> tuple[Login, tuple[Need, ...]]:
    if scheme == "snmpv3":
        if not username:
            raise Bad("v3_user")
        login = Login(username=username, snmp="v3", auth=options.get("auth", ""), privacy=options.get("privacy", ""))
        try:
            canonical = user(login)
        except Unsupported:
            # The algorithm is not repeated: a pass phrase may stand there by mistake.
            raise Bad("algorithms", auths=", ".join(AUTHS), privacies=", ".join(PRIVACIES)) from None
        login = msgspec.structs.replace(login, auth=canonical.auth, privacy=canonical.privacy)
        needs = (AUTH, PRIVACY) if canonical.privacy else (AUTH,) if canonical.auth else ()
        return login, needs
    if protocol == "snmp":
        if username:
            raise Bad("community")
        return Login(snmp="v2c"), (COMMUNITY,)
    return Login(username=username), (PASSWORD,) if username else ()
