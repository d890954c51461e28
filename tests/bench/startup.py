"""What starting costs a person at a prompt: the help, and the check of one simulated device; wall time."""

import asyncio
import os
import subprocess
import sys
import time

from tests.site.onvif import Camera

ROUNDS = 5


async def run() -> list[tuple[str, float, str]]:
    async with Camera() as camera:
        address = f"onvif://{camera.spec.accounts[0].username}@{camera.address}:{camera.port}"
        env = {**os.environ, "SITEWARDEN_PASSWORD": camera.spec.accounts[0].password}
        helped = await asyncio.to_thread(best, ["--help"], env)
        checked = await asyncio.to_thread(best, ["check", address], env)
    return [("sitewarden --help, best of 5", helped, "s"), ("sitewarden check onvif://, best of 5", checked, "s")]


def best(words: list[str], env: dict[str, str]) -> float:
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "agent", *words], env=env, check=True, capture_output=True)
        took.append(time.perf_counter() - begun)
    return min(took)
