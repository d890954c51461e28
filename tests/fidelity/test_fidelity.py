"""The profiles agree with recorded devices, where these are at hand."""

import pytest

from probes.profile import FALLBACK, shipped
from tests.fidelity.judgement import ALL, CORPUS, Case, compared, purposes, tallies

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no recorded devices at hand (SITEWARDEN_CORPUS)")
AIMS = {"version": 95, "hardware": 95, "serial": 95, "worst": 90}


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(compared(shipped()))


@pytest.mark.parametrize("field", AIMS)
def test_families_that_have_a_profile_agree_with_the_truth_as_often_as_is_aimed_at(
    field: str, cases: list[Case]
) -> None:
    known = {one.family for one in cases if one.profile != FALLBACK}
    tally = tallies(one for one in cases if one.family in known)[field, ALL]
    assert tally.aside >= AIMS[field], [one for one in cases if one.field == field and not one.agrees]


def test_what_the_document_calls_different_on_purpose_really_differs(cases: list[Case]) -> None:
    differing = {(one.capture, one.field) for one in cases if not one.agrees and one.on_purpose}
    exact = {(capture, field) for capture, field in purposes() if "*" not in capture}
    assert exact <= differing


def test_no_recorded_device_fits_two_profiles_or_breaks_one(cases: list[Case]) -> None:
    assert len({one.capture for one in cases}) > 100
