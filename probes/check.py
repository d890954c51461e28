"""A check: a pure function from what is known of a device and what is demanded of it to findings."""

from collections.abc import Callable, Iterator

import msgspec

from probes.model import Finding
from probes.policy import Demands
from probes.sight import Sight

Judge = Callable[[Sight, Demands], Iterator[Finding]]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration that stands last in a check's file, as CHECK.

    It runs after every probing that may note a fact it `reads`, on all that is known of the device. A fact may be named
    by its exact name or, with a trailing `*`, by how it begins.
    """

    name: str
    reads: tuple[str, ...]
    judge: Judge
    kinds: frozenset[str] | None = None  # None: every kind

    def concerns(self, facts: tuple[str, ...]) -> bool:
        """Tell whether a probe that may note `facts` can change this check's mind."""
        return any(_names(read, fact) or _names(fact, read) for read in self.reads for fact in facts)


def _names(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == name
