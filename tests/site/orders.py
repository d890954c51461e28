"""What a running site can be told from outside, one JSON object a line: break this, mend that, tell what you saw."""

from typing import Annotated, Any

import msgspec

from tests.site.site import Site


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line. Without `device` it speaks to all; whatever else is given is done in this order.

    `quirks` turns switches of a camera, `spec` changes what it is, `clock` sets `offset_s` or `drift`; `faults` turns
    those of an SNMP agent and `values` sets OIDs (null takes one out); `alive` cuts or gives back the power; `tell`
    asks for the number of requests by device.
    """

    device: str = ""
    quirks: dict[str, Any] = {}
    spec: dict[str, Any] = {}
    clock: dict[Annotated[str, msgspec.Meta(pattern="^(offset_s|drift)$")], float] = {}
    faults: dict[str, Any] = {}
    values: dict[str, int | str | None] = {}
    alive: bool | None = None
    tell: bool = False


async def obey(site: Site, line: bytes) -> dict[str, Any]:
    """Carry out one order and return what to answer: `{"done": [ids]}`, with `asked` if told to tell.

    A wrong order answers `{"error": ...}` and changes nothing that comes after the mistake.
    """
    try:
        order = msgspec.json.decode(line, type=Order)
        names = [order.device] if order.device else list(site.units)
        for name in names:
            await _one(site, name, order)
    except (msgspec.DecodeError, KeyError, AttributeError) as fault:
        return {"error": f"{type(fault).__name__}: {fault}"}
    answer: dict[str, Any] = {"done": names}
    if order.tell:
        answer["asked"] = {name: _asked(site, name) for name in names}
    return answer


async def _one(site: Site, name: str, order: Order) -> None:
    unit = site.units[name]
    if unit.camera is not None:
        for key, value in order.spec.items():
            setattr(unit.camera.spec, key, value)
        if order.clock:
            unit.camera.clock.set(**order.clock)
        if order.quirks:
            await unit.camera.switch(**order.quirks)
    if unit.agent is not None:
        for key, value in order.faults.items():
            getattr(unit.agent.faults, key)
            setattr(unit.agent.faults, key, value)
        for oid, value in order.values.items():
            unit.agent.set(oid, value)
    if order.alive is not None:
        await (site.revive(name) if order.alive else site.die(name))


def _asked(site: Site, name: str) -> dict[str, int]:
    unit = site.units[name]
    counts = dict(unit.camera.counts) if unit.camera is not None else {}
    return counts | ({"snmp": unit.agent.asked} if unit.agent is not None else {})
