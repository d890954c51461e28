"""What must hold beyond the types within one part of the configuration: addresses, zones, thresholds, credentials."""

import ipaddress
import pathlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from agent.settings.complaint import Ledger
from agent.settings.document import Mapping as MappingNode
from agent.settings.document import Node
from agent.settings.shape import Mark, Walker
from agent.settings.types import SINK_CREDENTIALS, Console, Credential, SinkSettings, Site
from probes.device import Block, Device
from probes.policy import ClockPolicy, RetentionPolicy
from probes.words import Argument, Phrase

_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_LISTEN: Final = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<host>[^\[\]:\s]{1,253})):(?P<port>[0-9]{1,5})")
_FINGERPRINT: Final = re.compile(r"(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}")
_HIGHEST_PORT: Final = 65_535
#: How each kind of sink is addressed; a prometheus sink is fetched from.
_SCHEMES: Final[Mapping[str, tuple[str, ...]]] = {
    "https": ("https", "http"),
    "otlp": ("https", "http"),
    "icinga": ("https", "http"),
    "mqtt": ("mqtts", "mqtt"),
    "zabbix": ("tls", "tcp"),
}
#: Protocols that are entered with a user's name.
_NAMED: Final = frozenset({"onvif", "rtsp", "http", "isapi", "dahua", "vapix"})


class Case(NamedTuple):
    """What the rules judge by: the files as they were walked, those that could be, and where complaints go."""

    folder: pathlib.Path
    ledger: Ledger
    walkers: Mapping[str, Walker]
    roots: Mapping[str, Node | None]
    policy: RetentionPolicy
    credentials: Mapping[str, Mark[Credential] | None] | None

    def wrong(
        self, mark: Mark[Any], keys: tuple[str, ...], key: str, hint: Phrase | None = None, **args: Argument
    ) -> None:
        """Complain of what stands under `keys` of `mark`."""
        self.ledger.add(mark.file, mark.line(*keys), (*mark.path, *keys), key, hint=hint, **args)

    def marks(self, kind: type[Any]) -> Iterator[Mark[Any]]:
        """Yield every struct of `kind` that was built from any file."""
        for walker in self.walkers.values():
            yield from walker.marks(kind)


def credentials_of(root: Node | None, walker: Walker | None) -> Mapping[str, Mark[Credential] | None] | None:
    """Return the credentials by name, None for one that is wrong in itself; None where site.yaml is unknown."""
    if root is None or walker is None:
        return None
    section = root.get("credentials") if isinstance(root, MappingNode) else None
    built = {str(mark.path[-1]): mark for mark in walker.marks(Credential)}
    return {name: built.get(name) for name in section.entries} if isinstance(section, MappingNode) else {}


def judge(case: Case, probes: Collection[str] | None) -> None:
    """Complain of everything that the types let pass."""
    for kind, rule in _RULES.items():
        for mark in case.marks(kind):
            rule(case, mark)
    _sink_names(case)
    if probes is not None:
        _cadences(case, probes)


def _site(case: Case, mark: Mark[Site]) -> None:
    zone = mark.value.timezone
    try:
        ZoneInfo(zone)
    except (ValueError, KeyError, OSError):
        known = available_timezones()
        if known:
            case.wrong(mark, ("timezone",), "unknown_zone", case.ledger.hint(zone, known))
        else:
            case.wrong(mark, ("timezone",), "no_zones")


def _credential(case: Case, mark: Mark[Credential]) -> None:
    told = mark.value
    if told.snmp == "v3":
        if not told.username:
            case.wrong(mark, (), "v3_username")
        if told.privacy and not told.auth:
            case.wrong(mark, ("privacy",), "v3_privacy")
        return
    for key in ("auth", "privacy"):
        if getattr(told, key) is not None:
            case.wrong(mark, (key,), "v3_only")
    if told.snmp and told.username:
        case.wrong(mark, ("username",), "v3_only")


def _sink(case: Case, mark: Mark[SinkSettings]) -> None:
    sink = mark.value
    fetched = sink.kind not in _SCHEMES
    if fetched and not sink.listen:
        case.wrong(mark, (), "sink_listen", kind=sink.kind)
    elif not fetched and not sink.url:
        case.wrong(mark, (), "sink_url", kind=sink.kind)
    if sink.listen is not None and not _listens(sink.listen):
        case.wrong(mark, ("listen",), "bad_listen")
    if sink.url and not fetched:
        _url(case, mark, sink.url, _SCHEMES[sink.kind])
    _readable(case, mark, sink.ca)
    for key in SINK_CREDENTIALS:
        name = getattr(sink, key)
        found = None if name is None else _credential_called(case, mark, key, name)
        if found is not None and found.value.snmp is not None:
            case.wrong(mark, (key,), "snmp_elsewhere")


