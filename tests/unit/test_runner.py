"""One probing from the gates to what is known afterwards."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agent.ask import ask
from agent.gates import Gates
from agent.journal.errors import Unwritable
from agent.known import Cadence, Knowledge
from agent.record import Entry, Record, Sample
from agent.runner import Runner, Watched
from probes.check import Check
from probes.checks import clock, identity, reach
from probes.device import Block, Device
from probes.errors import Malformed, Refused, Unreachable
from probes.model import Observation, Report, Severity, opinion
from probes.policy import Demands, Policy
from probes.probe import Login, Note, Probe, Secret, Shared, Target

CHECKS = (reach.CHECK, clock.CHECK, identity.CHECK)
Observe = Callable[[Target, Note], Awaitable[None]]


class Kept:
    """A journal that keeps records in a list, and can refuse."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.full = False

    async def record(self, record: Record) -> Entry | None:
        if self.full:
            raise Unwritable("journal.full", path="journal.db")
        self.records.append(record)
        return None

    @property
    def travelled(self) -> int:
        return sum(record.draft is not None for record in self.records)


def noting(*seen: Observation, then: Exception | None = None) -> Observe:
    async def observe(_: Target, note: Note) -> None:
        for each in seen:
            note(each)
        if then is not None:
            raise then

    return observe


def fact(name: str, value: float | str | bool, subject: str = "") -> Observation:  # noqa: FBT001  as a fact has it
    return Observation(name=name, value=value, subject=subject)


def probe(observe: Observe, *, name: str = "onvif.clock", notes: tuple[str, ...] = ("clock.offset",)) -> Probe:
    anonymous = name in {"reach", "onvif.clock"}
    protocol = None if name == "reach" else "onvif"
    return Probe(name=name, protocol=protocol, notes=notes, observe=observe, timeout=5.0, anonymous=anonymous)


REACH = ("reach.tcp", "reach.ping")
UP = probe(noting(fact("reach.tcp", value=True, subject="80")), name="reach", notes=REACH)
DOWN = probe(noting(fact("reach.tcp", value=False, subject="80")), name="reach", notes=REACH)


class House:
    """One device, its runner and its journal."""

    def __init__(self, *, matters: dict[str, float] | None = None, checks: tuple[Check, ...] = CHECKS) -> None:
        device = Device(id="cam-1", kind="camera", address="127.0.0.1", onvif=Block(credential="cams"), model="X*")
        cadences = {
            "reach": Cadence(every=30, notes=REACH),
            "onvif.clock": Cadence(every=300, notes=("clock.offset",)),
            "onvif.identity": Cadence(every=600, notes=("device.model",)),
        }
        self.now = 1000.0
        self.journal = Kept()
        self.samples: list[Sample] = []
        login = Login(name="cams", username="u", secret=Secret("p"))
        target = Target(device=device, shared=Shared(), logins={"onvif": login}, kept={}, state={})
        self.watched = Watched(
            target=target,
            knowledge=Knowledge(device=device, cadences=cadences),
            demands=Demands(policy=Policy(matters=matters or {})),
        )
        self.runner = Runner(
            checks=checks, journal=self.journal, gates=Gates(), clock=lambda: self.now, sample=self.samples.append
        )

    async def turn(self, which: Probe) -> Report:
        return await self.runner.turn(self.watched, which)

    def stand(self) -> dict[str, str]:
        return {found.check: found.severity.value for found in self.watched.knowledge.findings()}


async def test_a_reading_is_judged_kept_and_told_once() -> None:
    house = House()
    offset = probe(noting(fact("clock.offset", 5.0)))
    report = await house.turn(offset)
    assert [found.severity for found in report.findings] == [Severity.WARN]
    await house.turn(offset)
    assert house.journal.travelled == 1


async def test_a_number_that_merely_varies_is_sampled_and_not_told() -> None:
    house = House()
    for offset in (0.1, 0.2, 0.3):
        await house.turn(probe(noting(fact("clock.offset", offset))))
    assert house.journal.travelled == 1
    assert [sample.value for sample in house.samples] == [0.1, 0.2, 0.3]
    known = house.watched.knowledge.sight(house.now).known("clock.offset")
    assert known is not None
    assert known.value == 0.3


async def test_a_slow_drift_beyond_what_the_policy_lets_pass_is_told() -> None:
    house = House(matters={"clock.offset": 0.25})
    for offset in (0.1, 0.2, 0.3, 0.4):
        await house.turn(probe(noting(fact("clock.offset", offset))))
    assert house.journal.travelled == 2


async def test_a_finding_that_ends_is_told() -> None:
    house = House()
    for offset in (60.0, 0.0):
        await house.turn(probe(noting(fact("clock.offset", offset))))
    assert house.journal.travelled == 2
    assert house.stand() == {"clock": "ok"}


async def test_a_finding_keeps_the_moment_at_which_it_began() -> None:
    house = House()
    for house.now, offset in ((1000.0, 60.0), (2000.0, 61.0)):
        await house.turn(probe(noting(fact("clock.offset", offset))))
    (standing,) = house.watched.knowledge.standings["clock"]
    assert standing.since == pytest.approx(1000.0, abs=1)
    assert "61" in standing.finding.summary or "1 min" in standing.finding.summary


