"""Targets for the SNMP tests: a device on loopback with the login that it accepts."""

from probes.device import Block, Device
from probes.probe import Login, Secret, Shared, Target


def target(port: int, login: Login | None = None, *, address: str = "127.0.0.1", version: str = "v2c") -> Target:
    """Return a switch at `address`; without `login`, entered with the community `public`."""
    return Target(
        device=Device(id="sw-1", kind="switch", address=address, snmp=Block(port=port)),
        shared=Shared(),
        logins={"snmp": login or Login(name="lan", secret=Secret("public"), snmp=version)},
    )
