"""How the agent logs: one line per event on stderr, with no secret in it."""

import contextlib
import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

from agent.exits import usage
from probes.probe import Secret

LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
VARIABLE: Final = "SITEWARDEN_LOG"
_STARS: Final = "***"
#: Anything shorter stands in too many innocent words to be looked for.
_SHORTEST: Final = 4
#: What `user:password@` in a URL looks like, whoever logs it.
_USERINFO: Final = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]*(?=@)")
#: Libraries that say at warning level what devices do wrong all day: we tell it as findings.
_TALKATIVE: Final = ("zeep", "onvif", "aiohttp", "pysnmp", "asyncio", "httpx", "httpcore", "urllib3")

Event = MutableMapping[str, Any]


class Redactor:
    """A structlog processor that keeps secrets out of whatever is logged."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        """Know `secrets` from the start."""
        self._values: set[str] = set()
        for secret in secrets:
            self.know(secret)

    def know(self, secret: Secret) -> None:
        """Look for `secret` in everything from now on."""
        if len(value := secret.reveal()) >= _SHORTEST:
            self._values.add(value)

    def __call__(self, _: object, __: str, event: Event) -> Event:
        """Return the event without them."""
        return {key: self.clean(value) for key, value in event.items()}

    def clean(self, value: Any) -> Any:
        """Return `value`, however deep, with stars for secrets."""
        if isinstance(value, Secret):
            return _STARS
        if isinstance(value, str):
            for secret in self._values:
                value = value.replace(secret, _STARS)
            return _USERINFO.sub(_STARS, value)
        if isinstance(value, Mapping):
            return {self.clean(key): self.clean(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean(each) for each in value]
        return value if value is None or isinstance(value, bool | int | float) else self.clean(str(value))


class _Foreign(logging.Handler):
    """Brings what libraries log through the same door."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record of the standard library's."""
        with contextlib.suppress(Exception):
            fields = {"library": record.name, "said": record.getMessage()}
            if record.exc_info and record.exc_info[1] is not None:
                fields["fault"] = repr(record.exc_info[1])
            structlog.get_logger().log(record.levelno, "library", **fields)


def wanted(env: Mapping[str, str]) -> tuple[str, bool]:
    """Return the level and whether JSON is wanted, as SITEWARDEN_LOG says: `info`, `debug json`, `json`.

    Raises:
        Stop: it says something else (64).
    """
    words = env.get(VARIABLE, "").lower().replace(",", " ").split()
    levels = [word for word in words if word in LEVELS]
    if len(levels) > 1 or set(words) - set(levels) - {"json"}:
        raise usage("cli.log_words", levels=", ".join(LEVELS))
    return (levels[0] if levels else ""), "json" in words


def configure(
    *, level: str, json: bool = False, tracebacks: bool = False, stream: TextIO | None = None, redactor: Redactor
) -> None:
    """Set logging up for this process, once: events from `level` on, as JSON or key=value lines on `stream` (stderr).

    `tracebacks` tells where faults of ours come from; without it a fault is told by its kind alone.
    """
    out = stream or sys.stderr
    ending: list[Any] = (
        [structlog.processors.JSONRenderer(ensure_ascii=False)]
        if json
        else [structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)]
    )
    faults = structlog.processors.format_exc_info if tracebacks else _fault_by_name
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            faults,
            redactor,
            *([] if json else [_one_line]),
            *ending,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Foreign)]:
        root.removeHandler(handler)
    root.addHandler(_Foreign())
    root.setLevel(LEVELS[level])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.ERROR)


def _fault_by_name(_: object, __: str, event: Event) -> Event:
    told = event.pop("exc_info", None)
    fault = told if isinstance(told, BaseException) else told[1] if isinstance(told, tuple) else sys.exc_info()[1]
    if told and fault is not None:
        event["fault"] = f"{type(fault).__name__}: {fault}"
    return event


def _one_line(_: object, __: str, event: Event) -> Event:
    """Take out what a terminal acts on; line ends the renderer escapes by itself."""
    return {
        key: "".join(char if char.isprintable() or char == "\n" else "?" for char in value)
        if isinstance(value, str)
        else value
        for key, value in event.items()
    }
