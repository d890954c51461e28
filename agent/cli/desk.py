"""What a command works with: where it reads and writes, the environment, the language; and what keeps output clean."""

import contextlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from probes.words import Argument, say

#: Control characters, and those that turn the direction of text or break lines: a device may send them to a terminal.
_SPECIAL: Final = r"\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_UNSEEMLY: Final = re.compile(rf"[\x00-\x1f{_SPECIAL}\ud800-\udfff]")
#: Those of them that JSON may hold unescaped.
_RAW_IN_JSON: Final = re.compile(rf"[{_SPECIAL}]")
DEFAULT_FOLDER: Final = "/etc/sitewarden"


class Desk(NamedTuple):
    """What one call of the command line has before it. `prompt` asks for a secret without echo; None: no terminal."""

    out: TextIO
    err: TextIO
    env: Mapping[str, str]
    lang: str = "en"
    prompt: Callable[[str], str] | None = None

    def word(self, key: str, /, **args: Argument) -> str:
        """Return a sentence in the user's language."""
        return say(key, self.lang, **args)

    def line(self, text: str = "") -> None:
        """Print one line of plain text on stdout."""
        self.out.write(plain(text) + "\n")

    def json(self, text: bytes) -> None:
        """Print JSON on stdout, as one line that any terminal survives."""
        self.out.write(harmless(text.decode()) + "\n")

    def complain(self, text: str) -> None:
        """Print one line on stderr."""
        self.err.write(plain(text) + "\n")

    def folder(self, told: str | None) -> Path:
        """Return the folder of the configuration: --config, then $SITEWARDEN_CONFIG, then /etc/sitewarden."""
        return Path(told or self.env.get("SITEWARDEN_CONFIG") or DEFAULT_FOLDER)


def is_terminal(stream: TextIO) -> bool:
    """Tell whether somebody sits before `stream`."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def coloured(stream: TextIO, env: Mapping[str, str]) -> bool:
    """Tell whether colours are welcome (no-color.org)."""
    return is_terminal(stream) and not env.get("NO_COLOR") and env.get("TERM") != "dumb"


def plain(text: str) -> str:
    """Return `text` without anything that a terminal would act on; each such character becomes a question mark."""
    return _UNSEEMLY.sub("?", text)


def harmless(text: str) -> str:
    """Return JSON with such characters escaped, which changes nothing of what it means."""
    return _RAW_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def silence(stream: TextIO) -> None:
    """Let what is still buffered for a reader that has gone go nowhere, so that the interpreter's end stays quiet."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
