"""A profile is worth what a recording proves of it."""

import msgspec
import pytest

from probes.profile import shipped
from probes.words import utter
from tests.profiles.coverage import exercised, missing
from tests.profiles.recording import FOLDER, Recording, facts, recordings

ALL = list(recordings())
ONVIF = [
    (one["manufacturer"], one["model"], one["profile"])
    for one in msgspec.yaml.decode((FOLDER.parent / "onvif.yaml").read_bytes(), type=list[dict[str, str]])
]


@pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
def test_a_recording_is_understood_by_its_profile_and_all_its_facts_are_as_written(recording: Recording) -> None:
    profile, lines = facts(shipped(), recording.walk)
    assert profile == recording.expected.profile
    assert lines == recording.expected.facts


@pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
def test_each_variation_of_a_recording_tells_the_facts_that_are_written_beside_it(recording: Recording) -> None:
    for change, expected in recording.expected.variations.items():
        _, lines = facts(shipped(), recording.varied(change))
        assert [line for line in lines if line not in recording.expected.facts] == expected, change


def test_every_line_of_every_profile_is_exercised_by_some_recording() -> None:
    shelf, seen = exercised(ALL)
    left = missing(shelf, seen)
    assert [f"{name}: {point.path} ({point.what})" for name, found in left.items() for point in found] == []


@pytest.mark.parametrize(("manufacturer", "model", "profile"), ONVIF)
def test_what_onvif_says_of_a_device_finds_its_profile(manufacturer: str, model: str, profile: str) -> None:
    found = shipped().choose_onvif(manufacturer=manufacturer, model=model)
    assert found is not None
    assert found.name == profile


def test_every_profile_that_matches_by_onvif_is_found_so_by_some_device() -> None:
    assert {name for name, clause in shipped().clauses if clause.onvif} == {profile for _, _, profile in ONVIF}


def test_every_shipped_profile_is_without_fault() -> None:
    shelf = shipped()
    assert [f"{name} {path}: {utter(phrase)}" for name in shelf for path, phrase in shelf.complaints(name)] == []
