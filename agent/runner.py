"""One turn of one probe at one device: through the gates, asked, judged, committed, then known."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Final, Protocol

import msgspec
import structlog

from agent import rest
from agent.gates import Gates
from agent.journal.errors import Unwritable
from agent.judge import Judged, Probing, failed, judge, stamp
from agent.known import Knowledge
from agent.record import Asked, Entry, Record, Sample
from probes.check import Check
from probes.errors import Malformed, ProbeError, Refused, Unreachable, Unsupported
from probes.model import Finding, Observation, Report, Severity
from probes.policy import Demands
from probes.probe import Clock, Probe, Target

log = structlog.get_logger(__name__)

#: No honest device tells more in one probing; a hostile one is cut off here.
MOST_FACTS: Final = 50_000
_SEVERITY: Final[dict[type[ProbeError], Severity]] = {
    Unreachable: Severity.CRIT,
    Refused: Severity.UNKNOWN,
    Malformed: Severity.UNKNOWN,
    Unsupported: Severity.UNKNOWN,
}


class Log(Protocol):
    """Where a record is committed before anything is considered said: the journal, or nothing for a bare address."""

    async def record(self, record: Record) -> Entry | None:
        """Commit, and return the entry where the record carried something that travels."""


class Watched(msgspec.Struct, kw_only=True):
    """One device of the house: what is known of it, what it is asked with, what is demanded of it."""

    target: Target
    knowledge: Knowledge
    demands: Demands
    width: int = 1  # connections at a time


class Runner:
    """Walks every probing through the same steps, whoever asks for it: the service, the command line, the centre."""

    def __init__(
        self,
        *,
        checks: Iterable[Check],
        journal: Log,
        gates: Gates,
        salt: str = "",
        clock: Clock = time.time,
        sample: Callable[[Sample], None] | None = None,
        told: Callable[[], None] | None = None,
    ) -> None:
        """Take what is shared by all probings; `salt` marks resting logins. See `listen` for the last two."""
        self._checks = tuple(checks)
        self._journal = journal
        self._gates = gates
        self._salt = salt
        self._clock = clock
        self._sample = sample
        self._told = told
        self.unwritable: Unwritable | None = None

    def listen(self, *, sample: Callable[[Sample], None], told: Callable[[], None]) -> None:
        """Hand every numeric fact to `sample`, and call `told` whenever something that travels was journaled."""
        self._sample, self._told = sample, told

    async def turn(self, watched: Watched, probe: Probe, *, timeout_s: float | None = None) -> Report:
        """Ask `watched` by `probe` and return the report; where its login rests, one that says so without asking.

        What the journal cannot keep is not known either: `unwritable` holds why, and the next turn tells it again.
        """
        async with self._gates.enter(watched.target.device.id, width=watched.width):
            resting = self.resting(watched, probe)
            if resting is not None:
                return self._still(watched, probe, resting)
            before = dict(watched.target.kept)
            probing = await self._ask(watched, probe, timeout_s or probe.timeout)
        self._rest(watched, probing)
        judged = judge(watched.knowledge, probing, checks=self._checks, demands=watched.demands)
        if await self._commit(watched, judged, before):
            self._remember(watched, probing, judged)
        return judged.report

    def resting(self, watched: Watched, probe: Probe) -> rest.Rest | None:
        """Return the rest that keeps `probe` from logging in, if one does."""
        if probe.anonymous or probe.protocol is None:
            return None
        target = watched.target
        return rest.resting(
            target.kept, probe.protocol, target.login(probe.protocol), now=self._clock(), salt=self._salt
        )

    async def _ask(self, watched: Watched, probe: Probe, timeout_s: float) -> Probing:
        """Run the probe within its time. The timeout starts inside the gates."""
        noted: list[Observation] = []

        def note(seen: Observation) -> None:
            if len(noted) >= MOST_FACTS:
                raise Malformed("answer.too_many", limit=MOST_FACTS)
            noted.append(seen)

        started_at, begun = self._clock(), time.monotonic()
        failure: Finding | None = None
        refused = False
        try:
            async with asyncio.timeout(timeout_s):
                await probe.observe(watched.target, note)
        except TimeoutError:
            failure = failed("answer.timeout", Severity.CRIT, probe, seconds=timeout_s)
        except ProbeError as fault:
            refused = isinstance(fault, Refused) and fault.login and probe.protocol is not None
            severity = Severity.CRIT if refused else _SEVERITY.get(type(fault), Severity.UNKNOWN)
            failure = failed(fault.phrase.key, severity, probe, **fault.phrase.args)
        except Exception as fault:
            log.exception("probe_failed", probe=probe.name, device=watched.target.device.id)
            failure = failed("answer.fault", Severity.UNKNOWN, probe, fault=type(fault).__name__)
        return Probing(
            id=uuid.uuid4().hex,
            probe=probe,
            started_at=started_at,
            duration_s=time.monotonic() - begun,
            observations=tuple({(seen.name, seen.subject): seen for seen in noted}.values()),
            failure=failure,
            login_refused=refused,
        )

    def _rest(self, watched: Watched, probing: Probing) -> None:
        """Lay the login to rest where it was refused, and take the rest off where it was welcome."""
        probe, target = probing.probe, watched.target
        if probe.protocol is None or probe.anonymous:
            return
        if probing.login_refused:
            login = target.login(probe.protocol)
            target.kept[rest.key(probe.protocol)] = rest.refused(
                target.kept, probe.protocol, login, now=self._clock(), salt=self._salt
            )
        elif probing.failure is None:
            target.kept.pop(rest.key(probe.protocol), None)

    async def _commit(self, watched: Watched, judged: Judged, before: dict[str, str]) -> bool:
        """Keep what changed, and tell whether it may now be known. Rests stay in memory even where the disk is full."""
        kept = watched.target.kept
        changes = {**{name: None for name in before if name not in kept}, **dict(kept.items() - before.items())}
        record = judged.record
        if changes:
            record = record or Record(device=watched.target.device.id)
            record = msgspec.structs.replace(record, kept=tuple(changes.items()))
        if record is None:
            return True
        try:
            entry = await self._journal.record(record)
        except Unwritable as fault:
            if self.unwritable is None:
                log.error("journal_unwritable", reason=str(fault))  # noqa: TRY400  a traceback tells an operator nothing
            self.unwritable = fault
            return False
        if self.unwritable is not None:
            log.warning("journal_writable_again")
            self.unwritable = None
        watched.knowledge.learn(record)
        if entry is not None and self._told is not None:
            self._told()
        return True

    def _remember(self, watched: Watched, probing: Probing, judged: Judged) -> None:
        """Take over what merely varies and need not be committed: figures, and when the probe asked."""
        name, knowledge = probing.probe.name, watched.knowledge
        ended = probing.started_at + probing.duration_s
        before = knowledge.asked.get(name)
        answered = ended if probing.failure is None else before.answered_at if before else 0.0
        device = watched.target.device.id
        knowledge.asked[name] = Asked(device=device, probe=name, tried_at=ended, answered_at=answered)
        knowledge.refresh(judged.fresh, judged.standings)
        if self._sample is not None:
            for fact in judged.fresh:
                if isinstance(fact.value, int | float) and not isinstance(fact.value, bool):
                    self._sample(
                        Sample(
                            device=device,
                            name=fact.name,
                            subject=fact.subject,
                            unit=fact.unit,
                            value=float(fact.value),
                            at=ended,
                        )
                    )

    def _still(self, watched: Watched, probe: Probe, held: rest.Rest) -> Report:
        """Return a report that says that the login rests, without asking the device."""
        finding = failed("login.resting", Severity.CRIT, probe, since=stamp(held.since), until=stamp(held.until))
        return Report(
            id=uuid.uuid4().hex,
            device=watched.target.device.id,
            probe=probe.name,
            started_at=stamp(self._clock()),
            duration_s=0.0,
            findings=(finding,),
        )
