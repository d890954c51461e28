"""The shapes on the local socket, and what a verb is."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import msgspec

from agent.exits import Stop
from probes.words import Phrase

#: Longest request, and longest line of an answer (50,000 facts of one report fit), in bytes.
REQUEST_MAX: Final = 256 * 1024
LINE_MAX: Final = 32 * 1024 * 1024


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ask `devices` (none: all) by `probe` (None: all but slow ones). Answered by reports, phrases and all."""

    devices: tuple[str, ...] = ()
    probe: str | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tell the board. Answered by one `agent.board.Pulse`."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was not served: what to tell the user, and the exit code to end with."""

    code: int
    phrases: tuple[Phrase, ...]

    def stop(self) -> Stop:
        """Return it as what ends a command."""
        return Stop(self.code, *self.phrases)


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an answer."""

    item: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    done: bool = False
    fault: Fault | None = None


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be asked for: its name, the shape of the request without `do`, and who answers it.

    `answer` may raise `Stop`, which becomes a fault; it is cancelled when the client is gone.
    """

    name: str
    request: type[msgspec.Struct]
    answer: Callable[[Any], AsyncIterator[msgspec.Struct]]


NAMES: Final[dict[type[msgspec.Struct], str]] = {Check: "check", Status: "status"}


def encode(request: msgspec.Struct, name: str = "") -> bytes:
    """Return a request as the line that asks for it."""
    told = {"do": name or NAMES[type(request)], **msgspec.to_builtins(request)}
    return msgspec.json.encode(told) + b"\n"
