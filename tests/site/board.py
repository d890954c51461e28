"""The demo's board: what `sitewarden status --json` says, as a table on a terminal or as plain lines elsewhere."""

import datetime as dt
import functools
import os
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tests.site.tidings import Tiding, local

_COLOURS: Final = {"ok": "green", "warn": "yellow", "unknown": "magenta", "crit": "bold red"}


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One finding of the board; `since` is RFC 3339 or unix seconds."""

    check: str
    severity: str
    summary: str = ""
    subject: str = ""
    since: str | float | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One device of the board."""

    device: str
    kind: str = ""
    severity: str = ""
    findings: tuple[Held, ...] = ()


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo reads of `status --json`; everything else in it is passed over."""

    devices: tuple[Row, ...]


def rows(said: bytes) -> tuple[Row, ...]:
    """Return the rows in what `status --json` printed.

    Raises:
        msgspec.DecodeError: it is not of that shape.
    """
    if said.lstrip().startswith(b"["):
        return msgspec.json.decode(said, type=tuple[Row, ...])
    return msgspec.json.decode(said, type=Status).devices


@functools.cache
def _catalogue() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("words.json")
    return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, str]])


def say(key: str, /, **args: str | float) -> str:
    """Return a sentence of the demo in the language of LANG."""
    lang = "fr" if os.environ.get("LANG", "").startswith("fr") else "en"
    return _catalogue()[key][lang].format(**args)


def since(moment: str | float | None) -> str:
    """Return when a finding began as HH:MM:SS; empty where it is not told."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        return local(moment)
    return dt.datetime.fromtimestamp(moment).astimezone().strftime("%H:%M:%S")


def line(tiding: Tiding) -> str:
    """Return a change as one plain line."""
    return f"{tiding.at} {say(f'demo.{tiding.turn}')} {tiding.device} {tiding.check} {tiding.severity} {tiding.summary}"


def draw(
    told: tuple[Row, ...], *, title: str, acts: tuple[str, ...], tidings: tuple[Tiding, ...], footer: str
) -> RenderableType:
    """Return the whole screen: the board, what happened on the site, what the centre heard of it."""
    table = Table(title=title, expand=True)
    for name in ("device", "kind", "state", "wrong", "since"):
        table.add_column(say(f"demo.{name}"), no_wrap=name != "wrong")
    for row in told:
        wrong = [held for held in row.findings if held.severity != "ok"]
        severity = row.severity or ("ok" if not wrong else wrong[0].severity)
        table.add_row(
            row.device,
            row.kind,
            Text(severity, style=_COLOURS.get(severity, "")),
            "\n".join(held.summary or held.check for held in wrong),
            "\n".join(since(held.since) for held in wrong),
        )
    happened = Text("\n".join((say("demo.acts"), *acts)), style="cyan")
    heard = Text("\n".join((say("demo.tidings"), *map(line, tidings))))
    return Group(table, happened, heard, Text(footer, style="dim"))
