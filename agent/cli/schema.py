"""`sitewarden schema`: the JSON Schema of a file of the configuration, or of a report."""

import json

from agent.cli.desk import Desk
from agent.cli.parser import Call
from agent.exits import OK
from agent.settings.schema import schema


def main(call: Call, desk: Desk) -> int:
    """Print it, indented."""
    desk.out.write(json.dumps(schema(call.words[0]), indent=2, ensure_ascii=False) + "\n")
    return OK
