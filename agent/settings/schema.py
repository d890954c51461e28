"""The JSON Schemas of the configuration's files and of reports, as editors and receivers understand them."""

import inspect
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from agent.settings.load import KINDS
from probes.forms import DURATION_PATTERN

NAMES: Final = ("site", "inventory", "policy", "firmware", "profile", "report")

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SOURCE: Final[Mapping[str, Any]] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Source"}]}
#: The parts of a profile that are read piece by piece (probes.profile.reading).
_NESTED: Final[Mapping[str, Any]] = {
    "Definition": {"anyOf": [{"type": "null"}, *_SOURCE["anyOf"], {"type": "array", "items": _SOURCE}]},
    "Sources": {"anyOf": [*_SOURCE["anyOf"], {"type": "array", "items": _SOURCE}]},
    "Conditions": {"anyOf": [{"$ref": "#/$defs/Condition"}, {"type": "array", "items": {"$ref": "#/$defs/Condition"}}]},
}


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `name`: one of NAMES, or tiers.

    Raises:
        KeyError: there is no such schema.
    """
    made = _made(name)
    return {"$schema": _DIALECT, "title": f"sitewarden {name}", **_tidy(made)}


def _made(name: str) -> dict[str, Any]:
    if name == "profile":
        from probes.profile.language import Climb, Condition, Percent, Profile, Source, Table  # noqa: PLC0415  large

        (root, *_), parts = msgspec.json.schema_components(
            [Profile, Source, Table, Condition, Climb, Percent], ref_template="#/$defs/{name}"
        )
        return {**root, "$defs": {**parts, **_NESTED}}
    if name == "report":
        from probes.model import Report  # noqa: PLC0415  only here

        made = msgspec.json.schema(Report)
        made["$defs"]["Finding"]["properties"].pop("phrase")  # stays at home: see Report.outward
        made["$defs"].pop("Phrase", None)
        return made
    return msgspec.json.schema(KINDS[name].type)


def _tidy(node: Any) -> Any:
    """Return a schema that says durations as they are written, and defaults only where these tell something."""
    if isinstance(node, list):
        return [_tidy(one) for one in node]
    if not isinstance(node, dict):
        return node
    tidied = {key: _tidy(value) for key, value in node.items() if not (key == "default" and _idle(value))}
    if isinstance(tidied.get("description"), str):
        tidied["description"] = inspect.cleandoc(tidied["description"])
    if tidied.get("pattern") == DURATION_PATTERN:
        kept = {key: value for key, value in tidied.items() if key == "description"}
        default = {"default": _written(tidied["default"])} if "default" in tidied else {}
        return {"type": "string", "pattern": DURATION_PATTERN, **kept, **default}
    return tidied


def _idle(default: object) -> bool:
    return default is None or isinstance(default, dict | list) or default == ""


def _written(length: float) -> str:
    """Return a length in seconds as it is written in YAML: in the largest unit that fits."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if length >= size and length % size == 0:
            return f"{length / size:g}{unit}"
    return f"{length:g}s"
