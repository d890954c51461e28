"""What a misspelt word may have been meant to be."""

from collections.abc import Iterable
from importlib import import_module
from typing import Final

_LONGEST: Final = 60  # the comparison is quadratic


def guess(word: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that is close to `word`, if any."""
    if len(word) > _LONGEST:
        return None
    names = {name.lower(): name for name in known}
    # difflib is loaded only once somebody has misspelt something.
    close = import_module("difflib").get_close_matches(word.lower(), list(names), n=1)
    return names[close[0]] if close else None
