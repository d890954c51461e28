"""What a simulated camera is, as opposed to what it does wrong."""

from typing import Literal

import msgspec

Level = Literal["Administrator", "Operator", "User"]


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ONVIF user of the camera."""

    username: str = "supervision"
    password: str = "Zoom-42-Fokus"
    level: Level = "Operator"


class CameraSpec(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Identity, users, encoders and limits of one camera; may be changed while it runs (a firmware update, a swap)."""

    vendor: str = "HIKVISION"
    model: str = "DS-2CD2143G2-I"
    firmware: str = "V5.7.3 build 220112"
    serial: str = "DS-2CD2143G2-I20220315AAWRJ00000001"
    hardware: str = "88"
    name: str = "cam"
    location: str = "hall"
    hostname: str = "cam"
    mac: str = "44:19:b6:00:00:01"
    timezone: str = "CET-1CEST,M3.5.0,M10.5.0/3"
    zone: str = "Europe/Paris"  # the same zone by name, for the camera's own local time
    ntp: tuple[str, ...] = ("192.0.2.1",)
    accounts: tuple[Account, ...] = (Account(),)
    window_s: float = 10.0  # how far Created may lie from the camera's clock, either way
    profiles: int = 2
    codec: Literal["H264", "H265", "JPEG"] = "H264"
    width: int = 2688
    height: int = 1520
    rate: int = 25  # frames a second
    bitrate: int = 4096  # kbit/s
    rtsp_port: int = 554
    slots: int = 8  # PullPoint subscriptions at once
    tail: int = 256  # how many requests the log keeps
