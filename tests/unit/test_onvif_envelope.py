"""Envelopes are what ONVIF's guide shows, and nothing that is filled in breaks out of them."""

import base64
import calendar

import pytest
from lxml import etree

from probes.onvif.documents import Request
from probes.onvif.envelope import content_type, security, wrap
from probes.probe import Login, Secret

REQUEST = Request(action="urn:act", namespace="urn:x", body='<x:Get xmlns:x="urn:x"><x:Token>{token}</x:Token></x:Get>')
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
NONCE = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
AT = calendar.timegm((2010, 9, 16, 7, 50, 45)) + 0.9


def test_the_digest_is_that_of_the_programmers_guide() -> None:
    # ONVIF Application Programmer's Guide, 6.1.1.3
    header = security(Login(username="user", secret=Secret("userpassword")), now=AT, nonce=NONCE)
    assert ">tuOSpGlFlIXsozq4HFNeeGeFLEI=<" in header
    assert "2010-09-16T07:50:45Z" in header
    assert "userpassword" not in header
    assert "PasswordText" not in header


@pytest.mark.parametrize("text", ["plain", "a&b", "<x/>", "]]>", '"', "'", "é€", "{token}"])
def test_a_gap_holds_any_text_and_nothing_else(text: str) -> None:
    login = Login(username=text, secret=Secret("s"))
    sent = etree.fromstring(wrap(REQUEST, header=security(login, now=0, nonce=b"n"), token=text))
    assert sent.findtext(".//{urn:x}Token") == text
    assert sent.findtext(f".//{WSSE}Username") == text
    assert [etree.QName(child).localname for child in sent] == ["Header", "Body"]


def test_without_a_login_there_is_no_header() -> None:
    sent = etree.fromstring(wrap(REQUEST, token="t"))
    assert [etree.QName(child).localname for child in sent] == ["Body"]
    assert content_type(REQUEST) == 'application/soap+xml; charset=utf-8; action="urn:act"'
