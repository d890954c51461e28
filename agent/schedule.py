"""When each probing is due: a steady cadence on the monotonic clock, phases spread by name; pure."""

import hashlib
import math
from typing import Final

#: After a start every probing has had its first turn within a minute, whatever its cadence.
FIRST_ROUND_S: Final = 55.0


def phase(device: str, probe: str) -> float:
    """Return where in its cadence this probing stands, from 0 to below 1: the same after every restart."""
    digest = hashlib.blake2b(f"{device}\0{probe}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def first(start: float, every: float, phase_: float) -> float:
    """Return the monotonic second of the first probing after a start at `start`."""
    return start + phase_ * min(every, FIRST_ROUND_S)


def following(slot: float, every: float, now: float) -> float:
    """Return the slot after `slot` that lies beyond `now`; those missed in between are not made up."""
    upcoming = slot + every * max(1, math.floor((now - slot) / every) + 1)
    return upcoming if upcoming > now else upcoming + every  # a division that rounded down
