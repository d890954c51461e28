"""What delivering needs of the journal, how it paces itself, and what it tells of how it fares."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec

from agent.record import Entry, Lane
from probes.words import Phrase


class Log(Protocol):
    """What is needed of the journal."""

    async def read(self, sink: str, lane: Lane, limit: int, max_bytes: int) -> Sequence[Entry]:
        """Return the entries after the cursor in order; at least one where there is one, however long it is."""

    async def acknowledge(self, sink: str, lane: Lane, seq: int, *, epoch: str | None = None) -> None:
        """Move the cursor of the lane to `seq`, unless `epoch` is no longer the journal's."""

    async def set_aside(self, sink: str, seq: int, reason: str) -> None:
        """Keep on record that the sink refused `seq`; doing so twice changes nothing."""


class Bell:
    """Wakes the forwarders: rung by whoever appended what travels."""

    def __init__(self) -> None:
        """Start unrung."""
        self.rung = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake all who wait. To be called once the entry is committed."""
        self.rung += 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def wait(self, seen: int) -> None:
        """Return once it was rung more often than `seen` times, at once where it already was."""
        if self.rung > seen:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How much goes at once, and how long a failure holds back; seconds and bytes."""

    entries: int = 500
    bytes: int = 256 * 1024
    base: float = 1.0
    cap: float = 300.0
    asked_cap: float = 3600.0  # beyond that a Retry-After is not believed
    look: float = 30.0  # an idle sink looks again so often, for what was appended without ringing (a loss, by a cap)

    def jittered(self, failures: int, draw: float) -> float:
        """Return how long to wait after so many failures in a row: full jitter, `draw` being within [0, 1)."""
        return max(self.base / 10, draw * min(self.cap, self.base * 2.0 ** min(failures - 1, 32)))


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How a sink fares, for `status`; times are unix seconds."""

    sink: str
    delivered: int = 0  # since the start
    set_aside: int = 0  # since the start
    failures: int = 0  # in a row
    trouble: Phrase | None = None
    since: float | None = None  # when the trouble began
    last_success: float | None = None
    waiting_since: str | None = None  # time of the oldest entry that waits, RFC 3339
