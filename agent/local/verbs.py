"""What the service answers on its socket. A later room adds a verb by adding it to what `verbs` returns."""

from collections.abc import AsyncIterator, Callable
from typing import Final

from agent import asking
from agent.board import Pulse
from agent.delivery import Delivery
from agent.house import House
from agent.journal import JournalError
from agent.local.wire import Check, Status, Verb
from agent.settings import SiteFile
from probes.model import Report

_SERVES: Final = True


def verbs(
    house: House, *, site: Callable[[], SiteFile], deliveries: Callable[[], tuple[Delivery, ...]]
) -> tuple[Verb, ...]:
    """Return the verbs of a running service; `site` and `deliveries` are asked for anew each time, for both change."""

    async def check(request: Check) -> AsyncIterator[Report]:
        async for report in asking.check(house, request.devices, request.probe):
            yield report

    async def status(_: Status) -> AsyncIterator[Pulse]:
        yield await pulse(house, site=site(), deliveries=deliveries(), service=_SERVES)

    return (
        Verb(name="check", request=Check, answer=check),
        Verb(name="status", request=Status, answer=status),
    )


async def pulse(house: House, *, site: SiteFile, deliveries: tuple[Delivery, ...], service: bool) -> Pulse:
    """Return the board as the service holds it in memory, and how its journal is, where it can be read."""
    watched = house.watched.values()
    try:
        journal = await house.journal.status()
    except JournalError:
        journal = None  # its own trouble is told elsewhere; the board is in memory
    return Pulse(
        site=site.site.id,
        name=site.site.name,
        at=house.clock(),
        service=service,
        devices=tuple(each.target.device for each in watched),
        standings=tuple(held for each in watched for owned in each.knowledge.standings.values() for held in owned),
        asked=tuple(asked for each in watched for asked in each.knowledge.asked.values()),
        journal=journal,
        deliveries=deliveries,
    )
