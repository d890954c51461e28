"""The JSON Schemas say what the reader takes, so that editors complain before we do."""

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from agent.settings.complaint import Ledger
from agent.settings.document import compose, plain
from agent.settings.schema import NAMES, schema
from probes.model import Report, Severity, opinion

CONFIG = Path(__file__).parents[2] / "config"
FILES = ("site", "inventory", "policy", "firmware")


def judge(name: str, document: Any) -> list[str]:
    return [error.json_path for error in jsonschema.Draft202012Validator(schema(name)).iter_errors(document)]


def document(text: str) -> Any:
    ledger = Ledger()
    found = plain(compose(text, "x.yaml", ledger))
    assert not len(ledger)
    return found


@pytest.mark.parametrize("name", [*NAMES, "tiers"])
def test_each_is_a_schema_of_the_stated_draft(name: str) -> None:
    made = schema(name)
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(made)


def test_there_are_the_six_that_the_contract_names() -> None:
    assert NAMES == ("site", "inventory", "policy", "firmware", "profile", "report")
    with pytest.raises(KeyError):
        schema("nothing")


@pytest.mark.parametrize("name", FILES)
def test_the_example_fits_its_schema(name: str) -> None:
    assert judge(name, document((CONFIG / f"{name}.yaml").read_text())) == []


@pytest.mark.parametrize("path", sorted((CONFIG / "profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_profiles_fit_theirs(path: Path) -> None:
    assert judge("profile", msgspec.yaml.decode(path.read_bytes())) == []


@pytest.mark.parametrize(
    ("name", "text", "paths"),
    [
        ("site", "site: {id: a}\nheartbeat: 5 minutes\n", ["$.heartbeat"]),
        ("site", "site: {id: a}\nheartbeat: 300\n", ["$.heartbeat"]),
        ("site", "site: {id: a}\nevery: {reach: 5x}\n", ["$.every.reach"]),
        ("site", "site: {id: a, tier: best}\n", ["$.site.tier"]),
        ("site", "site: {id: a}\nsink: []\n", ["$"]),
        ("inventory", "devices: [{id: a, kind: camra, address: x}]\n", ["$.devices[0].kind"]),
        ("inventory", "devices: [{id: a, kind: camera}]\n", ["$.devices[0]"]),
        ("inventory", "devices: [{id: a, kind: camera, address: x, onvif: {port: 0}}]\n", ["$.devices[0].onvif"]),
        (
            "inventory",
            "devices: [{id: a, kind: camera, address: x, commissioned: x}]\n",
            [],
        ),  # a format, told apart below
        ("policy", "retention: {stopped_after: 3600}\n", ["$.retention.stopped_after"]),
        ("policy", "retention: {slack: 1d12h, stopped_after: 90s}\n", []),
        ("firmware", "rules: [{minimun: '1'}]\n", ["$.rules[0]"]),
        ("profile", "nam: x\n", ["$", "$"]),
    ],
)
def test_what_is_wrong_does_not_fit(name: str, text: str, paths: list[str]) -> None:
    assert judge(name, document(text)) == paths


def test_durations_are_text_with_their_defaults_as_they_are_written() -> None:
    defs = schema("policy")["$defs"]
    slack = defs["RetentionPolicy"]["properties"]["slack"]
    assert (slack["type"], slack["default"]) == ("string", "1d")
    assert defs["ClockPolicy"]["properties"]["crit"]["default"] == "30s"
    assert schema("site")["$defs"]["SiteFile"]["properties"]["heartbeat"]["default"] == "5m"
    assert "description" in defs["RetentionPolicy"]


def test_a_report_as_it_travels_fits_its_schema() -> None:
    report = Report(
        id="1",
        device="a",
        probe="reach",
        started_at="2026-11-23T07:00:00Z",
        duration_s=0.1,
        findings=(opinion("answer.silent", Severity.CRIT),),
    )
    assert judge("report", msgspec.json.decode(msgspec.json.encode(report.outward()))) == []
    assert judge("report", msgspec.json.decode(msgspec.json.encode(report))) == ["$.findings[0]"], (
        "phrases stay at home"
    )
