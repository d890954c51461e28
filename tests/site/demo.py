"""`make demo`: a simulated site, the real agent on it, a simulated centre, and a timetable of things that break."""

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console, RenderableType
from rich.live import Live

from tests.site import walks
from tests.site.board import Row, draw, line, rows, say
from tests.site.centre import Centre
from tests.site.site import Outline, Site
from tests.site.tidings import Tidings

_ROUND_S: Final = 90.0
_CADENCE: Final = "2s"
_POLL_S: Final = 1.0
_ENDS_WITHIN_S: Final = 6.0
_LAST_WORDS: Final = 15
_TOKEN: Final = "demo-token-of-the-simulated-centre"


class Ended(Exception):
    """The agent stopped by itself."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timetable: at which part of the round, what is said of it, what is done."""

    part: float
    key: str
    device: str
    do: Callable[[], Awaitable[None] | None]


def timetable(site: Site) -> tuple[Act, ...]:
    """Return what happens in one round: each thing that breaks is mended before the round ends."""
    dead, fast = "cam-3", "cam-5"
    clock, disks = site.camera(fast).clock, site.agent("nvr-1")
    return (
        Act(part=0.20, key="act.dies", device=dead, do=lambda: site.die(dead, wire="refused")),
        Act(part=0.30, key="act.drifts", device=fast, do=lambda: clock.set(drift=1.0)),
        Act(part=0.40, key="act.fails", device="nvr-1", do=lambda: disks.set(walks.HIK_DISK_STATUS, 2)),
        Act(part=0.60, key="act.returns", device=dead, do=lambda: site.revive(dead)),
        Act(part=0.70, key="act.set", device=fast, do=lambda: clock.set(offset_s=0.0, drift=0.0)),
        Act(part=0.75, key="act.replaced", device="nvr-1", do=lambda: disks.set(walks.HIK_DISK_STATUS, 0)),
    )


