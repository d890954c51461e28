"""Which probes ask which devices, and how often: the inventory and the catalogue laid side by side; pure."""

from collections.abc import Iterable, Mapping

import msgspec

from agent.known import Cadence
from probes.device import Device
from probes.probe import Probe


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One (device, probe) that takes its turn every `every` seconds."""

    device: Device
    probe: Probe
    every: float

    @property
    def name(self) -> str:
        """The task's name, as logs and dumps show it."""
        return f"{self.device.id}/{self.probe.name}"


def turns(
    devices: Iterable[Device], probes: Iterable[Probe], every: Mapping[str, float] | None = None
) -> tuple[Turn, ...]:
    """Return every turn, device by device; `every` overrides a probe's cadence by its name."""
    wanted = tuple(probes)
    cadence = every or {}
    return tuple(
        Turn(device=device, probe=probe, every=cadence.get(probe.name, probe.every))
        for device in devices
        for probe in wanted
        if probe.fits(device)
    )


def cadences(planned: Iterable[Turn]) -> dict[str, Cadence]:
    """Return what `Knowledge` of one device, whose turns these are, needs to tell fresh from stale."""
    return {turn.probe.name: Cadence(every=turn.every, notes=turn.probe.notes) for turn in planned}
