"""Does the device answer: crit when nothing of it does, warn when only a part does."""

from collections.abc import Iterator

from probes.check import Check
from probes.model import Finding, Severity, opinion
from probes.policy import Demands
from probes.sight import Sight


def judge(sight: Sight, _: Demands) -> Iterator[Finding]:
    """Yield one finding for the device as a whole and, where it answers in part, one per silent port.

    A device is unreachable when none of the ports of its protocols answers, even if it pings; ping alone decides only
    for a device that the inventory gives no protocol to ask by.
    """
    ports = {subject: known.value is True for subject, known in sight.every("reach.tcp")}
    snmp, ping = sight.known("reach.snmp"), sight.known("reach.ping")
    answers = [*ports.values(), *([snmp.value is True] if snmp else [])]
    if not answers and ping is not None:
        answers = [ping.value is True]
    if not answers:
        yield opinion("reach.unseen", Severity.UNKNOWN)
    elif not any(answers):
        pings = ping is not None and ping.value is True
        yield opinion("reach.pings_only" if pings and (ports or snmp) else "reach.silent", Severity.CRIT)
    else:
        silent = [port for port, answered in ports.items() if not answered]
        for port in silent:
            yield opinion("reach.port_silent", Severity.WARN, subject=port, port=port)
        if snmp is not None and snmp.value is not True:
            yield opinion("reach.snmp_silent", Severity.WARN, subject="snmp")
        if all(answers):
            yield opinion("reach.answers", Severity.OK)


CHECK = Check(name="reach", reads=("reach.tcp", "reach.snmp", "reach.ping"), judge=judge)
