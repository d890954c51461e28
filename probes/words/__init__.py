"""Every sentence that a person reads, in each language, found by its key."""

import functools
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

LANGUAGES: Final = ("en", "fr")

Argument = str | int | float


class Phrase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence before it is said: its key in the catalogue and what fills its gaps."""

    key: str
    args: Mapping[str, Argument] = {}


@functools.cache
def theme(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the sentences of one theme, `{key: {language: template}}`; a theme is one JSON file beside this one.

    Raises:
        KeyError: no such theme.
    """
    try:
        text = resources.files(__name__).joinpath(f"{name}.json").read_bytes()
    except FileNotFoundError:
        raise KeyError(name) from None
    return msgspec.json.decode(text, type=dict[str, dict[str, str]])


def themes() -> tuple[str, ...]:
    """Return the names of all themes, sorted."""
    found = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in found if name.endswith(".json")))


def say(key: str, lang: str = "en", /, **args: Argument) -> str:
    """Return the sentence `theme.rest` in `lang`, its gaps filled.

    Raises:
        KeyError: the key is in no catalogue, or a gap was left unfilled: a fault of ours, held by a test.
    """
    name, _, _ = key.partition(".")
    return theme(name)[key][lang].format(**args)


def utter(phrase: Phrase, lang: str = "en") -> str:
    """Return what `phrase` says in `lang`."""
    return say(phrase.key, lang, **phrase.args)
