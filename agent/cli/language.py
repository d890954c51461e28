"""In which language a person is spoken to: --lang, then the locale of the environment."""

from collections.abc import Mapping, Sequence
from typing import Final

from probes.words import LANGUAGES

_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")  # locale(7): the first that is set decides
FLAG: Final = "--lang"


def language(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """Return the language to speak; it is needed before the command line is parsed, so that help and errors have it.

    A --lang that names no language of ours is told as an error later; until then the environment decides.
    """
    for at, word in enumerate(argv):
        if word == "--":
            break
        name, equals, value = word.partition("=")
        if name == FLAG:
            value = value if equals else argv[at + 1] if at + 1 < len(argv) else ""
            if value in LANGUAGES:
                return value
    told = next((env[name] for name in _VARIABLES if env.get(name)), "")
    spoken = told[:2].lower()
    return spoken if spoken in LANGUAGES else LANGUAGES[0]
