"""What every sink must do, whatever it speaks: one rig for each, over real sockets."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import pytest

from agent.sinks.https import HttpsSink
from agent.sinks.sink import Permanent, Sink, Transient
from probes.probe import Secret
from tests.site.centre import DEAD, LOST, Centre, refuse
from tests.site.ledger import entry

TOKEN = "tok-en-of-depot-nord"


class Rig(Protocol):
    """A sink, the peer that it delivers to, and what that peer can be told to do."""

    sink: Sink

    def arrived(self) -> list[str]:
        """The ids that the peer keeps, each once, in order of arrival."""

    def refuse(self) -> None:
        """Refuse everything for good from now on."""

    def ask_for_patience(self, seconds: int) -> None:
        """Ask for so much patience from now on."""

    def lose_the_next_acknowledgement(self) -> None:
        """Keep the next batch, and do not say so."""

    def die(self) -> None:
        """Hang up from now on."""

    def recover(self) -> None:
        """Take everything again."""


class HttpsRig:
    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self.sink: Sink = HttpsSink(name="centre", url=centre.url, token=Secret(TOKEN), compression="gzip")

    def arrived(self) -> list[str]:
        assert self._centre.conflicts == []
        return list(self._centre.kept)

    def refuse(self) -> None:
        self._centre.mood = refuse(422)

    def ask_for_patience(self, seconds: int) -> None:
        self._centre.mood = refuse(429, retry_after=str(seconds))

    def lose_the_next_acknowledgement(self) -> None:
        self._centre.moods.append(LOST)

    def die(self) -> None:
        self._centre.mood = DEAD

    def recover(self) -> None:
        self._centre.mood = Centre().mood


@contextlib.asynccontextmanager
async def https() -> AsyncIterator[Rig]:
    async with Centre(token=TOKEN) as centre:
        rig = HttpsRig(centre)
        try:
            yield rig
        finally:
            await rig.sink.aclose()


RIGS = [https]
every_sink = pytest.mark.parametrize("make", RIGS, ids=lambda make: make.__name__)
Make = Callable[[], AbstractAsyncContextManager[Rig]]


@every_sink
async def test_what_is_delivered_arrives_once_and_in_order(make: Make) -> None:
    async with make() as rig:
        await rig.sink.deliver([entry(1), entry(2, kind="incident"), entry(3, kind="heartbeat")])
        await rig.sink.deliver([entry(4, kind="loss"), entry(7)])
        assert rig.arrived() == ["a/e/1", "a/e/2", "a/e/3", "a/e/4", "a/e/7"]


@every_sink
async def test_a_refusal_is_permanent_and_says_so_in_both_languages(make: Make) -> None:
    async with make() as rig:
        rig.refuse()
        with pytest.raises(Permanent) as caught:
            await rig.sink.deliver([entry(1)])
        assert caught.value.phrase.key.startswith("forward.")
        assert rig.arrived() == []


@every_sink
async def test_a_plea_for_patience_is_transient_and_its_seconds_are_handed_on(make: Make) -> None:
    async with make() as rig:
        rig.ask_for_patience(11)
        with pytest.raises(Transient) as caught:
            await rig.sink.deliver([entry(1)])
        assert caught.value.retry_after == 11.0


@every_sink
async def test_a_lost_acknowledgement_is_no_acknowledgement_and_the_same_ids_go_again(make: Make) -> None:
    async with make() as rig:
        rig.lose_the_next_acknowledgement()
        batch = [entry(1), entry(2)]
        with pytest.raises(Transient):
            await rig.sink.deliver(batch)
        await rig.sink.deliver(batch)
        assert rig.arrived() == ["a/e/1", "a/e/2"]


@every_sink
async def test_a_sink_survives_the_death_of_its_centre_and_delivers_afterwards(make: Make) -> None:
    async with make() as rig:
        await rig.sink.deliver([entry(1)])
        rig.die()
        for _ in range(3):
            with pytest.raises(Transient):
                await rig.sink.deliver([entry(2)])
        rig.recover()
        await rig.sink.deliver([entry(2)])
        assert rig.arrived() == ["a/e/1", "a/e/2"]


@every_sink
async def test_words_of_any_language_arrive_as_they_were_written(make: Make) -> None:
    async with make() as rig:
        await rig.sink.deliver([entry(1, size=300)])
        assert rig.arrived() == ["a/e/1"]


@every_sink
async def test_a_sink_shows_no_secret_of_its_own(make: Make) -> None:
    async with make() as rig:
        assert TOKEN not in repr(rig.sink)
