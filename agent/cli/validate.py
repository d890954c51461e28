"""`sitewarden validate`: every error of the configuration and its secrets in one go."""

from agent.cli.desk import Desk
from agent.cli.ground import quiet_logs, settings
from agent.cli.parser import Call
from agent.exits import OK
from agent.secrets import Secrets
from probes.catalog import gather


def main(call: Call, desk: Desk) -> int:
    """Print one line where all is well.

    Raises:
        Stop: it is not (78).
    """
    quiet_logs(desk)
    folder = desk.folder(call.config)
    found = settings(folder, secrets=Secrets(folder, desk.env), probes=gather().probes)
    site = found.site
    counts = {"devices": len(found.devices), "credentials": len(site.credentials), "sinks": len(site.sinks)}
    desk.line(desk.word("ground.valid", **counts))
    return OK
