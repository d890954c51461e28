"""One forwarder task for each sink, begun and ended as the configuration says."""

import asyncio
from collections.abc import Iterable

import msgspec
import structlog

from agent.delivery import Bell, Delivery
from agent.forward import Forwarder
from agent.journal import Journal
from agent.secrets import Secrets
from agent.settings import SinkSettings
from agent.sinks.make import make
from agent.sinks.sink import Sink

log = structlog.get_logger(__name__)


class _Feed(msgspec.Struct):
    settings: SinkSettings
    sink: Sink
    forwarder: Forwarder
    task: asyncio.Task[None]


class Feeds:
    """The deliveries of one running service."""

    def __init__(self, *, group: asyncio.TaskGroup, journal: Journal, bell: Bell) -> None:
        """Run forwarders in `group`, woken by `bell`."""
        self._group = group
        self._journal = journal
        self._bell = bell
        self._feeds: dict[str, _Feed] = {}

    async def follow(self, wanted: Iterable[SinkSettings], secrets: Secrets) -> None:
        """Deliver to exactly `wanted`. A sink whose settings did not change keeps its connection and its patience."""
        named = {settings.name: settings for settings in wanted}
        for name, feed in list(self._feeds.items()):
            if named.get(name) != feed.settings:
                await self._end(name)
        await self._journal.sinks(named)
        for name, settings in named.items():
            if name in self._feeds:
                continue
            sink = make(settings, secrets)
            if sink is None:
                log.warning("sink_unknown", sink=name, kind=settings.kind)
                continue
            forwarder = Forwarder(log=self._journal, sink=sink, bell=self._bell)
            task: asyncio.Task[None] = self._group.create_task(forwarder.run(), name=f"sink/{name}")
            self._feeds[name] = _Feed(settings, sink, forwarder, task)

    def states(self) -> tuple[Delivery, ...]:
        """Return how each sink fares."""
        return tuple(feed.forwarder.state for feed in self._feeds.values())

    async def aclose(self) -> None:
        """End all deliveries."""
        for name in list(self._feeds):
            await self._end(name)

    async def _end(self, name: str) -> None:
        feed = self._feeds.pop(name)
        feed.task.cancel()
        await asyncio.wait([feed.task])
        await feed.sink.aclose()
