"""Whatever is written as an ADDRESS: one kind of error, and no secret in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.address import Bad, parse, schemes

KNOWN = schemes({"onvif", "snmp", "http", "isapi", "rtsp"})
SCHEMES = st.sampled_from(KNOWN)
#: Letters that stand in no sentence of ours in this case and order, with all that may upset a parser in between.
PIECES = st.text(st.sampled_from("QZXJ07:/?#@&=%[].-_ \x00é"), max_size=12)
SECRETS = st.builds(lambda before, after: f"{before}QzXj{after}", PIECES, PIECES)


@given(st.one_of(st.text(max_size=80), st.builds(lambda scheme, rest: f"{scheme}://{rest}", SCHEMES, st.text())))
def test_anything_is_an_address_or_bad_and_nothing_else(text: str) -> None:
    try:
        address = parse(text, known=KNOWN)
    except Bad:
        return
    assert address.device.protocols == (address.protocol,)
    assert 1 <= address.device.port(address.protocol) <= 65_535


@given(SCHEMES, SECRETS)
def test_a_password_in_an_address_is_refused_and_never_repeated(scheme: str, secret: str) -> None:
    for text in (f"{scheme}://admin:{secret}@192.0.2.7", f"{scheme}://192.0.2.7?password={secret}"):
        with pytest.raises(Bad) as bad:
            parse(text, known=KNOWN)
        assert "QzXj" not in str(bad.value)
        assert "QzXj" not in repr(bad.value.phrase)
