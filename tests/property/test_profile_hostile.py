"""Whatever a device answers to what a profile asks, the profile makes facts of it or nothing, and never fails."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.model import Observation
from probes.profile import Answers, Raw, shipped
from probes.profile.facts import FACTS

RAW: st.SearchStrategy[Raw] = st.one_of(
    st.integers(min_value=-(2**63), max_value=2**64),
    st.sampled_from([0, 1, 2, 3, 2147483647, 4294967295]),
    st.floats(),
    st.sampled_from([1e308, -1e308]),
    st.binary(max_size=40),
    st.sampled_from([b"15 PERCENT", b"N/A", b"", b"1e99999", b"\xff\xfe", "0.0", "1.3.6.1.4.1", "\u0663"]),
)
INDEXES = ["1", "2", "1.1", "3.97.98", "0"]


def sound(seen: Observation) -> bool:
    """Tell whether an observation is what its name promises."""
    known, value = FACTS[seen.name], seen.value
    if known.kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if known.kind == "flag":
        return isinstance(value, bool)
    return isinstance(value, str) and value != "" and (not known.words or value in known.words)


@pytest.mark.parametrize("name", list(shipped()))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_hostile_answers_yield_sound_facts_or_none(name: str, data: st.DataObject) -> None:
    profile = shipped().profile(name)
    plan = profile.wanted()
    pool = data.draw(st.lists(RAW, min_size=7, max_size=7))
    drawn = iter(range(10**9))

    def one() -> Raw:
        return pool[next(drawn) % len(pool)]

    scalars: dict[str, Raw] = {oid: one() for oid in plan.scalars}
    columns: dict[str, dict[str, Raw]] = {oid: {index: one() for index in INDEXES} for oid in plan.columns}
    seen = list(profile.observe(Answers(scalars=scalars, columns=columns)))
    assert [one for one in seen if not sound(one)] == []
    assert len({(one.name, one.subject) for one in seen}) == len(seen)
