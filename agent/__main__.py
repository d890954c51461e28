"""The command `sitewarden`: reads the command line, calls the command, and never ends in a traceback."""

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final, TextIO

from agent.cli.desk import Desk, is_terminal, silence
from agent.cli.language import language
from agent.cli.parser import Call, guide, parse
from agent.exits import BROKEN_PIPE, INTERRUPTED, OK, PROGRAM, SOFTWARE, Stop

DEBUG: Final = "SITEWARDEN_DEBUG"


def main(
    argv: Sequence[str] | None = None,
    *,
    out: TextIO | None = None,
    err: TextIO | None = None,
    env: Mapping[str, str] | None = None,
    prompt: Callable[[str], str] | None = None,
) -> int:
    """Run one command and return its exit code. Everything but `argv` is the process's own unless a test says so."""
    words = list(sys.argv[1:] if argv is None else argv)
    environment = os.environ if env is None else env
    desk = Desk(
        out=out or sys.stdout,
        err=err or sys.stderr,
        env=environment,
        lang=language(words, environment),
        prompt=prompt or _prompt(),
    )
    for stream in (desk.out, desk.err):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter must not end us
    try:
        code = _call(words, desk)
        desk.out.flush()
    except BrokenPipeError:
        silence(desk.out)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _call(words: Sequence[str], desk: Desk) -> int:
    try:
        call = parse(words)
        if call.help or call.version:
            desk.out.write(guide(call.command, desk.lang) if call.help else f"{PROGRAM} {_version()}\n")
            return OK
        return _command(call, desk)
    except Stop as stop:
        for line in stop.said(desk.lang):
            desk.complain(line)
        return stop.code
    except BrokenPipeError:
        raise
    except Exception as fault:  # noqa: BLE001  the last resort: one line instead of a traceback
        return _fault(fault, desk)


def _command(call: Call, desk: Desk) -> int:
    """Import the command's own room and let it work."""
    code: int = import_module(f"agent.cli.{call.command}").main(call, desk)
    return code


def _fault(fault: Exception, desk: Desk) -> int:
    """Name a fault of ours by its kind and place; its words may hold anything and are for the log alone."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "?" if trace is None else f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119  pathlib is heavier than all of --help
    kind = type(fault).__name__
    try:
        desk.complain(f"{PROGRAM}: {desk.word('cli.fault', fault=kind, place=place)}")
        if desk.env.get(DEBUG):
            _log(fault, desk)
    except Exception as worse:  # noqa: BLE001  not even the catalogue can be read
        desk.complain(f"{PROGRAM}: {kind} {place} ({type(worse).__name__})")
    return SOFTWARE


def _log(fault: Exception, desk: Desk) -> None:
    structlog, logs = import_module("structlog"), import_module("agent.logs")
    if not structlog.is_configured():
        logs.configure(level="warning", tracebacks=True, stream=desk.err, redactor=logs.Redactor())
    structlog.get_logger().error("command_failed", exc_info=fault)


def _version() -> str:
    metadata = import_module("importlib.metadata")
    try:
        return str(metadata.version(PROGRAM))
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _prompt() -> Callable[[str], str] | None:
    """Return what asks for a secret without echo, where there is a terminal to ask on."""
    if sys.stdin is None or not is_terminal(sys.stdin):
        return None
    ask: Callable[[str], str] = import_module("getpass").getpass
    return ask


if __name__ == "__main__":
    sys.exit(main())
