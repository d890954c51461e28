"""What the contract and the law demand of a device: retention, firmware, clock, thresholds; typed."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from probes.forms import Date, Duration


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long footage must and may be kept. Without `min_days` and `max_days` depth is told, not judged.

    `max_days` is the legal limit (France: Code de la sécurité intérieure, L252-5, at most one month).
    """

    min_days: Annotated[float, msgspec.Meta(ge=0)] | None = None
    max_days: Annotated[float, msgspec.Meta(gt=0)] | None = None
    slack: Duration = 86_400.0
    mode: Literal["continuous", "motion", "schedule"] = "continuous"
    gap_tolerance: Duration = 300.0
    bridge: Duration = 86_400.0
    stopped_after: Duration | None = None  # 1h, or 24h with mode: motion

    @property
    def stopped_after_s(self) -> float:
        """Seconds after which footage that stays away means that recording has stopped."""
        return self.stopped_after if self.stopped_after is not None else 86_400.0 if self.mode == "motion" else 3_600.0


class ClockPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a device's clock may be off, in seconds either way."""

    warn: Duration = 2.0
    crit: Duration = 30.0


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which devices a rule speaks of: globs, any case; a key left out matches every device."""

    vendor: str = "*"
    model: str = "*"
    device: str = "*"


class Deferral(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An update that was put off, by whom it was agreed and until when."""

    until: Date
    reason: str


class FirmwareRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the patch policy. The first rule that matches and says something of a key decides that key."""

    match: Match = Match()
    minimum: str | None = None
    approved: tuple[str, ...] | None = None
    blocked: tuple[str, ...] | None = None
    end_of_life: Date | None = None
    scheme: str | None = None
    ring: str | None = None
    defer: Deferral | None = None


class FirmwarePolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The patch policy (firmware.yaml)."""

    rules: tuple[FirmwareRule, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """policy.yaml: every key has the default that contract.md names; `firmware` comes from firmware.yaml."""

    retention: RetentionPolicy = RetentionPolicy()
    clock: ClockPolicy = ClockPolicy()
    #: A change of a numeric fact that matters enough to be told, by name of fact, in its unit.
    matters: Mapping[str, Annotated[float, msgspec.Meta(ge=0)]] = {}


class Demands(msgspec.Struct, frozen=True, kw_only=True):
    """All that is demanded at a site, as the checks get it."""

    policy: Policy = Policy()
    firmware: FirmwarePolicy = FirmwarePolicy()
