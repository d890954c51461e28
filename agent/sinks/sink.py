"""What a sink is, and the two ways in which a delivery can fail: for good, or for now."""

from collections.abc import Sequence
from typing import Literal, Protocol

from agent.record import Entry
from probes.words import Argument, Phrase, utter

#: Whom a refusal speaks of: the entry itself, its size, or the door (address, credential, method), which would
#: refuse any entry.
Blame = Literal["entry", "size", "door"]


class Permanent(Exception):
    """The centre refuses what was sent, and would again. It never quotes the centre nor a secret."""

    def __init__(self, key: str, /, *, blame: Blame = "entry", **args: Argument) -> None:
        """Take the sentence's key in the catalogue, whom the refusal speaks of, and what fills its gaps."""
        self.phrase = Phrase(key=key, args=args)
        self.blame = blame
        super().__init__(utter(self.phrase))


class Transient(Exception):
    """Not delivered this time: no answer, or one that asks for patience.

    `retry_after` is what the centre asks for, in seconds. `choked` says that the centre took the request and failed
    over it (HTTP 500), so that one entry may be the cause; `unheard`, that no answer came, so that the batch may be too
    much for the line; `operator`, that it lasts until a person acts (a foreign certificate, a redirect).
    """

    def __init__(
        self,
        words: str | Phrase,
        /,
        *,
        retry_after: float | None = None,
        choked: bool = False,
        unheard: bool = False,
        operator: bool = False,
        **args: Argument,
    ) -> None:
        """Take a sentence or its key in the catalogue, what is known of the failure, and what fills its gaps."""
        self.phrase = Phrase(key=words, args=args) if isinstance(words, str) else words
        self.retry_after = retry_after
        self.choked = choked
        self.unheard = unheard
        self.operator = operator
        super().__init__(utter(self.phrase))


class Sink(Protocol):
    """One place to deliver to. Its `name` keys its cursors in the journal, so it must outlive restarts."""

    @property
    def name(self) -> str:
        """The name, unique within the site."""

    async def deliver(self, entries: Sequence[Entry]) -> None:
        """Return once the centre has acknowledged every one of `entries` (at least one, in order of number).

        Entries may arrive at the centre twice, never with two contents; it tells them apart by id.

        Raises:
            Permanent: the centre refuses the batch as a whole; nothing of it was acknowledged.
            Transient: it may do so later; nothing of it was acknowledged, though it may have arrived.
        """

    async def aclose(self) -> None:
        """Let go of connections."""
