"""Puts the house together from its configuration: devices with what is known of them, the runner, the plan."""

import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Self

import msgspec

from agent.gates import Gates
from agent.journal import Journal
from agent.known import Knowledge
from agent.plan import Turn, cadences, turns
from agent.record import Asked, Fact, Standing
from agent.runner import Runner, Watched
from agent.secrets import Secrets, logins
from agent.settings import Settings
from probes.catalog import Catalog, gather
from probes.probe import Clock, Probe, Shared, Target


class _Remembered(msgspec.Struct):
    """What the journal kept of one device."""

    facts: list[Fact] = []
    standings: list[Standing] = []
    asked: list[Asked] = []


class House:
    """All devices of the site, ready to be asked. Use `House.open`; closing it leaves the journal open."""

    def __init__(self, *, journal: Journal, catalog: Catalog, shared: Shared, clock: Clock = time.time) -> None:
        """Take what outlives a change of configuration; `furnish` brings in the devices."""
        self.journal = journal
        self.catalog = catalog
        self.clock = clock
        self.gates = Gates()
        self.watched: dict[str, Watched] = {}
        self.turns: tuple[Turn, ...] = ()
        self._shared = shared
        self._stack = AsyncExitStack()
        self.runner = Runner(
            checks=catalog.checks.values(),
            journal=journal,
            gates=self.gates,
            salt=journal.agent,
            clock=clock,
        )

    @classmethod
    async def open(cls, settings: Settings, secrets: Secrets, *, journal: Journal, clock: Clock = time.time) -> Self:
        """Return the house that `settings` describe, knowing again what `journal` kept."""
        house = cls(journal=journal, catalog=gather(), shared=Shared(), clock=clock)
        await house._stack.enter_async_context(house._shared)
        await house.furnish(settings, secrets)
        return house

    async def aclose(self) -> None:
        """Close what the probes share."""
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        """Return self."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.aclose()

    async def furnish(self, settings: Settings, secrets: Secrets) -> None:
        """Take up a configuration. A device that did not change stays as it is, with all that is known of it."""
        self.turns = turns(settings.devices, self.catalog.probes.values(), settings.site.every)
        planned: dict[str, list[Turn]] = {}
        for turn in self.turns:
            planned.setdefault(turn.device.id, []).append(turn)
        keys = logins(settings, secrets)
        remembered = await self._remember()
        watched = {}
        for device in settings.devices:
            login = dict(keys.get(device.id, {}))
            cadence = cadences(planned.get(device.id, ()))
            before = self.watched.get(device.id)
            if before is not None and before.target.device == device and before.target.logins == login:
                before.demands = settings.demands
                before.knowledge.cadences = cadence
                watched[device.id] = before
            else:
                knowledge = Knowledge(device=device, cadences=cadence)
                if (kept := remembered.get(device.id)) is not None:
                    knowledge.recall(facts=kept.facts, standings=kept.standings, asked=kept.asked)
                target = Target(
                    device=device,
                    shared=self._shared,
                    logins=login,
                    kept=await self.journal.kept(device.id),
                    state={},
                    clock=self.clock,
                )
                watched[device.id] = Watched(target=target, knowledge=knowledge, demands=settings.demands)
        for gone in self.watched.keys() - watched.keys():
            self.gates.forget(gone)
            await self.journal.forget(gone)
        for unlisted in remembered.keys() - watched.keys() - self.watched.keys():
            await self.journal.forget(unlisted)
        self.watched = watched

    def pick(self, devices: Iterable[str] = (), probe: str | None = None) -> list[tuple[Watched, list[Probe]]]:
        """Return which devices to ask by which probes: without names all devices, all probes but slow ones."""
        names = list(devices) or list(self.watched)
        return [
            (
                self.watched[name],
                [
                    each
                    for each in self.catalog.probes.values()
                    if each.fits(self.watched[name].target.device)
                    and (each.name == probe or (probe is None and not each.slow))
                ],
            )
            for name in names
        ]

    async def _remember(self) -> dict[str, _Remembered]:
        board = await self.journal.board()
        kept: dict[str, _Remembered] = {}
        for fact in board.facts:
            kept.setdefault(fact.device, _Remembered()).facts.append(fact)
        for standing in board.standings:
            kept.setdefault(standing.device, _Remembered()).standings.append(standing)
        for asked in board.asked:
            kept.setdefault(asked.device, _Remembered()).asked.append(asked)
        return kept
