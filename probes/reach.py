"""Does the device answer at all: the ports of its protocols, SNMP by a GET of sysUpTime, ICMP beside them."""

import asyncio
from typing import Final

from probes.errors import ProbeError, Refused, Unreachable, Unsupported
from probes.model import Observation
from probes.net.ping import ping
from probes.net.tcp import connects
from probes.probe import Note, Probe, Target
from probes.snmp.session import uptime

#: Alarm panels call us; there is no port of theirs to knock at.
_CALLS_US: Final = frozenset({"sia"})


async def observe(target: Target, note: Note) -> None:
    """Note reach.tcp per port, reach.snmp, reach.ping and reach.rtt; being silent is a fact here, not an error."""
    device = target.device
    ports = {device.port(protocol) for protocol in device.protocols if protocol != "snmp" and protocol not in _CALLS_US}
    async with asyncio.TaskGroup() as group:
        for port in sorted(ports):
            group.create_task(_knock(device.address, port, note))
        if device.snmp is not None:
            group.create_task(_greet(target, note))
        group.create_task(_echo(device.address, note))


async def _knock(host: str, port: int, note: Note) -> None:
    try:
        took = await connects(host, port)
    except Unreachable as silence:
        note(Observation(name="reach.tcp", subject=str(port), value=False, detail=str(silence)))
    else:
        note(Observation(name="reach.tcp", subject=str(port), value=True))
        note(Observation(name="reach.rtt", subject=str(port), value=round(took, 6), unit="s"))


async def _greet(target: Target, note: Note) -> None:
    """A refusal is an answer: the device is there, whatever it thinks of the login."""
    try:
        note(Observation(name="device.uptime", value=await uptime(target), unit="s"))
    except Refused as refusal:
        note(Observation(name="reach.snmp", value=True, detail=str(refusal)))
    except ProbeError as silence:
        note(Observation(name="reach.snmp", value=not isinstance(silence, Unreachable), detail=str(silence)))
    else:
        note(Observation(name="reach.snmp", value=True))


async def _echo(host: str, note: Note) -> None:
    try:
        took = await ping(host)
    except Unsupported:
        return
    except Unreachable:
        note(Observation(name="reach.ping", value=False))
    else:
        note(Observation(name="reach.ping", value=True))
        note(Observation(name="reach.rtt", value=round(took, 6), unit="s"))


PROBE = Probe(
    name="reach",
    protocol=None,
    notes=("reach.tcp", "reach.snmp", "reach.ping", "reach.rtt", "device.uptime"),
    observe=observe,
    every=30.0,
    timeout=15.0,
    anonymous=True,
)
