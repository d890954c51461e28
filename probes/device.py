"""A device as the inventory expects it: which protocols it speaks, where it hangs, what it should be."""

from typing import Literal

import msgspec

from probes.forms import Date, Name, Port
from probes.policy import RetentionPolicy

Kind = Literal[
    "camera", "nvr", "vms", "switch", "ups", "nas", "access-controller", "alarm-panel", "intercom", "router", "server"
]
_PORTS = {"onvif": 80, "snmp": 161, "rtsp": 554, "http": 80, "isapi": 80, "dahua": 80, "vapix": 80, "sia": 10500}
_TLS_PORTS = {"rtsp": 322}
PROTOCOLS = ("onvif", "snmp", "rtsp", "http", "isapi", "dahua", "vapix", "sia")


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Says that the device speaks a protocol, and how it is reached and entered."""

    port: Port | None = None
    credential: Name | None = None
    tls: bool = False
    ca: str | None = None
    fingerprint: str | None = None  # SHA-256 of the certificate, hex; pinned on first use otherwise


class Uplink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The device, and the port there, that this one hangs on."""

    device: Name
    port: str | None = None


class RecordedBy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The recorder, and the channel there, that keeps this camera's footage."""

    device: Name
    channel: str


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of inventory.yaml. Only id, kind and address are required."""

    id: Name
    kind: Kind
    address: str
    name: str = ""
    onvif: Block | None = None
    snmp: Block | None = None
    rtsp: Block | None = None
    http: Block | None = None
    isapi: Block | None = None
    dahua: Block | None = None
    vapix: Block | None = None
    sia: Block | None = None
    channels: tuple[str, ...] = ()
    uplink: Uplink | tuple[Uplink, ...] | None = None
    recorder: RecordedBy | None = None
    commissioned: Date | None = None
    retention: RetentionPolicy | None = None
    profile: str | None = None
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    mac: str | None = None

    def block(self, protocol: str) -> Block | None:
        """Return the block of `protocol`, or None where the device is not said to speak it."""
        block: Block | None = getattr(self, protocol)
        return block

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols that the inventory says the device speaks."""
        return tuple(protocol for protocol in PROTOCOLS if self.block(protocol) is not None)

    def port(self, protocol: str) -> int:
        """Return the port that `protocol` is asked on: the inventory's, else the usual one (IANA; 443 for TLS)."""
        block = self.block(protocol)
        if block is None or (block.port is None and not block.tls):
            return _PORTS[protocol]
        return block.port if block.port is not None else _TLS_PORTS.get(protocol, 443)
