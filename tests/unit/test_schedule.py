"""The cadence: steady, spread, never made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import schedule

moments = st.floats(min_value=0, max_value=1e9)
lengths = st.floats(min_value=0.5, max_value=1e6)


def test_a_phase_is_the_same_after_every_restart_and_differs_between_probings() -> None:
    assert schedule.phase("cam-1", "reach") == schedule.phase("cam-1", "reach")
    assert len({schedule.phase(f"cam-{n}", "reach") for n in range(1000)}) == 1000


def test_phases_are_spread_evenly_over_the_cadence() -> None:
    tenths = [0] * 10
    for number in range(5000):
        tenths[int(schedule.phase(f"cam-{number}", "onvif.clock") * 10)] += 1
    assert min(tenths) > 400


@given(moments, lengths, st.floats(min_value=0, max_value=1, exclude_max=True))
def test_the_first_round_is_done_within_a_minute_of_the_start(start: float, every: float, phase: float) -> None:
    assert start <= schedule.first(start, every, phase) <= start + 60


@given(moments, st.floats(min_value=0.5, max_value=86400), st.floats(min_value=0, max_value=86400 * 30))
def test_the_next_slot_lies_ahead_by_at_most_one_cadence(slot: float, every: float, late: float) -> None:
    now = slot + late
    upcoming = schedule.following(slot, every, now)
    assert now < upcoming <= now + every * (1 + 1e-6) + 1e-3


@pytest.mark.parametrize(("late", "expected"), [(0.0, 110.0), (9.9, 110.0), (10.0, 120.0), (35.0, 140.0)])
def test_missed_slots_are_not_made_up_and_the_grid_is_kept(late: float, expected: float) -> None:
    assert schedule.following(100.0, 10.0, 100.0 + late) == expected
