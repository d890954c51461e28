"""The catalogue: every sentence in every language, with the same gaps."""

import ast
import string
from pathlib import Path

import pytest

from probes import words

ROOT = Path(__file__).parents[2]
KEYS = [(name, key) for name in words.themes() for key in words.theme(name)]


def gaps(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize(("theme", "key"), KEYS)
def test_every_sentence_exists_in_every_language_with_the_same_gaps(theme: str, key: str) -> None:
    sentence = words.theme(theme)[key]
    assert key.startswith(f"{theme}.")
    assert set(sentence) == set(words.LANGUAGES)
    assert all(sentence[lang].strip() for lang in words.LANGUAGES)
    assert len({frozenset(gaps(sentence[lang])) for lang in words.LANGUAGES}) == 1


def test_every_key_that_the_code_names_is_in_the_catalogue() -> None:
    known = {key for _, key in KEYS}
    themes = set(words.themes())
    named = set()
    for path in [*ROOT.glob("agent/**/*.py"), *ROOT.glob("probes/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if function in {"say", "opinion", "failed", "Unreachable", "Refused", "Malformed", "Unsupported"}:
                    first = node.args[0] if node.args else None
                    if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value:
                        named.add(first.value)
    assert named
    assert {key for key in named if key.partition(".")[0] in themes or "." in key} <= known


def test_an_unknown_sentence_is_a_fault() -> None:
    with pytest.raises(KeyError):
        words.say("nothing.here")
