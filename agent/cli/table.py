"""The board as a person sees it: a table on a terminal, plain columns in a pipe."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Final, NamedTuple

from agent.board import Held, Row, View
from agent.cli.desk import Desk, plain
from probes.model import Severity

_STYLES: Final = {Severity.OK: "green", Severity.WARN: "yellow", Severity.UNKNOWN: "magenta", Severity.CRIT: "bold red"}
_COLUMNS: Final = ("device", "kind", "state", "wrong", "since", "asked")


class Line(NamedTuple):
    """One line of the table: a finding, the device's own columns only beside its first."""

    device: str
    kind: str
    state: str
    wrong: str
    since: str
    asked: str
    severity: Severity


def local(moment: str | None, now: str) -> str:
    """Return an RFC 3339 moment as the clock on the wall shows it here, without the date where it is that of `now`."""
    if moment is None:
        return "-"
    there, here = (dt.datetime.fromisoformat(each).astimezone() for each in (moment, now))
    return there.strftime("%H:%M:%S" if there.date() == here.date() else "%Y-%m-%d %H:%M")


def lines(view: View, desk: Desk) -> Iterator[Line]:
    """Yield the lines of the table; findings that are ok have none."""
    for row in view.devices:
        wrong = [held for held in row.findings if held.severity is not Severity.OK]
        yield _line(row, wrong[0] if wrong else None, view.at, desk)
        for held in wrong[1:]:
            yield Line("", "", "", _told(held), local(held.since, view.at), "", held.severity)


def _line(row: Row, held: Held | None, now: str, desk: Desk) -> Line:
    return Line(
        device=plain(row.device),
        kind=row.kind,
        state=desk.word(f"status.{row.severity.value}"),
        wrong=_told(held) if held is not None else "",
        since=local(held.since, now) if held is not None else "",
        asked=local(row.asked_at, now),
        severity=row.severity,
    )


def _told(held: Held) -> str:
    summary = plain(held.summary)
    return summary if not held.subject or held.subject in summary else f"{plain(held.subject)}: {summary}"


def write(title: str, told: Iterable[Line], footer: Sequence[str], desk: Desk) -> None:
    """Print aligned columns, fit for grep and mail."""
    head = tuple(desk.word(f"status.{name}") for name in _COLUMNS)
    cells: list[tuple[str, ...]] = [head, *((*each[:-1],) for each in told)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(_COLUMNS))]
    desk.line(title)
    for row in cells:
        desk.line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for text in footer:
        desk.line(text)


def draw(title: str, told: Iterable[Line], footer: Sequence[str], desk: Desk) -> None:
    """Draw a table with rich, which is loaded for a terminal only."""
    text = import_module("rich.text").Text
    board = import_module("rich.table").Table(title=text(plain(title)), title_justify="left")
    for name in _COLUMNS:
        board.add_column(desk.word(f"status.{name}"), no_wrap=name != "wrong", overflow="fold")
    for each in told:
        style = _STYLES[each.severity]
        board.add_row(
            text(each.device),
            text(each.kind),
            text(each.state, style=style),
            text(each.wrong, style="" if each.device else style),
            text(each.since),
            text(each.asked),
        )
    console = import_module("rich.console").Console(file=desk.out, highlight=False)
    console.print(board)
    for sentence in footer:
        console.print(text(plain(sentence)))
