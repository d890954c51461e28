"""How a command ends: the exit codes of sysexits(3), and the one exception that carries a sentence to the user."""

from typing import Final

from probes.words import Argument, Phrase, utter

PROGRAM: Final = "sitewarden"
OK: Final = 0
USAGE: Final = 64  # the command line is wrong
DATA: Final = 65  # the journal is damaged, or newer than this program
SOFTWARE: Final = 70  # a fault of ours
CANNOT_WRITE: Final = 73  # the state directory cannot be made or written
BUSY: Final = 75  # another sitewarden holds the state directory and answers on no socket
FORBIDDEN: Final = 77  # the service does not talk to this user
CONFIGURATION: Final = 78
INTERRUPTED: Final = 130  # 128 + SIGINT
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE


class Stop(Exception):
    """Ends a command: each phrase is one line on stderr, then the exit code. Words come from the catalogue."""

    def __init__(self, code: int, *phrases: Phrase) -> None:
        """Take the exit code and what is to be said."""
        super().__init__(code, *map(utter, phrases))
        self.code = code
        self.phrases = phrases

    def said(self, lang: str) -> list[str]:
        """Return the lines for stderr in `lang`."""
        return [f"{PROGRAM}: {utter(phrase, lang)}" for phrase in self.phrases]


def usage(key: str, /, **args: Argument) -> Stop:
    """Return the end of a command line that cannot be understood."""
    return Stop(USAGE, Phrase(key=key, args=args))


def failure(code: int, key: str, /, **args: Argument) -> Stop:
    """Return another end, with its code."""
    return Stop(code, Phrase(key=key, args=args))
