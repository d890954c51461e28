"""What is wrong with the configuration: each error with its file, line, path and sentence, all told at once."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

import msgspec

from probes.words import Argument, Phrase, say, utter

Path = tuple[str | int, ...]

#: So that a hostile file cannot fill the memory with errors about itself; the rest is counted.
_MOST: Final = 1_000
_MOST_COMPARED: Final = 100_000
_LONGEST_SHOWN: Final = 60


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """One error: `file` as named in the folder, `line` from 1 (0: the file as a whole), `path` inside the document.

    It never repeats a value that might be a secret in the wrong place.
    """

    file: str
    line: int = 0
    path: str = ""
    phrase: Phrase
    hint: Phrase | None = None

    @property
    def place(self) -> str:
        """Where it is, such as `inventory.yaml:14 devices[3].onvif.port`."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where} {self.path}" if self.path else where

    def sentence(self, lang: str = "en") -> str:
        """Return what is wrong, and the suggestion where there is one, without the place."""
        told = utter(self.phrase, lang)
        return say("settings.hinted", lang, told=told, hint=utter(self.hint, lang)) if self.hint else told

    def said(self, lang: str = "en") -> str:
        """Return one line: place, error, suggestion."""
        return say("settings.placed", lang, place=self.place, told=self.sentence(lang))


class Wrong(Exception):
    """The configuration cannot be used; `complaints` holds every error of every file, in reading order."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        """Take all errors, of which there is at least one."""
        self.complaints = complaints
        super().__init__(self.said())

    def said(self, lang: str = "en") -> str:
        """Return all errors, one a line."""
        return "\n".join(complaint.said(lang) for complaint in self.complaints)


class Ledger:
    """Collects complaints while files are read."""

    def __init__(self) -> None:
        """Start without a complaint."""
        self._kept: list[Complaint] = []
        self._more: dict[str, int] = {}
        self._held: dict[str, int] = {}
        self._compared = 0

    def add(
        self, file: str, line: int, path: Path, key: str, /, *, hint: Phrase | None = None, **args: Argument
    ) -> None:
        """Note that the sentence `settings.KEY` holds of `path` in `file`; beyond a thousand a file, count it only."""
        if self._held.get(file, 0) >= _MOST:
            self._more[file] = self._more.get(file, 0) + 1
            return
        self._held[file] = self._held.get(file, 0) + 1
        phrase = Phrase(key=f"settings.{key}", args=args)
        self._kept.append(Complaint(file=file, line=line, path=trail(path), phrase=phrase, hint=hint))

    def extend(self, complaints: Iterable[Complaint]) -> None:
        """Take over complaints that are made already."""
        self._kept.extend(complaints)

    def guess(self, word: str, among: Collection[str]) -> str | None:
        """Return the one of `among` that `word` was probably meant to be; None where nothing is close.

        Comparing is slow: a file with thousands of errors gets suggestions for the first of them only.
        """
        self._compared += len(among)
        if self._compared > _MOST_COMPARED or len(word) > _LONGEST_SHOWN:
            return None
        known = {one.lower(): one for one in among}
        close = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
        return known[close[0]] if close else None

    def hint(self, word: str, among: Collection[str]) -> Phrase | None:
        """Return `guess` as a suggestion."""
        found = self.guess(word, among)
        return Phrase(key="settings.hint_guess", args={"guess": found}) if found is not None else None

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._kept)

    def told(self, order: Iterable[str]) -> tuple[Complaint, ...]:
        """Return all in reading order: files as in `order`, others after them, each by line."""
        rank = {file: at for at, file in enumerate(order)}
        kept = sorted(self._kept, key=lambda one: (rank.get(one.file, len(rank)), one.file, one.line))
        more = (
            Complaint(file=file, phrase=Phrase(key="settings.more", args={"count": count}))
            for file, count in self._more.items()
        )
        return (*kept, *more)


def shown(text: str) -> str:
    """Return `text` fit for a message: short, and without anything that a terminal would act on."""
    cut = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in cut)


def trail(path: Path) -> str:
    """Return a path as people write it: `devices[3].onvif.port`, `every["onvif.identity"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step or not step.isprintable() or len(step) > _LONGEST_SHOWN:
            text += f'["{shown(step)}"]'
        else:
            text += f".{step}" if text else step
    return text
