"""Runs a simulated site in a process of its own: one JSON line when it is ready, then orders on stdin."""

import argparse
import asyncio
import contextlib
import json
import resource
import signal
import sys
from pathlib import Path

import msgspec

from tests.site.orders import obey
from tests.site.site import Outline, Site


async def _orders(site: Site) -> None:
    """Obey what comes on stdin until it is closed; where it is nothing that can be waited for, wait for the end."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    except (PermissionError, ValueError):  # /dev/null, a file
        await loop.create_future()
    async for line in reader:
        if line.strip():
            _say(await obey(site, line))


async def _serve(chosen: argparse.Namespace) -> None:
    outline = Outline(
        cameras=chosen.cameras, recorders=chosen.recorders, switches=chosen.switches, upses=chosen.upses,
        nases=chosen.nases, profiles=chosen.profiles, quirks=msgspec.json.decode(chosen.quirks),
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    async with Site(outline=outline, network=chosen.network) as site:
        if chosen.config is not None:
            site.write(chosen.config, sink=chosen.sink)
        _say({"devices": site.told(), "username": site.account.username})
        listening = asyncio.create_task(_orders(site), name="orders")
        listening.add_done_callback(lambda _: stop.set())
        await stop.wait()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening


def _say(told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the options and serve until SIGTERM, Ctrl-C or the end of stdin."""
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    for name, many in (("cameras", 8), ("recorders", 1), ("switches", 1), ("upses", 1), ("nases", 0), ("profiles", 2)):
        parser.add_argument(f"--{name}", type=int, default=many)
    parser.add_argument("--quirks", default="{}", help='by camera or for all: {"*": {"delay_s": 0.1}}')
    parser.add_argument("--network", default="", help="two octets of loopback, such as 127.83")
    parser.add_argument("--config", type=Path, help="write a configuration folder for the site")
    parser.add_argument("--sink", default="", help="the centre's address in that configuration")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
