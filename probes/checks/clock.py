"""Is the device's clock right: footage with a wrong time is worth little in court."""

from collections.abc import Iterator

from probes.check import Check
from probes.forms import length
from probes.model import Finding, Severity, opinion
from probes.policy import Demands
from probes.sight import Sight


def judge(sight: Sight, demands: Demands) -> Iterator[Finding]:
    """Yield ok, warn or crit by the policy's limits; unknown where the offset should have been told and was not."""
    offset = sight.known("clock.offset")
    if offset is None or offset.number is None:
        if "clock.offset" in sight.due:
            yield opinion("clock.unseen", Severity.UNKNOWN)
        return
    off = abs(offset.number)
    limits = demands.policy.clock
    if off <= limits.warn:
        yield opinion("clock.right", Severity.OK, limit=limits.warn)
        return
    key = "clock.ahead" if offset.number > 0 else "clock.behind"
    severity, limit = (Severity.CRIT, limits.crit) if off > limits.crit else (Severity.WARN, limits.warn)
    yield opinion(key, severity, off=length(off), limit=length(limit))


CHECK = Check(name="clock", reads=("clock.offset",), judge=judge)