def _url(case: Case, mark: Mark[Any], url: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if "@" in parts.netloc:
        case.wrong(mark, ("url",), "url_login")
    elif parts.scheme and parts.scheme not in schemes:
        case.wrong(mark, ("url",), "bad_scheme", schemes=", ".join(f"{scheme}://" for scheme in schemes))
    elif not parts.scheme or not _host(host) or port == 0 or not url.isascii() or not url.isprintable() or " " in url:
        case.wrong(mark, ("url",), "bad_url")
    elif parts.scheme == "http" and not _loopback(host):
        case.wrong(mark, ("url",), "plain_http")


def _console(case: Case, mark: Mark[Console]) -> None:
    if not _listens(mark.value.listen):
        case.wrong(mark, ("listen",), "bad_listen")


def _block(case: Case, mark: Mark[Block]) -> None:
    block, protocol = mark.value, str(mark.path[-1])
    _readable(case, mark, block.ca)
    if block.fingerprint is not None and not _FINGERPRINT.fullmatch(block.fingerprint):
        case.wrong(mark, ("fingerprint",), "bad_fingerprint")
    for key in ("ca", "fingerprint"):
        if getattr(block, key) is not None and not block.tls:
            case.wrong(mark, (key,), "tls_off")
    if block.credential is None or (found := _credential_called(case, mark, "credential", block.credential)) is None:
        return
    if protocol == "snmp" and found.value.snmp is None:
        case.wrong(mark, ("credential",), "not_snmp")
    elif protocol != "snmp" and found.value.snmp is not None:
        case.wrong(mark, ("credential",), "snmp_elsewhere")
    elif protocol in _NAMED and not found.value.username:
        case.wrong(mark, ("credential",), "no_username")


def _device(case: Case, mark: Mark[Device]) -> None:
    device = mark.value
    if not _host(device.address):
        case.wrong(mark, ("address",), "bad_address")
    if len(set(device.channels)) < len(device.channels):
        case.wrong(mark, ("channels",), "channel_twice")
    section = mark.node.get("retention")
    if device.retention is not None and isinstance(section, MappingNode):
        merged = merge(case.policy, device.retention, section)
        for key in [key for key in ("min_days", "max_days") if key in section.entries][:1]:
            _depths(case, mark, ("retention", key), merged)


def _retention(case: Case, mark: Mark[RetentionPolicy]) -> None:
    if mark.file == "policy.yaml":
        _depths(case, mark, ("min_days",), mark.value)


def _depths(case: Case, mark: Mark[Any], keys: tuple[str, ...], policy: RetentionPolicy) -> None:
    if policy.min_days is not None and policy.max_days is not None and policy.min_days > policy.max_days:
        case.wrong(mark, keys, "min_over_max", low=policy.min_days, high=policy.max_days)


def _clock(case: Case, mark: Mark[ClockPolicy]) -> None:
    if mark.value.warn > mark.value.crit:
        case.wrong(mark, ("warn",), "warn_over_crit")


def _sink_names(case: Case) -> None:
    first: dict[str, Mark[SinkSettings]] = {}
    for mark in case.marks(SinkSettings):
        known = first.setdefault(mark.value.name, mark)
        if known is not mark:
            case.wrong(mark, ("name",), "sink_twice", name=mark.value.name, line=known.line("name"))


def _cadences(case: Case, probes: Collection[str]) -> None:
    for kind, file in (("site", "site.yaml"), ("tiers", "tiers.yaml")):
        for path, section in _sections(kind, case.roots.get(kind)):
            for name, (written, _) in section.entries.items():
                if name not in probes:
                    hint = case.ledger.hint(name, probes)
                    case.ledger.add(file, written.line, (*path, name), "unknown_probe", hint=hint)


def _sections(kind: str, root: Node | None) -> Iterator[tuple[tuple[str, ...], MappingNode]]:
    """Yield each `every`, with its path."""
    if not isinstance(root, MappingNode):
        return
    holders: Iterable[tuple[tuple[str, ...], Node]] = [((), root)]
    if kind == "tiers":
        holders = [((name,), node) for name, (_, node) in root.entries.items()]
    for path, holder in holders:
        found = holder.get("every") if isinstance(holder, MappingNode) else None
        if isinstance(found, MappingNode):
            yield (*path, "every"), found


def _credential_called(case: Case, mark: Mark[Any], key: str, name: str) -> Mark[Credential] | None:
    """Return the credential `name`, or None; complain where there is none, without repeating what may be a secret."""
    known = case.credentials
    if known is not None and name not in known:
        case.wrong(mark, (key,), "unknown_credential", case.ledger.hint(name, known))
    return known.get(name) if known else None


def _readable(case: Case, mark: Mark[Any], file: str | None) -> None:
    if file is None:
        return
    try:
        with (case.folder / file).open("rb") as stream:
            stream.read(1)
    except (OSError, ValueError) as error:
        case.wrong(mark, ("ca",), "no_ca", fault=getattr(error, "strerror", None) or type(error).__name__)


def _listens(text: str) -> bool:
    found = _LISTEN.fullmatch(text)
    return bool(
        found and 0 < int(found["port"]) <= _HIGHEST_PORT and (_ip(found["six"] or "") or _host(found["host"] or ""))
    )


def _host(text: str) -> bool:
    """Tell whether `text` is an IP address or a host's name, alone."""
    if (address := _ip(text)) is not None:
        return not address.is_multicast
    numeric = text.rpartition(".")[2].isdigit()
    return not numeric and _HOST.fullmatch(text) is not None


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _loopback(host: str) -> bool:
    address = _ip(host)
    return host == "localhost" if address is None else address.is_loopback


def merge(policy: RetentionPolicy, own: RetentionPolicy, node: Node | None) -> RetentionPolicy:
    """Return the policy with what a device's own `retention` really says laid over it."""
    written = node.entries if isinstance(node, MappingNode) else {}
    said = {name: getattr(own if name in written else policy, name) for name in RetentionPolicy.__struct_fields__}
    return RetentionPolicy(**said)


_RULES: Final[Mapping[type[Any], Callable[[Case, Mark[Any]], None]]] = {
    Site: _site,
    Credential: _credential,
    SinkSettings: _sink,
    Console: _console,
    Block: _block,
    Device: _device,
    RetentionPolicy: _retention,
    ClockPolicy: _clock,
}
