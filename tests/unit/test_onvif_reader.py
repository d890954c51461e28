"""Answers are read by local name at the schema's place; what devices are known to get wrong is forgiven, no more."""

import pytest

from probes.errors import Malformed, ProbeError, Refused, Unsupported
from probes.onvif import reader, services
from probes.onvif.identity import scoped
from probes.onvif.reader import NotAuthorized

CALL = "devicemgmt.GetDeviceInformation"
HEAD = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:v="urn:vendor"><s:Body>'
)
TAIL = "</s:Body></s:Envelope>"
MODEL = "<tds:Model>M1</tds:Model>"


def information(inside: str) -> bytes:
    return f"{HEAD}<tds:GetDeviceInformationResponse>{inside}</tds:GetDeviceInformationResponse>{TAIL}".encode()


def model(body: bytes) -> str | None:
    return reader.answer(body, CALL).text("Model")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (MODEL, "M1"),
        (f"<v:Model>decoy</v:Model>{MODEL}", "M1"),
        (f"<tds:Extension><tds:Model>decoy</tds:Model></tds:Extension>{MODEL}", "M1"),
        (f"<tt:Model>decoy</tt:Model>{MODEL}", "M1"),
        (f'<Model xmlns="">decoy</Model>{MODEL}', "M1"),
        (f"{MODEL}<tds:Model>second</tds:Model>", "M1"),
        ("<tt:Model>wrong space</tt:Model>", "wrong space"),
        ('<Model xmlns="">no space</Model>', "no space"),
        ("<nobody:Model>undeclared</nobody:Model>", "undeclared"),
        ("<v:Model>decoy</v:Model>", None),
        ("<tds:Extension><tds:Model>decoy</tds:Model></tds:Extension>", None),
        ("", None),
        ("<tds:Model/>", None),
        ("<tds:Model>  \n </tds:Model>", None),
        ("<tds:Model>  a  b\n</tds:Model>", "a  b"),
        ("<tds:Model><!-- x -->a<?pi y?>b</tds:Model>", "ab"),
        ("<tds:Model><![CDATA[a & b]]></tds:Model>", "a & b"),
        ("<tds:Model>a & b</tds:Model>", "a & b"),
        ("<tds:Model>a&nbsp;b</tds:Model>", "a&nbsp;b"),
        ("<tds:Model>a\x1b[31mb\x00</tds:Model>", "a[31mb"),
        ("<tds:Model>a\x85b</tds:Model>", "a b"),
        ("<tds:Model>é漢</tds:Model>", "é漢"),
        (f"<tds:Model>{'x' * 5000}</tds:Model>", "x" * reader.LONGEST),
    ],
)
def test_the_real_element_is_read_and_no_other(inside: str, expected: str | None) -> None:
    assert model(information(inside)) == expected


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0" encoding="UTF-8"?>' + information(MODEL),
        b"\xef\xbb\xbf" + information(MODEL),
        b"\r\n  " + information(MODEL),
        b'\r\n<?xml version="1.0"?>' + information(MODEL),
        information(MODEL) + b"\x00\x00",
        information(MODEL) + b"\r\n\r\n",
        information(MODEL).replace(
            b"http://www.w3.org/2003/05/soap-envelope", b"http://schemas.xmlsoap.org/soap/envelope/"
        ),
        information(MODEL).replace(b"s:Body", b"soap:Body"),
        b'<?xml version="1.0" encoding="UTF-16"?>' + information(MODEL),
        information(MODEL).decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="GB2312"?>' + information(MODEL),
        b'<?xml version="1.0" encoding="x-nobody-knows"?>' + information(MODEL),
    ],
)
def test_odd_wrappings_are_forgiven(body: bytes) -> None:
    assert model(body) == "M1"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("iso-8859-1", "Caméra"), ("gb2312", "摄像机"), ("windows-1252", "50 €"), ("utf-8", "Caméra")],
)
def test_a_declared_encoding_is_followed(encoding: str, text: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    assert model(declared + information(f"<tds:Model>{text}</tds:Model>").decode().encode(encoding)) == text


def test_latin_1_in_what_is_declared_utf_8_costs_one_letter_only() -> None:
    assert model(information("<tds:Model>Cam\u00e9ra</tds:Model>").decode().encode("latin-1")) == "Cam\ufffdra"


BOMB = '<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"", "answer.empty"),
        (b" \r\n\x00", "answer.empty"),
        ((HEAD + TAIL).encode(), "answer.empty"),
        (b"<!DOCTYPE html><html><body>Log in", "answer.html"),
        (b"\r\n<HTML><BODY>", "answer.html"),
        ((BOMB + HEAD).encode() + b"&b;", "answer.doctype"),
        ((BOMB + information("<tds:Model>&b;</tds:Model>").decode()).encode("utf-16"), "answer.doctype"),
        (information(MODEL)[:-1], "answer.truncated"),
        (information(MODEL)[:-20], "answer.truncated"),
        (information(MODEL)[:200], "answer.truncated"),
        (information(MODEL) + information(MODEL), "answer.not_xml"),
        (b'{"error": 1}', "answer.not_xml"),
        (bytes(range(256)) * 8, "answer.not_xml"),
        (b"<a></b>", "answer.not_xml"),
        (b"<a/>", "answer.other"),
        (f"{HEAD}<tds:GetScopesResponse/>{TAIL}".encode(), "answer.other"),
        (b"<a/>" * (reader.ELEMENTS * 2 + 1), "answer.too_many_elements"),
    ],
)
def test_what_is_no_answer_is_malformed_and_says_why(body: bytes, key: str) -> None:
    with pytest.raises(Malformed) as caught:
        reader.answer(body, CALL)
    assert caught.value.phrase.key == key


