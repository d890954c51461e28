"""How many may ask at once: first the device's own gate, then the house's, never the other way round."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

#: More would only queue in the kernel of a small gateway; black holes hold a place for seconds each.
HOUSE: Final = 128


class Gates:
    """One gate per device and one for the house, so that a slow device's queue starves nobody else."""

    def __init__(self, *, house: int = HOUSE) -> None:
        """Open the house to `house` probings at once."""
        self._house = asyncio.Semaphore(house)
        self._devices: dict[str, asyncio.Semaphore] = {}

    @contextlib.asynccontextmanager
    async def enter(self, device: str, *, width: int = 1) -> AsyncIterator[None]:
        """Wait for a place at `device` (which stands `width` at once), then for one in the house."""
        own = self._devices.get(device)
        if own is None:
            own = self._devices[device] = asyncio.Semaphore(width)
        async with own, self._house:
            yield

    def forget(self, device: str) -> None:
        """Drop the gate of a device that left the inventory."""
        self._devices.pop(device, None)
