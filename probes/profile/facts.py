"""The names of facts that a profile may note, with their kind, unit and vocabulary (contract.md, Names of facts)."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Kind = Literal["text", "number", "flag", "word"]

STATES: Final = ("failed", "degraded", "unknown", "normal", "absent")  # worst first


class Fact(msgspec.Struct, frozen=True):
    """What a fact's value is: text, a number in `unit`, a flag, or one word of `words`."""

    kind: Kind
    unit: str = ""
    words: tuple[str, ...] = ()


_TEXT: Final = Fact("text")
_FLAG: Final = Fact("flag")
_STATE: Final = Fact("word", words=STATES)


FACTS: Final[Mapping[str, Fact]] = {
    "device.vendor": _TEXT,
    "device.model": _TEXT,
    "device.firmware": _TEXT,
    "device.serial": _TEXT,
    "device.name": _TEXT,
    "device.location": _TEXT,
    "device.mac": _TEXT,
    "device.uptime": Fact("number", "s"),
    "cpu.load": Fact("number", "%"),
    "memory.used": Fact("number", "%"),
    "temperature": Fact("number", "celsius"),
    "temperature.warn": Fact("number", "celsius"),
    "temperature.crit": Fact("number", "celsius"),
    "humidity": Fact("number", "%"),
    "storage.used": Fact("number", "%"),
    "storage.capacity": Fact("number", "byte"),
    "fan.state": _STATE,
    "psu.state": _STATE,
    "disk.state": _STATE,
    "raid.state": _STATE,
    "sensor.state": _STATE,
    "battery.state": _STATE,
    "battery.charge": Fact("number", "%"),
    "battery.runtime": Fact("number", "s"),
    "battery.age": Fact("number", "s"),
    "battery.replaced": _TEXT,
    "ups.on_battery": _FLAG,
    "ups.load": Fact("number", "%"),
    "port.name": _TEXT,
    "port.link": Fact("word", words=("up", "down")),
    "port.admin": Fact("word", words=("up", "down")),
    "port.speed": Fact("number", "bit/s"),
    "poe.state": Fact("word", words=("delivering", "searching", "disabled", "fault", "denied")),
    "poe.power": Fact("number", "W"),
    "door.state": Fact("word", words=("open", "closed", "fault", "unknown")),
    "door.tamper": _FLAG,
    "recording.active": _FLAG,
    "clock.time": Fact("number", "unixtime"),
}


def split(key: str) -> tuple[str, str]:
    """Return the fact's name and the fixed subject of a key such as `psu.state[PSU 1]`."""
    name, _, rest = key.partition("[")
    return name, rest.removesuffix("]")
