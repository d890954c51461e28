"""Targets that point at simulated cameras, and what a probing of them says."""

from collections.abc import MutableMapping
from typing import Any

from probes.device import Block, Device
from probes.errors import ProbeError
from probes.model import Observation, Value
from probes.probe import Login, Probe, Secret, Shared, Target
from tests.site.onvif import Camera

USERNAME = "supervision"
PASSWORD = "Zoom-42-Fokus"


def login(password: str = PASSWORD) -> Login:
    """Return the simulated cameras' login."""
    return Login(name="cams", username=USERNAME, secret=Secret(password))


def aim(
    shared: Shared,
    *,
    address: str = "127.0.0.1",
    port: int,
    password: str | None = PASSWORD,
    kept: MutableMapping[str, str] | None = None,
    **block: Any,
) -> Target:
    """Return a target for what listens there; `block` takes tls, ca and fingerprint."""
    device = Device(id="cam-1", kind="camera", address=address, onvif=Block(port=port, **block))
    logins = {} if password is None else {"onvif": login(password)}
    return Target(device=device, shared=shared, logins=logins, kept={} if kept is None else kept)


def aim_at(shared: Shared, camera: Camera, **options: Any) -> Target:
    """Return a target for a simulated camera."""
    return aim(shared, address=camera.address, port=camera.port, **options)


async def facts(probe: Probe, target: Target) -> dict[str, Value]:
    """Return what one probing notes, by name; what it raises is the caller's to see."""
    seen: list[Observation] = []
    await probe.observe(target, seen.append)
    return {observation.name: observation.value for observation in seen}


async def outcome(probe: Probe, target: Target) -> tuple[dict[str, Value], ProbeError | None]:
    """Return what one probing notes, and which of our errors ended it."""
    seen: list[Observation] = []
    fault: ProbeError | None = None
    try:
        await probe.observe(target, seen.append)
    except ProbeError as caught:
        fault = caught
    return {observation.name: observation.value for observation in seen}, fault
