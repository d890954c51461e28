"""`sitewarden run`: the service."""

import asyncio

from agent.cli.desk import Desk
from agent.cli.ground import Carried, journal_faults, private_files, settings
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
    redactor = Redactor()
    configure(level=level or "info", json=json, tracebacks=True, stream=desk.err, redactor=redactor)
    folder = desk.folder(call.config)
    secrets = Secrets(folder, desk.env)
    found = settings(folder, secrets=secrets, probes=gather().probes)
    for secret in Carried(folder, desk.env, found.site.credentials).all():
        redactor.know(secret)
    state = found.state(desk.env)
    with private_files(), journal_faults(state):
        asyncio.run(Daemon(folder=folder, settings=found, secrets=secrets, state=state).run())
    return OK
