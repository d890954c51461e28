"""The sentences of the command line: each that is named exists, and each that exists is named."""

import ast
from pathlib import Path

import pytest

from probes.words import theme

ROOT = Path(__file__).parents[2] / "agent"
THEMES = ("address", "check", "cli", "ground", "local", "status")


def named() -> tuple[set[str], set[str]]:
    """Return every text in the code that is the key of a sentence, and the beginnings of keys that are put together."""
    whole, begun = set(), set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
    return whole, {text for text in begun if text.partition(".")[0] in THEMES and "." in text}


@pytest.mark.parametrize("name", THEMES)
def test_every_sentence_is_named_and_every_name_is_a_sentence(name: str) -> None:
    whole, begun = named()
    # Errors of an ADDRESS name their sentence without its theme.
    said = {key for key in theme(name) if key in whole or key.removeprefix("address.") in whole}
    said |= {key for key in theme(name) if any(key.startswith(text) for text in begun)}
    assert set(theme(name)) - said == set()
    used = {text for text in whole - begun if text.startswith(f"{name}.") and " " not in text}
    assert used - set(theme(name)) == set()
