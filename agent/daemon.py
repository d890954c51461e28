"""The service: takes up the configuration, keeps turns and deliveries going, ends within seconds in good order."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import structlog

from agent.books import ASKED_S, FOLD_S, PRUNE_S, Books
from agent.delivery import Bell
from agent.feeds import Feeds
from agent.house import House
from agent.journal import Journal, lock
from agent.local.serving import serving
from agent.notify import Notifier
from agent.secrets import Secrets
from agent.service import Turns
from agent.settings import Settings, Wrong, load

log = structlog.get_logger(__name__)


class _Stop(Exception):
    """The service was asked to end."""


class Daemon:
    """One running service."""

    def __init__(self, *, folder: Path, settings: Settings, secrets: Secrets, state: Path) -> None:
        """Take a configuration that was found right, the folder to read it from again, and the state directory."""
        self._folder = folder
        self._settings = settings
        self._secrets = secrets
        self._state = state
        self._notifier = Notifier()
        self._stop = asyncio.Event()
        self._hangup = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP re-reads the configuration.

        Raises:
            agent.journal.JournalError: the journal cannot be opened, or another process works on it.
        """
        source = f"sitewarden/{self._settings.site.site.id}"
        with lock(self._state), self._signals():
            async with (
                await Journal.open(self._state, source=source, clock=time.time) as journal,
                await House.open(self._settings, self._secrets, journal=journal) as house,
            ):
                await self._serve(house)
        log.info("stopped")

    async def _serve(self, house: House) -> None:
        bell = Bell()
        books = Books(house=house, bell=bell)
        house.runner.listen(sample=books.sample, told=bell.ring)
        await books.mark("start")
        try:
            async with asyncio.TaskGroup() as group, contextlib.AsyncExitStack() as opened:
                turns = Turns(group=group, runner=house.runner)
                feeds = Feeds(group=group, journal=house.journal, bell=bell)
                opened.push_async_callback(feeds.aclose)
                await feeds.follow(self._settings.site.sinks, self._secrets)
                turns.follow(house.turns, house.watched)
                for name, every, act in (
                    ("fold", FOLD_S, books.fold),
                    ("asked", ASKED_S, books.asked),
                    ("prune", PRUNE_S, books.prune),
                    ("renewed", FOLD_S, books.renewed),
                    ("heartbeat", self._settings.site.heartbeat, lambda: books.beat(late_s=turns.lateness.worst)),
                ):
                    group.create_task(_every(name, every, act), name=name)
                group.create_task(books.watch_clock(), name="clock")
                group.create_task(self._reload(house, turns, feeds), name="reload")
                if self._notifier.watchdog_s is not None:
                    group.create_task(self._watchdog(self._notifier.watchdog_s), name="watchdog")
                async with serving(house, state=self._state, site=lambda: self._settings.site, deliveries=feeds.states):
                    self._notifier.tell(READY="1", STATUS=f"{len(house.watched)} devices")
                    log.info("started", devices=len(house.watched), turns=len(house.turns), state=str(self._state))
                    await self._stop.wait()
                self._notifier.tell(STOPPING="1")
                raise _Stop  # noqa: TRY301  ends every task of the group
        except* _Stop:
            pass
        finally:
            await books.close()
            await books.mark("stop")

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        heard = {signal.SIGTERM: self._stop.set, signal.SIGINT: self._stop.set, signal.SIGHUP: self._hangup.set}
        for number, act in heard.items():
            loop.add_signal_handler(number, act)
        try:
            yield
        finally:
            for number in heard:
                loop.remove_signal_handler(number)

    async def _reload(self, house: House, turns: Turns, feeds: Feeds) -> None:
        """Re-read the configuration at each SIGHUP. A wrong one is refused and the old one stays."""
        while True:
            await self._hangup.wait()
            self._hangup.clear()
            self._notifier.tell(RELOADING="1", MONOTONIC_USEC=str(time.monotonic_ns() // 1000))
            try:
                secrets = Secrets(self._folder)
                settings = await asyncio.to_thread(load, self._folder, probes=house.catalog.probes, secrets=secrets)
                await house.furnish(settings, secrets)
                await feeds.follow(settings.site.sinks, secrets)
                turns.follow(house.turns, house.watched)
                self._settings = settings
            except Wrong as wrong:
                for complaint in wrong.complaints:
                    log.error("configuration_refused", complaint=complaint.said("en"))  # noqa: TRY400
            except Exception:
                log.exception("reload_failed")
            else:
                log.info("reloaded", devices=len(house.watched), turns=len(house.turns))
            self._notifier.tell(READY="1", STATUS=f"{len(house.watched)} devices")

    async def _watchdog(self, every: float) -> None:
        """Tell systemd that the event loop still turns."""
        while True:
            self._notifier.tell(WATCHDOG="1")
            await asyncio.sleep(every)


async def _every(name: str, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    """Do `act` every so often, for ever; what goes wrong once is logged and tried again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await act()
        except Exception as fault:  # noqa: BLE001  bookkeeping must outlive a full disk
            log.warning("bookkeeping_failed", task=name, reason=str(fault))
