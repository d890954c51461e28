"""What can be written in site.yaml and tiers.yaml, and the whole configuration as the agent holds it."""

import pathlib
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from probes.device import Device
from probes.forms import Duration, Name, Port
from probes.policy import Demands, FirmwarePolicy, Policy

#: How often something is done: a duration, never nought.
Cadence = Annotated[Duration, msgspec.Meta(ge=0.1)]
Tier = Literal["essential", "comfort", "premium"]
Command = Literal["check", "retention", "discover", "bundle", "maintenance"]
SinkKind = Literal["https", "mqtt", "otlp", "zabbix", "icinga", "prometheus"]
#: The keys of a sink that name a credential.
SINK_CREDENTIALS: Final = ("token", "hmac", "client_certificate")


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The premises that this gateway looks after. `timezone` is a name such as Europe/Paris."""

    id: Name
    name: str = ""
    timezone: str = "UTC"
    tier: Tier = "essential"
    options: tuple[str, ...] = ()


class Credential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who we are to a device or a centre, without the secret, which is kept apart under the credential's name.

    `auth` and `privacy` are the algorithms of SNMPv3; `privacy` needs `auth`.
    """

    username: str | None = None
    snmp: Literal["v1", "v2c", "v3"] | None = None
    auth: Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] | None = None
    privacy: Literal["des", "aes128", "aes192", "aes256"] | None = None

    def secrets(self, name: str) -> tuple[str, ...]:
        """Return the names of the secrets that go with this credential, itself called `name`."""
        if self.snmp != "v3":
            return (name,)
        return tuple(f"{name}.{part}" for part in ("auth", "privacy") if getattr(self, part) is not None)


class SinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the journal's entries go. `token`, `hmac` and `client_certificate` each name a credential.

    `url` is where to deliver; a prometheus sink is fetched from instead and takes `listen` (ADDRESS:PORT). The cursor
    of a sink hangs on its `name`, by default its kind.
    """

    kind: SinkKind
    url: str = ""
    listen: str | None = None
    name: Name = ""
    token: Name | None = None
    hmac: Name | None = None
    client_certificate: Name | None = None
    ca: str | None = None
    compression: Literal["gzip", "zstd"] | None = None

    def __post_init__(self) -> None:
        """Go by the kind where no name is given."""
        if not self.name:
            msgspec.structs.force_setattr(self, "name", self.kind)


class Console(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The local web page; absent: none is served. `listen` is ADDRESS:PORT."""

    listen: str = "127.0.0.1:8480"


class Listeners(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ports on which the agent hears what devices send unasked; absent: not listening there."""

    traps: Port | None = None
    syslog: Port | None = None
    sia: Port | None = None


class Commands(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the centre may ask for, and the files of public keys that its commands must be signed with."""

    allow: tuple[Command, ...] = ()
    keys: tuple[str, ...] = ()


class SiteFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """site.yaml: the site, who we are to its devices, where to report, when to ask."""

    site: Site
    state_dir: str = "/var/lib/sitewarden"
    credentials: Mapping[Name, Credential] = {}
    sinks: tuple[SinkSettings, ...] = ()
    console: Console | None = None
    listeners: Listeners = Listeners()
    heartbeat: Cadence = 300.0
    #: Overrides a probe's cadence, by the probe's name.
    every: Mapping[str, Cadence] = {}
    commands: Commands = Commands()


class Inventory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """inventory.yaml: the devices that the site should have."""

    devices: tuple[Device, ...]


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one maintenance tier brings: how often each probe runs."""

    every: Mapping[str, Cadence] = {}


Tiers = Mapping[Tier, Offer]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration, checked.

    A device's `retention` is already laid over the policy's, and names of files (`ca`) are absolute. `profiles` are the
    texts of the site's own profiles by name; `lines` tells where in site.yaml each credential stands.
    """

    folder: pathlib.Path
    site: SiteFile
    devices: tuple[Device, ...] = ()
    policy: Policy = Policy()
    firmware: FirmwarePolicy = FirmwarePolicy()
    tiers: Mapping[str, Offer] = {}
    profiles: Mapping[str, str] = {}
    lines: Mapping[str, int] = {}

    @property
    def demands(self) -> Demands:
        """What is demanded of the devices, as the checks get it."""
        return Demands(policy=self.policy, firmware=self.firmware)

    def device(self, name: str) -> Device | None:
        """Return the device with the id `name`, or None."""
        return next((device for device in self.devices if device.id == name), None)

    def state(self, environment: Mapping[str, str]) -> pathlib.Path:
        """Return the folder for what is kept: `$STATE_DIRECTORY`, else `state_dir`, which is seen from `folder`."""
        given = environment.get("STATE_DIRECTORY", "").split(":")[0]
        return pathlib.Path(given) if given else self.folder / self.site.state_dir
