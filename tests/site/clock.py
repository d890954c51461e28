"""A simulated device's clock: it may be wrong, and it may run fast or slow."""

import time
from collections.abc import Callable


class DriftingClock:
    """`offset_s` is device minus the real time; `drift` is how many seconds more it gains each second."""

    def __init__(self, *, offset_s: float = 0.0, drift: float = 0.0, truth: Callable[[], float] = time.time) -> None:
        """Start off by `offset_s` seconds against `truth`, which gives unix seconds."""
        self._truth = truth
        self._since = truth()
        self._offset_s = offset_s
        self._drift = drift

    @property
    def offset_s(self) -> float:
        """How far it is off by now, in seconds."""
        return self._offset_s + self._drift * (self._truth() - self._since)

    def now(self) -> float:
        """Return the unix seconds that the device believes in."""
        return self._truth() + self.offset_s

    def set(self, *, offset_s: float | None = None, drift: float | None = None) -> None:
        """Change how far it is off, or how fast it drifts, from now on."""
        offset = self.offset_s if offset_s is None else offset_s
        self._since = self._truth()
        self._offset_s = offset
        if drift is not None:
            self._drift = drift