def test_a_truncated_answer_is_never_half_an_answer() -> None:
    whole = information(f"<tds:Manufacturer>V</tds:Manufacturer>{MODEL}")
    for end in range(len(whole)):
        with pytest.raises(Malformed):
            reader.answer(whole[:end], CALL)


def fault12(*codes: str, reason: str = "no") -> str:
    nested = ""
    for code in reversed(codes):
        nested = f"<s:Subcode><s:Value>{code}</s:Value>{nested}</s:Subcode>"
    return (
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value>{nested}</s:Code>"
        f"<s:Reason><s:Text xml:lang='en'>{reason}</s:Text></s:Reason></s:Fault>"
    )


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (fault12("ter:NotAuthorized"), NotAuthorized),
        (fault12("ter:NotAuthorized").replace("s:Fault", "env:Fault"), NotAuthorized),
        (fault12("ter:Action", "ter:NotAuthorized"), NotAuthorized),
        (fault12("wsse:FailedAuthentication"), NotAuthorized),
        (fault12(reason="Sender not Authorized"), NotAuthorized),
        (fault12("ter:NotAuthorized").replace("ter:NotAuthorized", "<ter:NotAuthorized/>"), NotAuthorized),
        ("<s:Fault><faultcode>ter:NotAuthorized</faultcode><faultstring>x</faultstring></s:Fault>", NotAuthorized),
        ("<s:Fault><faultcode>s:Client</faultcode><faultstring>Unauthorized</faultstring></s:Fault>", NotAuthorized),
        (fault12("ter:ActionNotSupported"), Unsupported),
        (fault12("ter:ActionNotSupported", "ter:NoSuchService"), Unsupported),
        (fault12(reason="Optional Action Not Implemented"), Unsupported),
        (fault12("ter:InvalidArgVal", "ter:NoProfile"), Refused),
        ("<s:Fault/>", Refused),
    ],
)
def test_a_fault_is_known_by_its_local_names(fault: str, kind: type[ProbeError]) -> None:
    with pytest.raises(ProbeError) as caught:
        reader.answer(f"{HEAD}{fault}{TAIL}".encode(), CALL)
    assert type(caught.value) is kind


def test_a_fault_that_blames_the_time_is_no_bad_password() -> None:
    with pytest.raises(NotAuthorized) as caught:
        reader.answer(f"{HEAD}{fault12('wsse:MessageExpired')}{TAIL}".encode(), CALL)
    assert caught.value.expired


def test_a_fault_cannot_write_into_our_sentence() -> None:
    with pytest.raises(Refused) as caught:
        reader.answer(f"{HEAD}{fault12('ter:x{call}!')}{TAIL}".encode(), CALL)
    assert str(caught.value) == f"the device answers {CALL} with the fault xcall"


def scopes(*items: str) -> reader.Node:
    told = "".join(f"<tds:Scopes><tt:ScopeItem>{item}</tt:ScopeItem></tds:Scopes>" for item in items)
    body = f"{HEAD}<tds:GetScopesResponse>{told}</tds:GetScopesResponse>{TAIL}"
    return reader.answer(body.encode(), "devicemgmt.GetScopes")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (("name/Hall%20Nord",), {"device.name": "Hall Nord"}),
        (
            ("name/A", "name/B", "location/city/Lyon", "location/hall"),
            {"device.name": "A", "device.location": "city/Lyon, hall"},
        ),
        (("name/", "location/%20", "type/x"), {}),
        (("name/%00%1b[2J",), {}),
    ],
)
def test_name_and_location_come_from_the_scopes(items: tuple[str, ...], expected: dict[str, str]) -> None:
    assert scoped(scopes(*(f"onvif://www.onvif.org/{item}" for item in items))) == expected


def test_a_scope_of_another_party_is_none_of_ours() -> None:
    assert scoped(scopes("onvif://vendor.example/name/X")) == {}


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://192.168.1.64/onvif/Media", "/onvif/Media"),
        ("https://evil.example:8443/onvif/Media?a=b", "/onvif/Media?a=b"),
        ("http://user:pw@evil.example/x", "/x"),
        ("/onvif/Media", "/onvif/Media"),
        ("http://[::1/x", None),
        ("http://host", None),
        ("ftp://host/x", None),
        ("javascript:alert(1)", None),
        ("", None),
        (None, None),
        ("http://h/" + "x" * 600, None),
    ],
)
def test_of_an_address_only_the_path_is_kept(address: str | None, path: str | None) -> None:
    assert services.pinned(address) == path


def test_a_recorder_is_found_where_an_old_device_tells_it_under_extension() -> None:
    inside = (
        "<tds:Capabilities><tt:Media><tt:XAddr>http://x/m</tt:XAddr></tt:Media><tt:Extension><tt:Recording>"
        "<tt:XAddr>http://x/r</tt:XAddr></tt:Recording></tt:Extension></tds:Capabilities>"
    )
    body = f"{HEAD}<tds:GetCapabilitiesResponse>{inside}</tds:GetCapabilitiesResponse>{TAIL}"
    found = services.from_capabilities(reader.answer(body.encode(), "devicemgmt.GetCapabilities"))
    assert found == {"http://www.onvif.org/ver10/media/wsdl": "/m", "http://www.onvif.org/ver10/recording/wsdl": "/r"}
