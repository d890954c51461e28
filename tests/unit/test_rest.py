"""A refused login rests: no make locks us out twice."""

import pytest

from agent import rest
from probes.probe import Login, Secret

LOGIN = Login(name="cams", username="supervision", secret=Secret("one"))
OTHER = Login(name="cams", username="supervision", secret=Secret("two"))


def kept_after(refusals: int, *, now: float = 1000.0) -> dict[str, str]:
    kept: dict[str, str] = {}
    for _ in range(refusals):
        kept[rest.key("onvif")] = rest.refused(kept, "onvif", LOGIN, now=now, salt="salt")
    return kept


def test_a_login_rests_longer_than_a_lock_of_thirty_minutes() -> None:
    held = rest.resting(kept_after(1), "onvif", LOGIN, now=1000.0 + 30 * 60, salt="salt")
    assert held is not None
    assert rest.resting(kept_after(1), "onvif", LOGIN, now=1000.0 + rest.FIRST_S, salt="salt") is None


def test_a_changed_secret_may_be_tried_at_once() -> None:
    assert rest.resting(kept_after(1), "onvif", OTHER, now=1001.0, salt="salt") is None


def test_the_rest_of_one_protocol_does_not_hold_another() -> None:
    assert rest.resting(kept_after(1), "snmp", LOGIN, now=1001.0, salt="salt") is None


@pytest.mark.parametrize(("refusals", "length"), [(1, 1.0), (2, 2.0), (3, 4.0)])
def test_each_refusal_in_a_row_doubles_the_rest(refusals: int, length: float) -> None:
    held = rest.resting(kept_after(refusals), "onvif", LOGIN, now=1000.0, salt="salt")
    assert held is not None
    assert held.until - held.since == length * rest.FIRST_S


def test_a_rest_never_grows_beyond_its_limit() -> None:
    held = rest.resting(kept_after(60), "onvif", LOGIN, now=1000.0, salt="salt")
    assert held is not None
    assert held.until - held.since == rest.LONGEST_S


def test_a_clock_that_fell_back_to_1970_does_not_make_a_login_rest_for_decades() -> None:
    assert rest.resting(kept_after(1, now=1.7e9), "onvif", LOGIN, now=100.0, salt="salt") is None


def test_what_is_kept_of_a_login_does_not_contain_its_secret() -> None:
    assert "one" not in kept_after(1)[rest.key("onvif")]
