"""What is made of an SNMP device's answers about itself, and of values that are not what they should be."""

import os
from pathlib import Path

import pytest

from probes.errors import Unsupported
from probes.model import Observation
from probes.snmp.identity import PROBE, chassis_of, extract
from probes.snmp.values import dotted, text, whole
from tests.site.snmp import SnmpAgent
from tests.site.snmp_target import target

CORPUS = Path(os.environ.get("SITEWARDEN_CORPUS", "../shared/corpus")) / "snmp"
ENTRY = "1.3.6.1.2.1.47.1.1.1.1"
SYSTEM = """
1.3.6.1.2.1.1.1.0|4|Hikvision company products
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.50001
1.3.6.1.2.1.1.3.0|67|12345
1.3.6.1.2.1.1.5.0|4x|4e5652000000
1.3.6.1.2.1.1.6.0|4x|e174616765
"""
CAMERA = """
1.3.6.1.4.1.39165.1.1.0|4|DS-2CD2185FWD-I
1.3.6.1.4.1.39165.1.3.0|4|V5.5.3 build 171025
"""
RECORDER = SYSTEM + "1.3.6.1.4.1.50001.1.3.0|4|0820160719AARR624053979WCVU"
STACK = """
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.1208
1.3.6.1.2.1.47.1.1.1.1.5.1|2|11
1.3.6.1.2.1.47.1.1.1.1.5.10|2|3
1.3.6.1.2.1.47.1.1.1.1.5.9|2|3
1.3.6.1.2.1.47.1.1.1.1.9.9|4|12.2(55r)SE
1.3.6.1.2.1.47.1.1.1.1.10.9|4|15.0(2)SE
1.3.6.1.2.1.47.1.1.1.1.11.9|4|FOC1
1.3.6.1.2.1.47.1.1.1.1.11.10|4|FOC2
1.3.6.1.2.1.47.1.1.1.1.12.9|4|cisco
1.3.6.1.2.1.47.1.1.1.1.13.9|4|WS-C2960S-48LPS-L
"""


async def identity(walk: str) -> dict[str, object]:
    noted: list[Observation] = []
    async with SnmpAgent(walk=walk) as agent:
        await PROBE.observe(target(agent.port), noted.append)
    assert {fact.name for fact in noted} <= set(PROBE.notes)
    assert len({fact.name for fact in noted}) == len(noted)
    return {fact.name.removeprefix("device."): fact.value for fact in noted}


async def test_a_hikvision_camera_that_has_no_system_group_tells_who_it_is() -> None:
    assert await identity(CAMERA) == {
        "vendor": "Hikvision",
        "model": "DS-2CD2185FWD-I",
        "firmware": "V5.5.3 build 171025",
    }


async def test_a_hikvision_recorder_tells_its_serial_name_and_place() -> None:
    assert await identity(RECORDER) == {
        "vendor": "Hikvision",
        "serial": "0820160719AARR624053979WCVU",
        "name": "NVR",
        "location": "\u00e1tage",
        "uptime": 123.45,
    }


async def test_a_stack_is_who_its_first_chassis_is() -> None:
    assert await identity(STACK) == {
        "vendor": "cisco",
        "model": "WS-C2960S-48LPS-L",
        "firmware": "15.0(2)SE",
        "serial": "FOC1",
    }


async def test_a_device_that_says_nothing_of_itself_is_unsupported_rather_than_nameless() -> None:
    with pytest.raises(Unsupported):
        await identity("1.3.6.1.2.1.2.1.0|2|4")


def test_uptime_of_the_wrong_type_is_left_out() -> None:
    assert list(extract({"1.3.6.1.2.1.1.3.0": b"an hour"}, {})) == []


@pytest.mark.parametrize(
    ("classes", "index"),
    [({}, None), ({"1": 9}, None), ({"10": 3, "9": 3}, "9"), ({"1.2": 3, "1": 3}, "1"), ({"1": b"3"}, "1")],
)
def test_the_first_chassis_by_number_counts(classes: dict[str, int | bytes], index: str | None) -> None:
    assert chassis_of(classes) == index


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (b"", None),
        (b" \x00\x00", None),
        (b"IPC\x00\x00\x00", "IPC"),
        (b"a\r\nb\tc", "a b c"),
        ("\u00e9tage".encode(), "\u00e9tage"),
        (b"\xe9tage", "\u00e9tage"),
        (b"\x1b[31mred", "[31mred"),
        (7, "7"),
    ],
)
def test_text_is_read_tolerantly(value: int | bytes | None, written: str | None) -> None:
    assert text(value) == written


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, None), (5, 5), (b"15 PERCENT", 15), (b" -3", -3), (b"PERCENT", None), ("1.3.6", None), (b"9" * 400, None)],
)
def test_numbers_are_read_out_of_texts(value: int | bytes | str | None, number: int | None) -> None:
    assert whole(value) == number


def test_only_oids_and_addresses_are_dotted() -> None:
    assert dotted("1.3.6") == "1.3.6"
    assert dotted(b"1.3.6") is None


@pytest.mark.parametrize("name", ["hikvision-cam", "hikvision-nvr", "comware", "apc_ap8853", "aos6"])
async def test_a_recorded_device_tells_something_of_itself(name: str) -> None:
    recording = CORPUS / f"{name}.snmprec"
    if not recording.exists():
        pytest.skip("the corpus is not here (SITEWARDEN_CORPUS)")
    assert await identity(recording.read_text(errors="surrogateescape"))