async def test_a_silent_device_is_one_finding_whatever_was_thought_of_it_before() -> None:
    house = House()
    await house.turn(UP)
    await house.turn(probe(noting(fact("clock.offset", 60.0))))
    await house.turn(DOWN)
    assert house.stand() == {"reach": "crit"}
    assert house.watched.knowledge.unreachable


@pytest.mark.parametrize(
    ("fault", "check", "severity"),
    [
        (Unreachable(), "answer", "crit"),
        (Malformed(), "answer", "unknown"),
        (Refused(), "answer", "unknown"),
        (Refused(login=True), "login", "crit"),
        (ZeroDivisionError(), "answer", "unknown"),
    ],
)
async def test_a_probing_that_fails_is_its_own_finding_and_judges_nothing(
    fault: Exception, check: str, severity: str
) -> None:
    house = House()
    report = await house.turn(
        probe(noting(fact("device.model", "Y"), then=fault), name="onvif.identity", notes=("device.model",))
    )
    assert [(found.check, found.severity.value) for found in report.findings] == [(check, severity)]


async def test_a_probing_that_ends_too_early_keeps_what_it_noted() -> None:
    house = House()
    await house.turn(probe(noting(fact("device.model", "Y"), then=Unreachable()), name="onvif.identity"))
    assert house.watched.knowledge.sight(house.now).text("device.model") == "Y"


async def test_a_refused_login_is_tried_once_and_then_rests() -> None:
    house = House()
    tries = []

    async def observe(_: Target, __: Note) -> None:
        tries.append(house.now)
        raise Refused(login=True)

    refusing = probe(observe, name="onvif.identity", notes=("device.model",))
    await house.turn(refusing)
    house.now += 1800
    report = await house.turn(refusing)
    assert tries == [1000.0]
    assert [found.check for found in report.findings] == ["login"]
    house.now += 1800
    await house.turn(refusing)
    assert tries == [1000.0, 4600.0]


async def test_a_fact_that_has_grown_stale_counts_as_unseen() -> None:
    house = House()
    await house.turn(probe(noting(fact("clock.offset", 0.0))))
    knowledge = house.watched.knowledge
    assert knowledge.sight(house.now + 900).known("clock.offset") is not None
    assert knowledge.sight(house.now + 1000).known("clock.offset") is None
    assert "clock.offset" in knowledge.sight(house.now + 1000).due


async def test_a_check_that_raises_is_an_unknown_and_the_others_go_on() -> None:
    def judge(*_: object) -> list[object]:
        raise ZeroDivisionError

    broken = Check(name="broken", reads=("clock.offset",), judge=judge)  # type: ignore[arg-type]
    house = House(checks=(broken, *CHECKS))
    report = await house.turn(probe(noting(fact("clock.offset", 60.0))))
    assert {found.check: found.severity.value for found in report.findings} == {"broken": "unknown", "clock": "crit"}


async def test_what_could_not_be_kept_is_not_known_and_is_told_again() -> None:
    house = House()
    house.journal.full = True
    report = await house.turn(probe(noting(fact("clock.offset", 60.0))))
    assert [found.check for found in report.findings] == ["clock"]
    assert house.stand() == {}
    assert house.runner.unwritable is not None
    house.journal.full = False
    await house.turn(probe(noting(fact("clock.offset", 60.0))))
    assert house.stand() == {"clock": "crit"}
    assert house.journal.travelled == 1
    assert house.runner.unwritable is None


async def test_a_device_is_asked_one_thing_at_a_time() -> None:
    house = House()
    inside: list[int] = []
    most = []

    async def observe(_: Target, __: Note) -> None:
        inside.append(1)
        most.append(len(inside))
        await asyncio.sleep(0)
        inside.pop()

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(house.turn(probe(observe)))
    assert most == [1] * 5


async def test_a_device_that_tells_without_end_is_cut_off() -> None:
    house = House()

    async def observe(_: Target, note: Note) -> None:
        for number in range(100_000):
            note(fact("port.link", "up", str(number)))

    report = await house.turn(probe(observe, notes=("port.link",)))
    assert [found.check for found in report.findings] == ["answer"]
    assert len(report.observations) == 50_000


async def test_once_silent_a_device_is_asked_nothing_more() -> None:
    house = House()
    clocked = probe(noting(fact("clock.offset", 0.0)))
    reports = [report async for report in ask(house.runner, [(house.watched, [clocked, DOWN])])]
    assert [report.probe for report in reports] == ["reach"]


async def test_a_device_that_answers_is_asked_all() -> None:
    house = House()
    clocked = probe(noting(fact("clock.offset", 0.0)))
    reports = [report async for report in ask(house.runner, [(house.watched, [clocked, UP])])]
    assert [report.probe for report in reports] == ["reach", "onvif.clock"]


def test_a_finding_without_words_of_ours_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        opinion("nothing.known", Severity.OK)
