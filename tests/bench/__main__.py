"""Runs every benchmark, or those named, and prints one line a figure: `make bench`, `python -m tests.bench onvif`."""

import asyncio
import importlib
import sys

ROOMS = ("startup", "snmp", "onvif", "journal", "forward")


def main(rooms: list[str]) -> int:
    for room in rooms or ROOMS:
        print(f"# {room}", flush=True)
        for name, value, unit in asyncio.run(importlib.import_module(f"tests.bench.{room}").run()):
            print(f"{name:<72} {value:>12,.3f} {unit}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
