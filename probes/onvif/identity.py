"""What an ONVIF device says it is: maker, model, firmware, serial, and the name and place that people gave it."""

import contextlib
from typing import Final
from urllib.parse import unquote

from probes.errors import Malformed, Refused, Unsupported
from probes.model import Observation
from probes.onvif.calls import INFORMATION, SCOPES
from probes.onvif.reader import Node
from probes.onvif.session import Session, opened
from probes.probe import Note, Probe, Target

_FACTS: Final = {
    "device.vendor": "Manufacturer",
    "device.model": "Model",
    "device.firmware": "FirmwareVersion",
    "device.serial": "SerialNumber",
}
_SCOPE: Final = "onvif://www.onvif.org/"
_SCOPED: Final = {"device.name": "name/", "device.location": "location/"}
_LONGEST: Final = 256


async def observe(target: Target, note: Note) -> None:
    """Ask GetDeviceInformation and GetScopes (ONVIF Core, 8.3.1 and 8.1.5), and note whether the login works.

    The hardware's identifier is the detail of `device.model`.
    """
    async with opened(target) as session:
        try:
            information = await session.ask(INFORMATION)
        except Refused as refused:
            if refused.login or session.entered:
                note(Observation(name="reach.login", value=not refused.login))
            raise
        if session.entered:
            note(Observation(name="reach.login", value=True))
        for name, element in _FACTS.items():
            told = information.text(element)
            detail = (information.text("HardwareId") or "") if name == "device.model" else ""
            if told is not None:
                note(Observation(name=name, value=told, detail=detail))
        for name, told in (await _scopes(session)).items():
            note(Observation(name=name, value=told))


async def _scopes(session: Session) -> dict[str, str]:
    """Return name and location from the scopes; nothing where the device does not tell them to us."""
    with contextlib.suppress(Refused, Unsupported, Malformed):
        return scoped(await session.ask(SCOPES))
    return {}


def scoped(answer: Node) -> dict[str, str]:
    """Return what a GetScopesResponse says of name and location; several locations are joined by commas."""
    items = [scope.text("ScopeItem") or "" for scope in answer.every("Scopes")]
    told = {}
    for name, begin in _SCOPED.items():
        parts = [unquote(item[len(_SCOPE + begin) :]).strip() for item in items if item.startswith(_SCOPE + begin)]
        said = parts[:1] if name == "device.name" else parts
        joined = ", ".join(part for part in said if part and part.isprintable())[:_LONGEST]
        if joined:
            told[name] = joined
    return told


PROBE: Final = Probe(
    name="onvif.identity",
    protocol="onvif",
    notes=(*_FACTS, *_SCOPED, "reach.login"),
    observe=observe,
    every=600.0,
)
