"""`sitewarden run`: the service."""

import asyncio

from agent.cli.desk import Desk
from agent.cli.ground import journal_faults, private_files, settings
from agent.cli.parser import Call
from agent.daemon import Daemon
from agent.exits import OK
from agent.logs import Redactor, configure, wanted
from agent.secrets import Secrets
from probes.catalog import gather


def main(call: Call, desk: Desk) -> int:
    """Serve until SIGTERM.

    Raises:
        Stop: the configuration is wrong (78), or the state directory is not ours to work on.
    """
    level, json = wanted(desk.env)
    configure(level=level or "info", json=json, tracebacks=True, stream=desk.err, redactor=Redactor())
    folder = desk.folder(call.config)
    secrets = Secrets(folder, desk.env)
    found = settings(folder, secrets=secrets, probes=gather().probes)
    state = found.state(desk.env)
    with private_files(), journal_faults(state):
        asyncio.run(Daemon(folder=folder, settings=found, secrets=secrets, state=state).run())
    return OK
