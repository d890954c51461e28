"""Everything that can go wrong between us and the journal, as one family with words from the catalogue."""

from typing import ClassVar, Self

from probes.words import Argument, Phrase, utter


class JournalError(Exception):
    """The journal could not do what was asked of it. `phrase` says it in any language."""

    default: ClassVar[str]

    def __init__(self, key: str = "", /, **args: Argument) -> None:
        """Take the sentence's key in the catalogue and what fills its gaps."""
        self.phrase = Phrase(key=key or self.default, args=args)
        super().__init__(utter(self.phrase))

    def again(self) -> Self:
        """Return an equal error, so that each of those who shared a commit raises one of its own."""
        return type(self)(self.phrase.key, **self.phrase.args)


class Unwritable(JournalError):
    """Nothing was kept: full disk, failing disk, read-only file system. Trying again later is right."""

    default = "journal.full"


class Damaged(JournalError):
    """The file is not a sound journal. A writer sets it aside and goes on; a reader can only say so."""

    default = "journal.damaged"


class TooNew(JournalError):
    """The file was written by a later version, and is left as it is."""

    default = "journal.too_new"


class Absent(JournalError):
    """There is no journal to read in this folder."""

    default = "journal.absent"


class Closed(JournalError):
    """The journal was closed before it was asked."""

    default = "journal.closed"


class Held(JournalError):
    """Another process holds the lock of the state directory."""

    default = "journal.held"
