"""Who an SNMP device is: its name, place, make, model, firmware and serial number."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from probes.errors import Unsupported
from probes.model import Observation
from probes.probe import Note, Probe, Target
from probes.snmp.asking import Snmp
from probes.snmp.client import Table, Value
from probes.snmp.session import UPTIME, session
from probes.snmp.values import dotted, text, whole

# SNMPv2-MIB (RFC 3418)
_OBJECT: Final = "1.3.6.1.2.1.1.2.0"
_NAME: Final = "1.3.6.1.2.1.1.5.0"
_LOCATION: Final = "1.3.6.1.2.1.1.6.0"
_SYSTEM: Final = ("1.3.6.1.2.1.1.1.0", _OBJECT, UPTIME, _NAME, _LOCATION)

# ENTITY-MIB (RFC 6933)
_ENTRY: Final = "1.3.6.1.2.1.47.1.1.1.1"
_CLASS: Final = f"{_ENTRY}.5"
_FIRMWARE: Final = f"{_ENTRY}.9"
_SOFTWARE: Final = f"{_ENTRY}.10"
_SERIAL: Final = f"{_ENTRY}.11"
_MAKER: Final = f"{_ENTRY}.12"
_MODEL: Final = f"{_ENTRY}.13"
_CELLS: Final = (_FIRMWARE, _SOFTWARE, _SERIAL, _MAKER, _MODEL)
_CHASSIS: Final = 3
_PARTS: Final = 2_000

# Hikvision: cameras answer below 39165 only, recorders below 50001
_CAMERA: Final = "1.3.6.1.4.1.39165.1"
_RECORDER: Final = "1.3.6.1.4.1.50001.1"
_HIKVISION: Final = (f"{_CAMERA}.1.0", f"{_CAMERA}.3.0", f"{_RECORDER}.3.0")


def extract(scalars: Mapping[str, Value], chassis: Mapping[str, Value]) -> Iterator[Observation]:
    """Yield what was said: `scalars` by OID, `chassis` the cells of the device's own ENTITY-MIB row by column."""
    ticks = whole(scalars.get(UPTIME))
    if ticks is not None:
        yield Observation(name="device.uptime", value=ticks / 100.0, unit="s")
    told: dict[str, str | None] = {
        "device.name": text(scalars.get(_NAME)),
        "device.location": text(scalars.get(_LOCATION)),
        "device.vendor": text(chassis.get(_MAKER)),
        "device.model": text(chassis.get(_MODEL)),
        "device.firmware": text(chassis.get(_SOFTWARE)) or text(chassis.get(_FIRMWARE)),
        "device.serial": text(chassis.get(_SERIAL)),
    }
    if any(oid in scalars for oid in _HIKVISION):
        told["device.vendor"] = "Hikvision"
        told["device.model"] = text(scalars.get(_HIKVISION[0])) or told["device.model"]
        told["device.firmware"] = text(scalars.get(_HIKVISION[1])) or told["device.firmware"]
        told["device.serial"] = text(scalars.get(_HIKVISION[2])) or told["device.serial"]
    for name, value in told.items():
        if value is not None:
            yield Observation(name=name, value=value)


def chassis_of(classes: Mapping[str, Value]) -> str | None:
    """Return the index of the first chassis among entPhysicalClass cells by index; None where there is none."""
    found = [index for index, value in classes.items() if whole(value) == _CHASSIS]
    return min(found, key=lambda index: [int(part) for part in index.split(".")], default=None)


async def observe(target: Target, note: Note) -> None:
    """Note what the device says of itself."""
    async with session(target) as snmp:
        scalars = await snmp.get((*_SYSTEM, *_HIKVISION))
        maker = dotted(scalars.get(_OBJECT)) or ""
        told = any(oid in scalars for oid in _HIKVISION) or "50001" in maker.split(".")
        chassis = {} if told else await _chassis(snmp)
    if not scalars and not chassis:
        raise Unsupported
    for fact in extract(scalars, chassis):
        note(fact)


async def _chassis(snmp: Snmp) -> dict[str, Value]:
    table: Table = await snmp.table((_CLASS,), max_rows=_PARTS)
    index = chassis_of({row: cells[_CLASS] for row, cells in table.items()})
    if index is None:
        return {}
    cells: Sequence[str] = [f"{column}.{index}" for column in _CELLS]
    found = await snmp.get(cells)
    return {column: found[cell] for column, cell in zip(_CELLS, cells, strict=True) if cell in found}


PROBE: Final = Probe(
    name="snmp.identity",
    protocol="snmp",
    notes=(
        "device.name",
        "device.location",
        "device.uptime",
        "device.vendor",
        "device.model",
        "device.firmware",
        "device.serial",
    ),
    observe=observe,
    every=600.0,
)
