"""Whatever bytes come, the reader returns or raises one of ours; whatever a vendor adds, the real elements stand."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from probes.errors import ProbeError
from probes.net.digest import challenges, strongest
from probes.onvif import moment, reader, services
from probes.onvif.identity import scoped

HEAD = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body><tds:XResponse>'
)
TAIL = "</tds:XResponse></s:Body></s:Envelope>"
NAMES = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
REAL = [f"<tds:{name}>real {name}</tds:{name}>" for name in NAMES]
FOREIGN = [
    f"<v:{name} xmlns:v='urn:{space}'>decoy</v:{name}>" for name in (*NAMES, "Other") for space in ("a", "b:c")
] + [f"<tds:Extension><tds:{name}>decoy</tds:{name}></tds:Extension>" for name in NAMES]
PIECES = [
    "<s:Fault>",
    "</s:Fault>",
    "<s:Code>",
    "<ter:NotAuthorized/>",
    "<tds:Model>",
    "</tds:Model>",
    "&",
    "&#0;",
    "&amp;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x",
    "?>",
    "\x00",
    "\ud7ff",
    "é",
    "<a b='",
    "'>",
    "/>",
    "xmlns:ter='urn:x'",
    HEAD,
    TAIL,
    "<tt:UTCDateTime>",
    "<tt:Time><tt:Hour>99</tt:Hour></tt:Time>",
    "<tds:SystemDateAndTime>",
    "<!doctype",
    "<tds:Scopes>",
]
SOUP = (
    st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30)
    .map("".join)
    .map(lambda text: text.encode("utf-8", "replace"))
)


def read_all(body: bytes) -> None:
    with contextlib.suppress(ProbeError):
        node = reader.answer(body, "devicemgmt.X")
        scoped(node)
        services.from_services(node)
        services.from_capabilities(node)
        moment.read(node)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused_by_one_of_ours(body: bytes) -> None:
    read_all(body)


@given(SOUP, st.booleans())
def test_any_soup_of_tags_is_read_or_refused_by_one_of_ours(body: bytes, wrapped: bool) -> None:  # noqa: FBT001
    read_all(HEAD.encode() + body + TAIL.encode() if wrapped else body)


@given(st.integers(min_value=0, max_value=600), st.binary(max_size=3))
def test_a_damaged_answer_is_read_or_refused_by_one_of_ours(at: int, dirt: bytes) -> None:
    whole = (HEAD + "".join(REAL) + TAIL).encode()
    read_all(whole[:at] + dirt + whole[at + len(dirt) :])


@settings(max_examples=200)
@given(st.permutations(REAL), st.lists(st.tuples(st.sampled_from(FOREIGN), st.integers(0, 20)), max_size=20))
def test_order_and_foreign_extras_change_nothing(real: list[str], extras: list[tuple[str, int]]) -> None:
    inside = list(real)
    for extra, at in extras:
        inside.insert(at, extra)
    node = reader.answer((HEAD + "".join(inside) + TAIL).encode(), "devicemgmt.X")
    assert {name: node.text(name) for name in NAMES} == {name: f"real {name}" for name in NAMES}


@given(st.text(alphabet='Digest realmnoce=",\\ \t/x', max_size=200))
def test_any_challenge_is_read(header: str) -> None:
    found = strongest(challenges([header]))
    assert found is None or "nonce" in found.params


@given(st.text(max_size=80))
def test_an_address_gives_a_path_or_nothing(address: str) -> None:
    path = services.pinned(address)
    assert path is None or path.startswith("/")
