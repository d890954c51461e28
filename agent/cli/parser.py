"""Reads the command line with argparse, and says what is wrong with it, or how to use it, in our own words."""

import argparse
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, NoReturn

from agent.cli.commands import COMMANDS, COMMON, Command, Option
from agent.exits import PROGRAM, usage
from agent.guess import guess
from probes.words import LANGUAGES, say

_WIDTH: Final = 26
_WORD: Final = re.compile(r"[A-Za-z0-9-]{1,32}")


class Call(NamedTuple):
    """What was asked for. `command` is empty where only `help` or `version` is wanted."""

    command: str
    words: tuple[str, ...] = ()
    config: str | None = None
    lang: str | None = None
    probe: str | None = None
    json: bool = False
    plugin: bool = False
    help: bool = False
    version: bool = False


class _Parser(argparse.ArgumentParser):
    """argparse, but it never speaks nor exits by itself."""

    def __init__(self, options: Iterable[Option]) -> None:
        super().__init__(prog=PROGRAM, add_help=False, allow_abbrev=False, exit_on_error=False)
        self.add_argument("-h", "--help", action="store_true", default=argparse.SUPPRESS)
        for option in (*COMMON, *options):
            kind: dict[str, Any] = {"action": "store"} if option.takes else {"action": "store_true"}
            self.add_argument(f"--{option.name}", default=argparse.SUPPRESS, **kind)

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing usage and exiting with 2."""
        raise argparse.ArgumentError(None, message)


def parse(argv: Sequence[str]) -> Call:
    """Return what `argv` asks for.

    Raises:
        Stop: it cannot be understood (64).
    """
    first = _Parser([Option("version")])
    first.add_argument("command", nargs="?")
    first.add_argument("rest", nargs=argparse.REMAINDER)
    found, extra = _told(first.parse_known_args, argv)
    options = [f"--{option.name}" for option in COMMON] + ["--help", "--version"]
    _refuse(extra, options)
    command, rest = found.pop("command", None) or "", found.pop("rest", None) or []
    if not command:
        if not (found.get("help") or found.get("version")):
            raise usage("cli.no_command", commands=", ".join(COMMANDS))
        return _call("", (), found)
    if command not in COMMANDS:
        raise _unknown("cli.unknown_command", "cli.misspelt_command", command, COMMANDS)
    spec = COMMANDS[command]
    second = _Parser(spec.options)
    second.add_argument("words", nargs="*")
    later, extra = _told(second.parse_known_intermixed_args, rest)
    _refuse(extra, [f"--{option.name}" for option in (*COMMON, *spec.options)] + ["--help"])
    words = tuple(later.pop("words", None) or ())
    call = _call(command, words, {**found, **later})
    if not call.help:
        _fit(spec, call)
    return call


def _call(command: str, words: tuple[str, ...], found: Mapping[str, Any]) -> Call:
    call = Call(command=command, words=words, **found)
    if call.lang is not None and call.lang not in LANGUAGES:
        raise usage("cli.unknown_language", known=", ".join(LANGUAGES))
    return call


def _fit(spec: Command, call: Call) -> None:
    """Hold the arguments against what the command takes."""
    if spec.choices:
        if not call.words:
            raise usage("cli.choose", command=call.command, choices=", ".join(spec.choices))
        if call.words[0] not in spec.choices:
            raise _unknown("cli.unknown_choice", "cli.misspelt_choice", call.words[0], spec.choices)
    if len(call.words) > (1 if spec.choices else 0) and not spec.words:
        raise usage("cli.too_many", command=call.command)
    if sum(bool(getattr(call, name)) for name in spec.rivals) > 1:
        raise usage("cli.rivals", options=", ".join(f"--{name}" for name in spec.rivals))


def _told(
    parse_: Callable[[Sequence[str]], tuple[argparse.Namespace, list[str]]], argv: Sequence[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return what argparse found and what it left over; its own complaints become ours."""
    try:
        found, extra = parse_(argv)
    except argparse.ArgumentError as fault:
        option = (fault.argument_name or "").rpartition("/")[2]
        # Options that lack a value and switches that were given one are all that is left for argparse to find.
        key = "cli.no_value_taken" if "explicit" in fault.message else "cli.value_needed"
        raise usage(key, option=option) from None
    return vars(found), extra


def _refuse(extra: Sequence[str], known: Sequence[str]) -> None:
    if extra:
        # What follows = may be anything, a secret as well.
        raise _unknown("cli.unknown_option", "cli.misspelt_option", extra[0].partition("=")[0], known)


def _unknown(key: str, close_key: str, word: str, known: Iterable[str]) -> Exception:
    names = list(known)
    close = guess(word, names)
    # An ADDRESS in the wrong place may hold a secret: only what looks like a word is repeated.
    shown = word if _WORD.fullmatch(word) else "..."
    if close is None:
        return usage(key, word=shown, known=", ".join(names))
    return usage(close_key, word=shown, close=close)


def guide(command: str, lang: str) -> str:
    """Return the help of `command`, or of the whole where it is empty."""
    if not command:
        lines = [_usage_line(lang, "[--config DIR] [--lang LANG] COMMAND ..."), "", say("cli.about", lang), ""]
        lines += [say("cli.commands", lang)]
        lines += [_row(name, say(f"cli.do_{name}", lang)) for name in COMMANDS]
        options: tuple[Option, ...] = (*COMMON, Option("version"), Option("help"))
        ending = ["", say("cli.ending", lang)]
    else:
        spec = COMMANDS[command]
        told = " ".join(filter(None, [command, spec.usage, "[--config DIR] [--lang LANG]"]))
        lines = [_usage_line(lang, told), "", say(f"cli.about_{command}", lang)]
        options = (*spec.options, *COMMON, Option("help"))
        ending = []
    lines += ["", say("cli.options", lang)]
    for option in options:
        flag = "-h, --help" if option.name == "help" else f"--{option.name} {option.takes}".rstrip()
        lines.append(_row(flag, say(f"cli.option_{option.name}", lang)))
    return "\n".join([*lines, *ending]) + "\n"


def _usage_line(lang: str, told: str) -> str:
    return say("cli.usage", lang, line=f"{PROGRAM} {told}")


def _row(left: str, right: str) -> str:
    return f"  {left:<{_WIDTH - 3}} {right}"
