"""How far an ONVIF device's clock is off; asked without a login, as everybody may."""

from typing import Final

from probes.model import Observation
from probes.onvif.session import opened
from probes.probe import Note, Probe, Target


async def observe(target: Target, note: Note) -> None:
    """Ask GetSystemDateAndTime and note device minus gateway at the middle of the round trip.

    The device's zone, as it writes it, is the detail.
    """
    async with opened(target) as session:
        reading = await session.clock()
    note(Observation(name="clock.offset", value=round(reading.offset, 3), unit="s", detail=reading.moment.zone))


PROBE: Final = Probe(
    name="onvif.clock",
    protocol="onvif",
    notes=("clock.offset",),
    observe=observe,
    every=300.0,
    anonymous=True,
)
