"""Simulated cameras in a process of their own, so that a measurement counts only the asking side."""

import asyncio
import contextlib
import sys

from tests.site.onvif import Camera


async def serve(count: int) -> None:
    """Run `count` cameras, tell their ports on one line, and end when standard input does."""
    async with contextlib.AsyncExitStack() as cameras:
        ports = [(await cameras.enter_async_context(Camera())).port for _ in range(count)]
        sys.stdout.write(" ".join(map(str, ports)) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
