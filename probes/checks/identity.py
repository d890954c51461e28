"""Is it the device that the inventory expects: the same make, model, serial number."""

import fnmatch
from collections.abc import Iterator

from probes.check import Check
from probes.model import Finding, Severity, opinion
from probes.policy import Demands
from probes.sight import Sight

_ASKED = ("vendor", "model", "serial")


def judge(sight: Sight, _: Demands) -> Iterator[Finding]:
    """Yield a finding per expectation of the inventory that the device contradicts; nothing where nothing is expected.

    Vendor and model are globs, compared without regard to case and blanks; the serial number must be the same.
    """
    expected = {what: getattr(sight.device, what) for what in _ASKED if getattr(sight.device, what)}
    right = True
    for what, wanted in expected.items():
        told = sight.text(f"device.{what}")
        if told is None:
            right = False
            if f"device.{what}" in sight.due:
                yield opinion(f"identity.{what}_unseen", Severity.UNKNOWN, subject=what, wanted=wanted)
        elif not _same(what, wanted, told):
            right = False
            yield opinion(f"identity.other_{what}", Severity.CRIT, subject=what, wanted=wanted, told=told)
    if expected and right:
        yield opinion("identity.expected", Severity.OK)


def _same(what: str, wanted: str, told: str) -> bool:
    plain_wanted, plain_told = (" ".join(text.split()).casefold() for text in (wanted, told))
    return plain_wanted == plain_told if what == "serial" else fnmatch.fnmatchcase(plain_told, plain_wanted)


CHECK = Check(name="identity", reads=("device.vendor", "device.model", "device.serial"), judge=judge)
