"""`sitewarden journal`: how full it is, what is in it, whether it is sound."""

from pathlib import Path
from typing import Final

import msgspec

from agent.cli.desk import Desk, harmless, is_terminal
from agent.cli.ground import become_owner, journal_faults, quiet_logs, settings
from agent.cli.parser import Call
from agent.exits import OK
from agent.journal import ReadOnly
from agent.journal.state import Behind
from agent.judge import stamp
from probes.words import utter

UNSOUND: Final = 2
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_STEP: Final = 1000


def main(call: Call, desk: Desk) -> int:
    """Do what the argument says, and return the exit code.

    Raises:
        Stop: there is no journal, or it cannot be read.
    """
    quiet_logs(desk)
    state = settings(desk.folder(call.config)).state(desk.env)
    become_owner(state)  # SQLite makes files even for readers, which the service must be able to write
    act = {"status": _status, "export": _export, "verify": _verify}[call.words[0]]
    with journal_faults(state), ReadOnly(state) as journal:
        return act(journal, state, call, desk)


def _status(journal: ReadOnly, state: Path, call: Call, desk: Desk) -> int:
    told = journal.status()
    if call.json:
        desk.json(msgspec.json.encode(told))
        return OK
    edges = [told.oldest.time if told.oldest else "-", told.newest.time if told.newest else "-"]
    desk.line(desk.word("ground.journal", path=str(state), agent=told.agent, epoch=told.epoch, version=told.version))
    desk.line(desk.word("ground.entries", entries=told.entries, last=told.last, oldest=edges[0], newest=edges[1]))
    sizes = {"used": size(told.used_bytes), "file": size(told.file_bytes), "log": size(told.log_bytes)}
    desk.line(desk.word("ground.size", **sizes))
    if told.lost:
        desk.line(desk.word("status.lost", count=told.lost))
    for name in told.set_aside:
        desk.line(desk.word("status.damaged", name=name))
    for behind in told.sinks:
        desk.line(_behind(behind, desk))
    for poison in told.poison:
        at = stamp(poison.at)
        desk.line(desk.word("ground.poison", sink=poison.sink, seq=poison.seq, reason=poison.reason, at=at))
    return OK


def _behind(behind: Behind, desk: Desk) -> str:
    if not behind.waiting:
        return desk.word("ground.level", sink=behind.sink, lane=behind.lane, cursor=behind.cursor)
    since = stamp(behind.since) if behind.since is not None else "-"
    return desk.word(
        "ground.behind",
        sink=behind.sink,
        lane=behind.lane,
        cursor=behind.cursor,
        waiting=behind.waiting,
        since=since,
    )


def _export(journal: ReadOnly, _: Path, __: Call, desk: Desk) -> int:
    """One CloudEvent per line, byte for byte as it travels; escaped where a terminal reads."""
    seen = harmless if is_terminal(desk.out) else str
    for entry in journal.entries():
        desk.out.write(seen(entry.body.decode()) + "\n")
    return OK


def _verify(journal: ReadOnly, _: Path, __: Call, desk: Desk) -> int:
    verdict = journal.verify()
    for problem in verdict.problems:
        desk.line(utter(problem, desk.lang))
    if verdict.sound:
        desk.line(desk.word("ground.sound", entries=verdict.entries, last=verdict.last))
        return OK
    desk.line(desk.word("ground.unsound", problems=len(verdict.problems), entries=verdict.entries))
    return UNSOUND


def size(count: float) -> str:
    """Return a number of bytes as people read it."""
    unit = 0
    while count >= _STEP and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    return f"{count:.1f} {_UNITS[unit]}" if unit else f"{count:.0f} {_UNITS[0]}"
