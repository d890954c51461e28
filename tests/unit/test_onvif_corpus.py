"""What a real camera answered is read without loss (captures of a Bosch camera; skipped where they are absent)."""

import calendar
import os
from pathlib import Path

import pytest
from lxml import etree

from probes.onvif import moment, reader, services
from probes.onvif.reader import Node

CORPUS = Path(os.environ.get("SITEWARDEN_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
BOSCH = CORPUS / "onvif" / "bosch-flexidome-5100i"
CAPTURES = [BOSCH / f"capture_{number:03}_response.xml" for number in range(1, 19)]

pytestmark = pytest.mark.skipif(not BOSCH.is_dir(), reason=f"no captures in {BOSCH}")


def leaves(node: Node, element: etree._Element) -> int:
    """Walk reader and document side by side; every text and attribute must come out as it stands."""
    seen = 0
    turns: dict[str, int] = {}
    for child in element:
        name = etree.QName(child).localname
        turn = turns[name] = turns.get(name, -1) + 1
        found = node.every(name)[turn]
        assert found.value == ((child.text or "").strip() or None)
        for key, told in child.attrib.items():
            assert found.attribute(str(key)) == str(told).strip()
        seen += 1 + leaves(found, child)
    return seen


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_every_element_and_attribute_is_read(capture: Path) -> None:
    body = capture.read_bytes()
    told = etree.fromstring(body)[0][0]
    name = etree.QName(told).localname.removesuffix("Response")
    assert leaves(reader.answer(body, f"bosch.{name}"), told) == sum(1 for _ in told.iterdescendants()) > 0


def test_its_identity_is_as_it_tells_it() -> None:
    told = reader.answer(CAPTURES[0].read_bytes(), "devicemgmt.GetDeviceInformation")
    assert told.text("Manufacturer") == "Bosch"
    assert told.text("Model") == "FLEXIDOME indoor 5100i IR"
    assert told.text("FirmwareVersion") == "8.71.0066"
    assert told.text("SerialNumber") == "404754734001050102"


def test_its_clock_is_read_from_utc() -> None:
    read = moment.read(reader.answer(CAPTURES[1].read_bytes(), "devicemgmt.GetSystemDateAndTime"))
    assert read.utc == calendar.timegm((2023, 5, 24, 21, 25, 5))
    assert read.zone == "UTC5:0"


def test_its_services_are_paths() -> None:
    told = services.from_capabilities(reader.answer(CAPTURES[2].read_bytes(), "devicemgmt.GetCapabilities"))
    assert told["http://www.onvif.org/ver10/media/wsdl"].startswith("/onvif/")
    assert not any("192.168" in path for path in told.values())
