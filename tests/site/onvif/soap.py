"""Envelopes: reading what a client asks, saying an answer or a fault (SOAP 1.2, ONVIF Core section 5)."""

import datetime as dt
from typing import Final
from xml.sax.saxutils import escape

import msgspec
from lxml import etree

SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSA: Final = "http://www.w3.org/2005/08/addressing"
TDS: Final = "http://www.onvif.org/ver10/device/wsdl"
TRT: Final = "http://www.onvif.org/ver10/media/wsdl"
TR2: Final = "http://www.onvif.org/ver20/media/wsdl"
TIMG: Final = "http://www.onvif.org/ver20/imaging/wsdl"
TMD: Final = "http://www.onvif.org/ver10/deviceIO/wsdl"
TEV: Final = "http://www.onvif.org/ver10/events/wsdl"
WSNT: Final = "http://docs.oasis-open.org/wsn/b-2"
TT: Final = "http://www.onvif.org/ver10/schema"
TER: Final = "http://www.onvif.org/ver10/error"

_PREFIXES: Final = {
    "tds": TDS, "trt": TRT, "tr2": TR2, "timg": TIMG, "tmd": TMD, "tev": TEV, "tt": TT, "wsnt": WSNT, "wsa": WSA,
    "wstop": "http://docs.oasis-open.org/wsn/t-1", "tns1": "http://www.onvif.org/ver10/topics",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance", "xs": "http://www.w3.org/2001/XMLSchema",
}  # fmt: skip
_DECLARED: Final = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in _PREFIXES.items())


class SoapFault(Exception):
    """A refusal as SOAP says it: `code` is Sender or Receiver, `subcodes` the `ter:` words from outer to inner."""

    def __init__(self, *subcodes: str, code: str = "Sender", reason: str = "", status: int = 0) -> None:
        """Take the words; `status` is the HTTP status, by default 400 for Sender and 500 for Receiver."""
        super().__init__(reason or "/".join(subcodes))
        self.code = code
        self.subcodes = subcodes
        self.reason = str(self)
        self.status = status or (400 if code == "Sender" else 500)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as it was asked for: `body` is its element, `security` the WS-Security header if there is one."""

    namespace: str
    operation: str
    body: etree._Element
    security: etree._Element | None
    path: str = ""

    def text(self, name: str) -> str:
        """Return the text of the first descendant with that local name; empty where there is none."""
        found = next(self.body.iter(f"{{*}}{name}"), None)
        return "" if found is None or found.text is None else found.text.strip()


def read(body: bytes, *, path: str) -> Call:
    """Return the operation that the envelope asks for.

    Raises:
        SoapFault: it is no well-formed SOAP 1.2 envelope with one operation.
    """
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    except etree.XMLSyntaxError:
        raise SoapFault("ter:WellFormed") from None
    if root.tag != f"{{{SOAP12}}}Envelope":
        raise SoapFault("ter:WellFormed", reason="SOAP 1.2 is spoken here")
    asked = root.find(f"{{{SOAP12}}}Body/*")
    if asked is None:
        raise SoapFault("ter:WellFormed", reason="the body is empty")
    name = etree.QName(asked)
    return Call(
        namespace=name.namespace or "",
        operation=name.localname,
        body=asked,
        security=root.find(f"{{{SOAP12}}}Header/{{{WSSE}}}Security"),
        path=path,
    )


def envelope(body: str, *, header: str = "", soap11: bool = False) -> str:
    """Return the document around `body`; all prefixes of the house are declared, `ter` is not."""
    space = SOAP11 if soap11 else SOAP12
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="{space}"{_DECLARED}>'
        f"{head}<s:Body>{body}</s:Body></s:Envelope>"
    )


def fault(refusal: SoapFault, *, soap11: bool = False, bare_prefix: bool = False) -> str:
    """Return the body of a fault; with `bare_prefix` the prefix `ter` is declared nowhere."""
    declared = "" if bare_prefix else f' xmlns:ter="{TER}"'
    if soap11:
        word = {"Sender": "Client", "Receiver": "Server"}[refusal.code]
        return (
            f"<s:Fault{declared}><faultcode>s:{word}</faultcode><faultstring>{escape(refusal.reason)}</faultstring>"
            f"<detail>{' '.join(refusal.subcodes)}</detail></s:Fault>"
        )
    nested = ""
    for subcode in reversed(refusal.subcodes):
        nested = f"<s:Subcode><s:Value>{subcode}</s:Value>{nested}</s:Subcode>"
    return (
        f"<s:Fault{declared}><s:Code><s:Value>s:{refusal.code}</s:Value>{nested}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(refusal.reason)}</s:Text></s:Reason></s:Fault>'
    )


def stamp(unix: float, *, zoneless: bool = False) -> str:
    """Return an xs:dateTime in UTC, to the second; with `zoneless` the Z is left out."""
    return dt.datetime.fromtimestamp(unix, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S") + ("" if zoneless else "Z")


def flag(value: object) -> str:
    """Return an xs:boolean."""
    return "true" if value else "false"
