"""What is kept and what travels: the rows of the board, and the unit that is committed at once."""

from typing import Literal

import msgspec

from probes.model import Finding, Footage, Value

Kind = Literal["report", "incident", "heartbeat", "loss"]
Lane = Literal["first", "report"]  # first: incidents, losses and heartbeats; they overtake reports


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One row of what is known: as `probe` last told it of `device`."""

    device: str
    probe: str
    name: str
    subject: str = ""
    value: Value
    unit: str = ""
    detail: str = ""
    seen_at: float  # unix seconds
    changed_at: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that holds now, since when, and who holds it: a check, or a probing that failed, by its name."""

    device: str
    owner: str
    finding: Finding
    since: float  # unix seconds: when this check, subject and severity began to hold


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """When a probe was last tried on a device, and when it last succeeded (unix seconds; 0: never)."""

    device: str
    probe: str
    tried_at: float
    answered_at: float = 0.0


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A numeric fact at a moment, to be folded into hourly and daily roll-ups."""

    device: str
    name: str
    subject: str
    unit: str
    value: float
    at: float


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be said to the centre, before it has its number: `data` is the JSON of the event's data."""

    kind: Kind
    data: bytes
    time: str  # RFC 3339 UTC

    @property
    def lane(self) -> Lane:
        """Reports queue behind everything else."""
        return "report" if self.kind == "report" else "first"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered entry: `body` is the whole CloudEvent as JSON, and never changes again."""

    seq: int
    kind: Kind
    lane: Lane
    id: str  # AGENT/EPOCH/SEQ
    time: str
    body: bytes


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What one probing changes, committed whole or not at all.

    `facts` are upserted by (device, probe, name, subject), `gone` are those keys removed; the standings of each of
    `owners` are replaced by those given; `kept` are durable strings of the device (None removes); `footage` is packed
    away by (device, subject) and never travels; `draft`, where given, takes the next number.
    """

    device: str
    facts: tuple[Fact, ...] = ()
    gone: tuple[tuple[str, str, str], ...] = ()  # (probe, name, subject)
    owners: tuple[str, ...] = ()
    standings: tuple[Standing, ...] = ()
    kept: tuple[tuple[str, str | None], ...] = ()
    footage: tuple[tuple[str, Footage], ...] = ()
    draft: Draft | None = None


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The latest of everything: what `status` shows and what the agent knows again after a restart."""

    facts: tuple[Fact, ...] = ()
    standings: tuple[Standing, ...] = ()
    asked: tuple[Asked, ...] = ()
