"""`sitewarden check`: asks devices now, through the service where it runs, and shows what is thought of the answers."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent import asking
from agent.address import Address, Bad, Need, is_address, parse, schemes
from agent.books import Books
from agent.cli import blocks, plugin
from agent.cli.desk import Desk
from agent.cli.ground import Carried, Misconfigured, become_owner, journal_faults, private_files, quiet_logs, settings
from agent.cli.parser import Call
from agent.delivery import Bell
from agent.exits import USAGE, Stop, usage
from agent.gates import Gates
from agent.house import House
from agent.journal import Journal, lock
from agent.known import Knowledge
from agent.local.client import reach
from agent.local.where import places
from agent.local.wire import Check
from agent.logs import Redactor
from agent.plan import cadences, turns
from agent.record import Entry, Record
from agent.runner import Runner, Watched
from agent.settings import Settings, Wrong
from probes.catalog import Catalog, gather
from probes.model import Report, worst
from probes.policy import Demands
from probes.probe import Login, Probe, Secret, Shared, Target

Take = Callable[[Report], None]


class _Nowhere:
    """Where the findings about a bare ADDRESS are kept."""

    async def record(self, _: Record) -> Entry | None:
        """Keep nothing."""


class _Order(NamedTuple):
    """What is to be asked: bare addresses with their logins, and devices of the site (None: no site at all)."""

    addresses: tuple[tuple[Address, Login], ...]
    names: tuple[str, ...]
    site: Settings | None
    folder: Path
    probe: str | None

    @property
    def devices(self) -> list[str]:
        """The ids of all, in the order in which they are shown."""
        inventory = [device.id for device in self.site.devices] if self.site is not None and not self.names else []
        return [*(address.device.id for address, _ in self.addresses), *self.names, *inventory]


def main(call: Call, desk: Desk) -> int:
    """Ask, show, and return 0 ok, 1 warn, 2 crit or 3 unknown: the worst finding.

    Raises:
        Stop: it cannot be done (64 and above).
    """
    redactor = quiet_logs(desk)
    order = _understood(call, desk, redactor)
    progress = blocks.Progress(desk, len(order.devices))
    reports: list[Report] = []

    def take(report: Report) -> None:
        reports.append(report)
        progress.take(report)

    try:
        asyncio.run(_everything(order, desk, redactor, take))
    finally:
        progress.end()
    _tell(reports, order, call, desk)
    return plugin.CODES[worst(finding.severity for report in reports for finding in report.findings)]


def _tell(reports: list[Report], order: _Order, call: Call, desk: Desk) -> None:
    place = {device: at for at, device in enumerate(order.devices)}
    reports.sort(key=lambda report: place.get(report.device, len(place)))
    if call.json:
        desk.json(msgspec.json.encode([report.outward() for report in reports]))
    elif call.plugin:
        desk.line(plugin.line(reports, order.devices))
    elif not order.devices:
        desk.line(desk.word("check.nothing"))
    else:
        blocks.show(reports, order.devices, desk)


def _understood(call: Call, desk: Desk, redactor: Redactor) -> _Order:
    """Read the arguments; nothing is asked before all of them are found right."""
    words = tuple(dict.fromkeys(call.words))
    names = tuple(word for word in words if not is_address(word))
    addresses: list[Address] = []
    if len(names) < len(words):
        catalog = gather()
        asking.known_probe(call.probe, catalog.probes)
        known = schemes({probe.protocol for probe in catalog.probes.values() if probe.protocol is not None})
        for word in words:
            if is_address(word):
                try:
                    addresses.append(parse(word, known=known))
                except Bad as bad:
                    raise Stop(USAGE, bad.phrase) from None
    folder = desk.folder(call.config)
    site = settings(folder) if names or not addresses else None
    if site is not None:
        ids = {device.id for device in site.devices}
        for name in names:
            asking.known_device(name, ids)
    entered = tuple((address, _entered(address, desk, redactor)) for address in addresses)
    return _Order(addresses=entered, names=names, site=site, folder=folder, probe=call.probe)


def _entered(address: Address, desk: Desk, redactor: Redactor) -> Login:
    """Return the login of an ADDRESS, its secrets from the environment or from the terminal."""
    secrets: dict[Need, Secret] = {}
    for need in address.needs:
        told = desk.env.get(need.variable, "")
        if not told and desk.prompt is not None:
            try:
                told = desk.prompt(desk.word(need.key, address=address.device.id))
            except EOFError:
                told = ""
        if not told:
            raise usage("address.missing", address=address.device.id, variable=need.variable)
        secrets[need] = Secret(told)
        redactor.know(secrets[need])
    return address.entered(secrets)


async def _everything(order: _Order, desk: Desk, redactor: Redactor, take: Take) -> None:
    """Ask the addresses and the site side by side, for they share the time that there is."""
    work = []
    if order.addresses:
        work.append(_bare(order.addresses, order.probe, take))
    if order.site is not None:
        work.append(_site(order, order.site, desk, redactor, take))
    await asyncio.gather(*work)


async def _bare(addresses: Sequence[tuple[Address, Login]], probe: str | None, take: Take) -> None:
    """Ask devices of no inventory, once, by every probe of their scheme; nothing is kept."""
    catalog = gather()
    runner = Runner(checks=catalog.checks.values(), journal=_Nowhere(), gates=Gates())
    async with Shared() as shared:
        asked = [_watched(address, login, catalog, shared, probe) for address, login in addresses]
        async for report in asking.everyone(runner, asked):
            if _news(report):
                take(report)


def _news(report: Report) -> bool:
    """Tell whether a report says more than that a login rests which was refused a moment ago."""
    keys = [finding.phrase.key for finding in report.findings if finding.phrase is not msgspec.UNSET]
    return keys != ["login.resting"]


def _watched(
    address: Address, login: Login, catalog: Catalog, shared: Shared, probe: str | None
) -> tuple[Watched, list[Probe]]:
    device = address.device
    # By its scheme alone, whatever its kind may be: that is what nobody knows of it.
    fitting = [each for each in catalog.probes.values() if each.protocol in (None, address.protocol)]
    chosen = [each for each in fitting if each.name == probe or (probe is None and not each.slow)]
    cadence = cadences(turns([device], fitting))
    target = Target(device=device, shared=shared, logins={address.protocol: login}, kept={}, state={})
    knowledge = Knowledge(device=device, cadences=cadence)
    return Watched(target=target, knowledge=knowledge, demands=Demands()), chosen


async def _site(order: _Order, site: Settings, desk: Desk, redactor: Redactor, take: Take) -> None:
    """Ask devices of the inventory: through the service where it runs, else by ourselves."""
    service = await reach(places(site.state(desk.env), desk.env))
    if service is None:
        await _alone(order, site, desk, redactor, take)
        return
    async with service:
        async for report in service.ask(Check(devices=order.names, probe=order.probe), Report):
            take(report)


async def _alone(order: _Order, site: Settings, desk: Desk, redactor: Redactor, take: Take) -> None:
    """Do what the service would do, on its state directory, under its lock and as its owner."""
    state = site.state(desk.env)
    secrets = Carried(order.folder, desk.env, site.site.credentials)
    for secret in secrets.all():
        redactor.know(secret)
    asking.known_probe(order.probe, gather().probes)
    become_owner(state)
    with private_files(), journal_faults(state), lock(state):
        async with await Journal.open(state, source=f"sitewarden/{site.site.site.id}", clock=time.time) as journal:
            try:
                house = await House.open(site, secrets, journal=journal)
            except Wrong as wrong:
                raise Misconfigured(wrong) from None
            async with house:
                bell = Bell()
                books = Books(house=house, bell=bell)
                house.runner.listen(sample=books.sample, told=bell.ring)
                try:
                    async for report in asking.check(house, order.names, order.probe):
                        take(report)
                finally:
                    await books.close()
