"""The envelope of what travels."""

import json

import pytest

from agent.events import event


def _event(data: bytes) -> bytes:
    return event(
        agent="abc", epoch="def", seq=7, source="sitewarden/x", kind="loss", time="2026-11-23T07:00:00Z", data=data
    )


def test_an_event_has_every_attribute_of_the_contract() -> None:
    assert json.loads(_event(b'{"from": 1}')) == {
        "specversion": "1.0",
        "id": "abc/def/7",
        "source": "sitewarden/x",
        "type": "sitewarden.loss.v1",
        "time": "2026-11-23T07:00:00Z",
        "datacontenttype": "application/json",
        "data": {"from": 1},
    }


def test_the_data_is_spliced_in_byte_by_byte() -> None:
    assert b'"data":{"n":1.50,  "s":"\xc3\xa9"}' in _event(b'{"n":1.50,  "s":"\xc3\xa9"}')


@pytest.mark.parametrize("data", [b"", b"{", b"{} {}", b'{"a":1}}', b"nan", b'{"a":"\xff"}', b'"\xff"'])
def test_what_is_not_one_json_value_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        _event(data)
