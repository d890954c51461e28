"""Simulated SNMP agents in a process of their own, so that a measurement counts only the asking side."""

import asyncio
import contextlib
import sys

from tests.site.snmp import SnmpAgent
from tests.site.walk import Walk

MODEL = "1.3.6.1.2.1.47.1.1.1.1"
DEVICE = "\n".join(
    [
        "1.3.6.1.2.1.1.1.0|4|HPE Comware Platform Software, Software Version 7.1.070, Release 3507P02",
        "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.25506.11.1.172",
        "1.3.6.1.2.1.1.3.0|67|2250133",
        "1.3.6.1.2.1.1.5.0|4|sw-hall",
        "1.3.6.1.2.1.1.6.0|4|hall",
        *(f"{MODEL}.5.{part}|2|{3 if part == 2 else 10}" for part in range(1, 25)),
        f"{MODEL}.9.2|4|7.1",
        f"{MODEL}.10.2|4|7.1.070 Release 3507P02",
        f"{MODEL}.11.2|4|CN00A1B2C3",
        f"{MODEL}.12.2|4|HPE",
        f"{MODEL}.13.2|4|5140 48G PoE+",
    ]
)


async def serve(count: int) -> None:
    """Run `count` agents, tell their ports on one line, and end when standard input does."""
    walk = Walk(DEVICE)
    async with contextlib.AsyncExitStack() as agents:
        ports = [(await agents.enter_async_context(SnmpAgent(walk=walk))).port for _ in range(count)]
        sys.stdout.write(" ".join(map(str, ports)) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
