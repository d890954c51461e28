"""One family for everything that can go wrong between us and a device."""

from typing import ClassVar

from probes.words import Argument, Phrase, utter


class ProbeError(Exception):
    """A device could not be asked, or what it said is of no use. Words come from the catalogue.

    `key` belongs to the theme `answer` or `login`, so that the failed probing becomes a finding of that name.
    """

    default: ClassVar[str] = "answer.failed"

    def __init__(self, key: str = "", /, **args: Argument) -> None:
        """Take the sentence's key in the catalogue and what fills its gaps."""
        self.phrase = Phrase(key=key or self.default, args=args)
        super().__init__(utter(self.phrase))


class Unreachable(ProbeError):
    """No answer: refused, timed out, no route, cut off."""

    default = "answer.silent"


class Refused(ProbeError):
    """The device knows us and says no. With `login` it refused the credential itself, which then rests."""

    default = "answer.refused"

    def __init__(self, key: str = "", /, *, login: bool = False, **args: Argument) -> None:
        """Take the sentence; `login=True` when the credential as a whole was refused, not one call."""
        super().__init__(key or ("login.refused" if login else ""), **args)
        self.login = login


class Malformed(ProbeError):
    """The answer is not what the protocol allows: garbage, cut short, too large, hostile."""

    default = "answer.malformed"


class Unsupported(ProbeError):
    """The device does not have what was asked for."""

    default = "answer.unsupported"
