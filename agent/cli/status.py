"""`sitewarden status`: the board, from the service where it runs, else from the journal. It asks no device."""

import asyncio
import time
from collections.abc import Iterator

import msgspec

from agent.board import Pulse, Sink, View, build
from agent.cli import table
from agent.cli.desk import Desk, coloured
from agent.cli.ground import become_owner, journal_faults, quiet_logs, settings
from agent.cli.journal import size
from agent.cli.parser import Call
from agent.exits import OK, Stop
from agent.journal import Absent, ReadOnly
from agent.journal.state import Status as JournalStatus
from agent.local.client import reach
from agent.local.where import places
from agent.local.wire import Status
from agent.record import Board
from agent.settings import Settings
from probes.model import Severity


def main(call: Call, desk: Desk) -> int:
    """Show it.

    Raises:
        Stop: the configuration is wrong (78), or the journal cannot be read.
    """
    quiet_logs(desk)
    site = settings(desk.folder(call.config))
    pulse = asyncio.run(_served(site, desk)) or _read(site, desk)
    if call.json:
        desk.json(msgspec.json.encode(build(pulse)))
        return OK
    view = build(pulse, desk.lang)
    show = table.draw if coloured(desk.out, desk.env) else table.write
    show(title(view, desk), table.lines(view, desk), list(footer(view, desk)), desk)
    return OK


async def _served(site: Settings, desk: Desk) -> Pulse | None:
    """Return what the running service tells; None where none runs."""
    service = await reach(places(site.state(desk.env), desk.env))
    if service is None:
        return None
    async with service:
        async for pulse in service.ask(Status(), Pulse):
            return pulse
    return None


def _read(site: Settings, desk: Desk) -> Pulse:
    """Return what the journal holds; nothing at all where there is none yet.

    Raises:
        Stop: there is one, and it cannot be read.
    """
    state = site.state(desk.env)
    become_owner(state)  # SQLite makes files even for readers, which the service must be able to write
    board, journal = Board(), None
    try:
        with journal_faults(state), ReadOnly(state) as book:
            board, journal = book.board(), book.status()
    except Stop as stop:
        if [phrase.key for phrase in stop.phrases] != [Absent.default]:
            raise
    return _pulse(site, board, journal)


def _pulse(site: Settings, board: Board, journal: JournalStatus | None) -> Pulse:
    return Pulse(
        site=site.site.site.id,
        name=site.site.site.name,
        at=time.time(),
        devices=site.devices,
        standings=board.standings,
        asked=board.asked,
        journal=journal,
    )


def footer(view: View, desk: Desk) -> Iterator[str]:
    """Yield what stands below the board: the service, the journal, each sink."""
    yield desk.word("status.runs" if view.service else "status.rests")
    if view.journal is None:
        yield desk.word("status.no_journal")
    else:
        yield desk.word("status.journal", entries=view.journal.entries, size=size(view.journal.bytes))
        if view.journal.lost:
            yield desk.word("status.lost", count=view.journal.lost)
        for name in view.journal.set_aside:
            yield desk.word("status.damaged", name=name)
    for sink in view.sinks:
        yield from _sink(sink, view.at, desk)


def _sink(sink: Sink, now: str, desk: Desk) -> Iterator[str]:
    if sink.waiting:
        since = table.local(sink.waiting_since, now)
        yield desk.word("status.waiting", sink=sink.sink, waiting=sink.waiting, since=since)
    else:
        yield desk.word("status.delivered", sink=sink.sink)
    if sink.set_aside:
        yield desk.word("status.refused", sink=sink.sink, count=sink.set_aside)
    if sink.trouble:
        yield desk.word("status.trouble", sink=sink.sink, trouble=sink.trouble, since=table.local(sink.since, now))


def title(view: View, desk: Desk) -> str:
    """Return the line above the board."""
    wrong = sum(row.severity is not Severity.OK for row in view.devices)
    return desk.word("status.title", site=view.site.name or view.site.id, devices=len(view.devices), wrong=wrong)