class Show:
    """One run of the demo on a site and a centre that are already there."""

    def __init__(
        self, *, site: Site, centre: Centre, folder: Path, console: Console, program: Sequence[str] = ()
    ) -> None:
        """The agent's configuration, journal and log live in `folder`; `program` is `sitewarden` by default."""
        self._program = tuple(program)
        self._site = site
        self._centre = centre
        self._folder = folder
        self._console = console
        self._tidings = Tidings()
        self._acts: deque[str] = deque(maxlen=6)
        self._heard = 0
        self._rows: tuple[Row, ...] = ()
        self._mute = ""
        self._began = time.monotonic()

    async def run(self, seconds: float | None) -> None:
        """Run for so many seconds, or until cancelled.

        Raises:
            Ended: the agent stopped by itself.
        """
        command, environment = agent_command(self._folder, self._program)
        with (self._folder / "agent.log").open("ab") as log:
            agent = await asyncio.create_subprocess_exec(
                *command("run"), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        try:
            async with asyncio.timeout(seconds):
                await self._everything(agent, command, environment, seconds or _ROUND_S)
        except TimeoutError:
            pass  # the time that was asked for is over
        finally:
            await self._end(agent)
            self._tell()

    async def _everything(
        self,
        agent: asyncio.subprocess.Process,
        command: Callable[..., list[str]],
        environment: dict[str, str],
        round_s: float,
    ) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(agent), name="agent")
                group.create_task(self._play(round_s), name="timetable")
                group.create_task(self._look(command, environment), name="status")
                group.create_task(self._show(), name="screen")
        except* Ended as ended:
            raise ended.exceptions[0] from None

    def summary(self) -> str:
        """Return the one line that sums up the run."""
        return say(
            "demo.summary",
            devices=len(self._site.units),
            raised=self._tidings.raised,
            cleared=self._tidings.cleared,
            sent=self._centre.distinct,
            acknowledged=len(self._centre.acknowledged),
        )

    async def _watch(self, agent: asyncio.subprocess.Process) -> None:
        status = await agent.wait()
        said = (self._folder / "agent.log").read_text(encoding="utf-8", errors="replace").splitlines()
        raise Ended("\n".join((say("demo.ended", status=status), *said[-_LAST_WORDS:])))

    async def _end(self, agent: asyncio.subprocess.Process) -> None:
        if agent.returncode is not None:
            return
        agent.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(agent.wait(), _ENDS_WITHIN_S)
        except TimeoutError:
            agent.kill()
            await agent.wait()
            self._console.print(say("demo.slow", seconds=_ENDS_WITHIN_S))

    async def _play(self, round_s: float) -> None:
        while True:
            start = time.monotonic()
            for act in timetable(self._site):
                await asyncio.sleep(max(0.0, start + act.part * round_s - time.monotonic()))
                done = act.do()
                if done is not None:
                    await done
                told = f"{time.strftime('%H:%M:%S')} {say(act.key, device=act.device)}"
                self._acts.append(told)
                self._plain(told)
            await asyncio.sleep(max(0.0, start + round_s - time.monotonic()))

    async def _look(self, command: Callable[..., list[str]], environment: dict[str, str]) -> None:
        """Ask the agent for its board again and again, as anybody can."""
        while True:
            asking = await asyncio.create_subprocess_exec(
                *command("status", "--json"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
            )
            try:
                said, complaint = await asking.communicate()
            finally:
                if asking.returncode is None:
                    asking.kill()
                    await asking.wait()
            try:
                self._rows, self._mute = rows(said), ""
            except msgspec.DecodeError as fault:
                why = complaint.decode(errors="replace").strip() or str(fault)
                self._mute = say("demo.mute", reason=why.splitlines()[-1])
            await asyncio.sleep(_POLL_S)

    async def _show(self) -> None:
        with self._screen() as refresh:
            while True:
                self._tell()
                refresh()
                await asyncio.sleep(0.25)

    def _tell(self) -> None:
        """Take up what has reached the centre since the last time."""
        fresh = list(itertools.islice(self._centre.kept.values(), self._heard, None))
        self._heard += len(fresh)
        for body in fresh:
            for tiding in self._tidings.hear(msgspec.json.decode(body)):
                self._plain(line(tiding))

    @contextlib.contextmanager
    def _screen(self) -> Iterator[Callable[[], None]]:
        if not self._console.is_terminal:
            yield lambda: None
            return
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            yield lambda: live.update(self._drawn(), refresh=True)

    def _drawn(self) -> RenderableType:
        counted = say("demo.entries", acknowledged=len(self._centre.acknowledged))
        return draw(
            self._rows,
            title=say("demo.title", site="demo-depot", seconds=time.monotonic() - self._began),
            acts=tuple(self._acts),
            tidings=tuple(self._tidings.latest),
            footer="\n".join(part for part in (counted, self._mute) if part),
        )

    def _plain(self, told: str) -> None:
        if not self._console.is_terminal:
            self._console.print(told, markup=False, highlight=False, soft_wrap=True)


def agent_command(folder: Path, program: Sequence[str] = ()) -> tuple[Callable[..., list[str]], dict[str, str]]:
    """Return how to call `sitewarden` on `folder`, and an environment in which nothing else points elsewhere."""
    ours = ("SITEWARDEN_", "STATE_", "RUNTIME_", "CREDENTIALS_", "NOTIFY_SOCKET", "WATCHDOG_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    beside = Path(sys.executable).with_name("sitewarden")
    program = program or ([str(beside)] if beside.exists() else [sys.executable, "-m", "agent"])
    return lambda *words: [*program, *words, "--config", str(folder)], environment


def cadences() -> dict[str, str]:
    """Return a quick cadence for every probe that the agent has and that is not slow, so that a demo is short."""
    from probes.catalog import gather

    return {name: _CADENCE for name, probe in gather().probes.items() if not probe.slow}


async def demo(seconds: float | None, folder: Path) -> int:
    """Run the whole demo in `folder`; return its exit code."""
    console = Console()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    async with Centre(token=_TOKEN) as centre, Site(outline=Outline(cameras=9)) as site:
        site.write(folder, sink=centre.url, token=_TOKEN, every=cadences(), heartbeat="10s")
        console.print(say("demo.starting", devices=len(site.units)), highlight=False)
        show = Show(site=site, centre=centre, folder=folder, console=console)
        running = asyncio.create_task(show.run(seconds), name="demo")
        waiting = asyncio.create_task(stop.wait(), name="signals")
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        running.cancel()
        try:
            await running
        except asyncio.CancelledError:
            pass
        except Ended as ended:
            console.print(str(ended), markup=False, highlight=False)
            return 1
        console.print(show.summary(), highlight=False, soft_wrap=True)
    return 0


def main() -> None:
    """Run for DEMO_SECONDS, or until Ctrl-C; DEMO_FOLDER keeps what the agent wrote."""
    wanted = os.environ.get("DEMO_SECONDS", "")
    kept = os.environ.get("DEMO_FOLDER", "")
    folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="sitewarden-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        status = asyncio.run(demo(float(wanted) if wanted else None, folder))
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)


if __name__ == "__main__":
    main()
