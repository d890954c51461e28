"""A whole simulated site from a small description: its devices on real sockets, and the configuration for them."""

import contextlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import yaml

from tests.site import walks
from tests.site.onvif import Account, Camera, CameraSpec, Quirks
from tests.site.snmp import SnmpAgent
from tests.site.wire import State as Wire

COMMUNITY: Final = "nur-lesen-7"
_HOSTS: Final = 250
_UNITS: Final = {"nvr": "recorders", "sw": "switches", "ups": "upses", "nas": "nases"}
_MAKES: Final = (
    ("HIKVISION", "DS-2CD2143G2-I", "V5.7.3 build 220112", "both"),
    ("Dahua", "IPC-HDW2431T-AS-S2", "2.800.0000000.44.R, Build Date 2023-05-18", "digest"),
    ("AXIS", "P3265-LVE", "11.11.73", "both"),
    ("Bosch", "FLEXIDOME indoor 5100i IR", "8.71.0066", "both"),
    ("Hanwha Vision", "QNV-8080R", "1.41.08_20220905_R287", "digest"),
    ("Uniview", "IPC2124SB-ADF28KM-I0", "GIPC-B6202.10.8.220826", "token"),
)


class Outline(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How many devices of which kind; `quirks` by camera (its id, or `*` for all) are on from the start."""

    cameras: int = 8
    recorders: int = 1
    switches: int = 1
    upses: int = 1
    nases: int = 0
    profiles: int = 2
    quirks: Mapping[str, Mapping[str, Any]] = {}
    expected: bool = True  # the inventory names model and serial


class Unit(msgspec.Struct, kw_only=True):
    """One device of the site: what it is, where it stands, and the simulators that speak for it."""

    id: str
    kind: str
    address: str
    camera: Camera | None = None
    agent: SnmpAgent | None = None
    extra: dict[str, Any] = {}  # further keys of its inventory entry


class Site:
    """An async context manager: all devices answer while it is entered. `units` holds them by id."""

    def __init__(self, *, outline: Outline | None = None, network: str = "", account: Account | None = None) -> None:
        """Stand on the /16 `network` of loopback (`127.83`), by default one drawn at random: tests shall not meet."""
        self.outline = outline or Outline()
        self.account = account or Account()
        self._network = network or f"127.{64 + secrets.randbelow(128)}"
        self._taken = secrets.randbelow(100) * _HOSTS
        self._open = contextlib.AsyncExitStack()
        self.units: dict[str, Unit] = {unit.id: unit for unit in (*self._cabinet(), *self._cameras())}

    def camera(self, name: str) -> Camera:
        """Return the ONVIF side of a device.

        Raises:
            KeyError: there is none of that id that speaks ONVIF.
        """
        found = self.units[name].camera
        if found is None:
            raise KeyError(name)
        return found

    def agent(self, name: str) -> SnmpAgent:
        """Return the SNMP side of a device.

        Raises:
            KeyError: there is none of that id that speaks SNMP.
        """
        found = self.units[name].agent
        if found is None:
            raise KeyError(name)
        return found

    async def __aenter__(self) -> Self:
        """Start every device."""
        for unit in self.units.values():
            for side in (unit.camera, unit.agent):
                if side is not None:
                    await self._open.enter_async_context(side)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop every device."""
        await self._open.aclose()

    async def die(self, name: str, *, wire: Wire = "black-hole") -> None:
        """Take a device from the network: nothing answers; with `refused` its ports are closed instead."""
        unit = self.units[name]
        if unit.camera is not None:
            await unit.camera.switch(wire=wire)
        if unit.agent is not None:
            unit.agent.faults.silent = True

    async def revive(self, name: str) -> None:
        """Give it back its power."""
        unit = self.units[name]
        if unit.camera is not None:
            unit.camera.quirks.wire = "open"
            await unit.camera.restart()
        if unit.agent is not None:
            unit.agent.faults.silent = False

    def write(
        self,
        folder: Path,
        *,
        sink: str = "",
        token: str = "",
        every: Mapping[str, str] | None = None,
        heartbeat: str = "30s",
        tier: str = "premium",
    ) -> None:
        """Write the configuration that `sitewarden --config FOLDER` takes: YAML, and secrets that only we can read.

        `sink` is the centre's address and `token` its bearer token; `every` maps a probe's name to a duration.
        """
        vault = folder / "secrets"
        vault.mkdir(parents=True, exist_ok=True, mode=0o700)
        told = {"cams": self.account.password, "lan": COMMUNITY, **({"centre": token} if token else {})}
        for name, secret in told.items():
            (vault / name).touch(mode=0o600)
            (vault / name).write_text(secret, encoding="utf-8")
        credentials: dict[str, Any] = {"cams": {"username": self.account.username}, "lan": {"snmp": "v2c"}}
        sinks: list[dict[str, str]] = [{"kind": "https", "url": sink}] if sink else []
        if sink and token:
            credentials["centre"] = {}
            sinks[0]["token"] = "centre"
        site: dict[str, Any] = {
            "site": {"id": "demo-depot", "name": "Dépôt de démonstration", "timezone": "Europe/Paris", "tier": tier},
            "state_dir": str((folder / "state").resolve()),
            "credentials": credentials,
            "sinks": sinks,
            "heartbeat": heartbeat,
            **({"every": dict(every)} if every else {}),
        }
        _dump(folder / "site.yaml", site)
        _dump(folder / "inventory.yaml", {"devices": [self._entry(unit) for unit in self.units.values()]})
        _dump(folder / "policy.yaml", {"clock": {"warn": "2s", "crit": "30s"}, "retention": {"min_days": 21}})
        rules = [{"match": {"vendor": "hikvision", "model": "DS-2CD2*"}, "minimum": "V5.7.3 build 220112"}]
        _dump(folder / "firmware.yaml", {"rules": rules})

    def told(self) -> dict[str, Any]:
        """Return where everything is: `{id: {kind, address, onvif, snmp}}`, the last two being ports."""
        return {
            unit.id: {
                "kind": unit.kind,
                "address": unit.address,
                **({"onvif": unit.camera.port} if unit.camera else {}),
                **({"snmp": unit.agent.port} if unit.agent else {}),
            }
            for unit in self.units.values()
        }

    def _address(self) -> str:
        self._taken += 1
        return f"{self._network}.{self._taken // _HOSTS}.{self._taken % _HOSTS + 1}"

    def _cabinet(self) -> list[Unit]:
        units = []
        for prefix, kind, say in (
            ("nvr", "nvr", walks.recorder),
            ("sw", "switch", walks.switch),
            ("ups", "ups", walks.ups),
            ("nas", "nas", walks.nas),
        ):
            for number in range(1, getattr(self.outline, _UNITS[prefix]) + 1):
                name, address = f"{prefix}-{number}", self._address()
                agent = SnmpAgent(walk=say(name), address=address, community=COMMUNITY)
                units.append(Unit(id=name, kind=kind, address=address, agent=agent))
        for unit in units:
            if unit.kind == "nvr":
                spec = CameraSpec(
                    model="DS-7616NXI-I2/S", firmware="V4.61.025 build 220905", name=unit.id, accounts=(self.account,),
                    serial="DS-7616NXI-I2/S1620220905CCRRK0000001WCVU", location="rack 1",
                )  # fmt: skip
                unit.camera = Camera(spec=spec, address=unit.address)
            if unit.id != "sw-1" and self.outline.switches:
                unit.extra["uplink"] = {"device": "sw-1"}
        return units

    def _cameras(self) -> list[Unit]:
        units = []
        for number in range(1, self.outline.cameras + 1):
            vendor, model, firmware, auth = _MAKES[(number - 1) % len(_MAKES)]
            name, address = f"cam-{number}", self._address()
            spec = CameraSpec(
                vendor=vendor, model=model, firmware=firmware, name=name, hostname=name, accounts=(self.account,),
                serial=f"{vendor[:3].upper()}{number:08d}", profiles=self.outline.profiles, location="hall",
                mac=f"02:00:00:00:{number // 256:02x}:{number % 256:02x}",
            )  # fmt: skip
            wanted = {**self.outline.quirks.get("*", {}), **self.outline.quirks.get(name, {})}
            quirks = msgspec.convert({"auth": auth, **wanted}, Quirks)
            extra: dict[str, Any] = {"model": spec.model, "serial": spec.serial} if self.outline.expected else {}
            if self.outline.switches:
                extra["uplink"] = {"device": "sw-1", "port": str((number - 1) % 20 + 1)}
            if self.outline.recorders:
                extra["recorder"] = {"device": "nvr-1", "channel": str(number)}
            camera = Camera(spec=spec, quirks=quirks, address=address)
            units.append(Unit(id=name, kind="camera", address=address, camera=camera, extra=extra))
        return units

    def _entry(self, unit: Unit) -> dict[str, Any]:
        entry: dict[str, Any] = {"id": unit.id, "kind": unit.kind, "address": unit.address}
        if unit.camera is not None:
            entry["onvif"] = {"port": unit.camera.port, "credential": "cams"}
        if unit.agent is not None:
            entry["snmp"] = {"port": unit.agent.port, "credential": "lan"}
        return {**entry, **unit.extra}


def _dump(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False), encoding="utf-8")
