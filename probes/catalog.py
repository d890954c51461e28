"""Gathers every probe and every check; two of one name are refused."""

from importlib import import_module
from typing import Final

import msgspec

from probes.check import Check
from probes.probe import Probe

#: Each room that ends in a declaration, by module. A test holds this list against the files that declare one.
_PROBES: Final = ("probes.reach", "probes.onvif.identity", "probes.onvif.clock", "probes.snmp.identity")
_CHECKS: Final = ("probes.checks.reach", "probes.checks.clock", "probes.checks.identity")


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """All that can be asked and all that can be judged, by name."""

    probes: dict[str, Probe]
    checks: dict[str, Check]


class Twice(Exception):
    """Two declarations bear one name."""


def gather() -> Catalog:
    """Import every room and return its declarations.

    Raises:
        Twice: two probes or two checks have one name.
    """
    probes = [import_module(module).PROBE for module in _PROBES]
    checks = [import_module(module).CHECK for module in _CHECKS]
    for kind in (probes, checks):
        names = [declared.name for declared in kind]
        if twice := {name for name in names if names.count(name) > 1}:
            raise Twice(sorted(twice))
    return Catalog(probes={each.name: each for each in probes}, checks={each.name: each for each in checks})
