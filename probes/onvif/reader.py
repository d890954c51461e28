"""What a device answers, read by local name at the schema's place among the children, as hostile as it may be."""

import re
from typing import Final

from lxml import etree

from probes.errors import Malformed, ProbeError, Refused, Unsupported

ELEMENTS: Final = 200_000  # tags of an answer; 128 media profiles have some 50,000
LONGEST: Final = 1024  # characters of a value
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_OURS: Final = "http://www.onvif.org/"
_PLAIN: Final = ("", "utf-8", "utf8", "us-ascii", "ascii")
#: Beside Unicode, what cameras are known or likely to speak; all hold ASCII as ASCII, so nothing hides from our look.
_ENCODINGS: Final = re.compile(r"(iso-8859-\d+|windows-125\d|latin-?1|gb2312|gbk|gb18030|big5|shift_jis|euc-(jp|kr))")
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]{0,400}\?>")
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_BARE: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_UNPRINTED: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,12}")
_CUT: Final = ("ERR_TAG_NOT_FINISHED", "ERR_GT_REQUIRED", "ERR_LTSLASH_REQUIRED")
_UNAUTHORIZED: Final = re.compile(
    r"not\W?authori[sz]ed|unauthori[sz]ed|failed\W?authentication|authentication fail|failedcheck|invalidsecurity",
    re.IGNORECASE,
)
_EXPIRED: Final = re.compile(r"message\W?expired|timestamp|out of date", re.IGNORECASE)
_LACKING: Final = re.compile(
    r"actionnotsupported|optionalactionnotimplemented|nosuchservice|not\W?implemented|not\W?supported", re.IGNORECASE
)


class NotAuthorized(Refused):
    """The fault NotAuthorized, or a 401: for one call or for the login, which only the session can tell.

    `expired`: the fault blames the time of the request, not the password. `status` is HTTP's, 0 where unknown.
    """

    expired = False
    status = 0


class Node:
    """One element of an answer. What is missing is None, never an empty text."""

    __slots__ = ("_element", "_spaces")

    def __init__(self, element: etree._Element) -> None:
        """Look at `element`."""
        self._element = element
        self._spaces = (_space(element), _SCHEMA)  # of its children, the likeliest first

    @property
    def name(self) -> str:
        """The local name."""
        return _local(self._element)

    @property
    def value(self) -> str | None:
        """The element's own text, trimmed, without control characters; None where there is none."""
        return _clean(self._element.text)

    def attribute(self, name: str) -> str | None:
        """Return an attribute's text, trimmed, or None."""
        return _clean(self._element.get(name))

    def every(self, name: str) -> list["Node"]:
        """Return the children of that name; of those in other namespaces, only where none is in the schema's.

        In order: the parent's namespace, ONVIF's common schema, another of ONVIF's, none or an undeclared prefix. A
        vendor's own namespace never counts.
        """
        for space in self._spaces:
            if found := list(self._element.iterchildren(f"{{{space}}}{name}")):
                return [Node(child) for child in found]
        others = [(_space(child), child) for child in self._element.iterchildren(f"{{*}}{name}")]
        ours = [Node(child) for space, child in others if space.startswith(_OURS)]
        return ours or [Node(child) for space, child in others if not space]

    def child(self, *names: str) -> "Node | None":
        """Return the first child of that name; several names go down level by level."""
        node: Node | None = self
        for name in names:
            found = node.every(name) if node else []
            node = found[0] if found else None
        return node

    def text(self, *names: str) -> str | None:
        """Return the value of `child(*names)`, or None."""
        node = self.child(*names)
        return node.value if node else None

    def number(self, *names: str) -> int | None:
        """Return a whole number, or None where it is missing or none."""
        text = self.text(*names)
        return int(text) if text and _WHOLE.fullmatch(text) else None


def _clean(text: str | None) -> str | None:
    """Return text trimmed, cut to `LONGEST`, control characters as blanks; None where nothing is left."""
    if not text:
        return None
    return (text if text.isprintable() else _UNPRINTED.sub(" ", text)).strip()[:LONGEST].rstrip() or None


def _space(element: etree._Element) -> str:
    """Return the namespace, empty where there is none."""
    return str(element.tag).rpartition("}")[0][1:]


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def answer(body: bytes, call: str) -> Node:
    """Return the answer to `call` (`devicemgmt.GetScopes`): the element GetScopesResponse in the envelope's body.

    SOAP 1.1 and 1.2 both do; devices mix them up.

    Raises:
        NotAuthorized, Unsupported, Refused: the device answers with a fault.
        Malformed: empty, cut short, not XML, hostile, or the answer to something else.
    """
    root = _parse(body)
    if _local(root) != "Envelope":
        raise Malformed("answer.other", call=call)
    content = next(root.iterchildren("{*}Body"), None)
    told = None if content is None else next(content.iterchildren(), None)
    if told is None:
        raise Malformed("answer.empty")
    name = _local(told)
    if name == "Fault":
        raise _fault(told, call)
    if name != f"{call.rpartition('.')[2]}Response":
        raise Malformed("answer.other", call=call)
    return Node(told)


def _fault(fault: etree._Element, call: str) -> ProbeError:
    """Return our exception for a fault, by the local names of its codes and its reason (ONVIF Core, 5.8.2.2)."""
    codes, reasons = [], []
    for element in fault.iter():
        text = (element.text or "").strip()
        match _local(element):
            case "Value" | "faultcode" if text:
                codes.append(text.rpartition(":")[2])
            case "Text" | "faultstring" if text:
                reasons.append(text)
            case local if not text and len(element) == 0:
                codes.append(local)  # some name the code by an empty element
    said = " ".join([*codes, *reasons])[:LONGEST]
    if _EXPIRED.search(said) or _UNAUTHORIZED.search(said):
        refused = NotAuthorized("answer.call_refused", call=call)
        refused.expired = bool(_EXPIRED.search(said))
        return refused
    if _LACKING.search(said):
        return Unsupported("answer.call_unsupported", call=call)
    code = re.sub(r"[^A-Za-z0-9]", "", codes[-1] if codes else "")[:64]
    return Refused("answer.soap_fault", call=call, code=code or "?")


def _parse(body: bytes) -> etree._Element:
    if not body.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise Malformed("answer.empty")
    head = body[:1024].lower()
    if b"<html" in head or b"<!doctype html" in head:
        raise Malformed("answer.html")
    if body.count(b"<") > ELEMENTS * 2:
        raise Malformed("answer.too_many_elements", limit=ELEMENTS)
    if b"<!DOCTYPE" in body:
        raise Malformed("answer.doctype")
    found = _DECLARED.search(body[:300])
    encoding = found[1].decode().lower() if found else ""
    if encoding in _PLAIN and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return etree.fromstring(body, _parser(recover=False))
        except etree.XMLSyntaxError:
            pass  # and once more, forgiving what devices are known to do
    return _forgiving(_text(body, encoding))


def _parser(*, recover: bool) -> etree.XMLParser:
    # Given the encoding, libxml2 does not look at the declaration: what we searched is what it reads.
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _text(body: bytes, encoding: str) -> str:
    """Return the answer as text: as its byte order mark says, as it declares where we know that, else UTF-8."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    return body.decode(encoding if _ENCODINGS.fullmatch(encoding) else "utf-8", "replace")


def _forgiving(text: str) -> etree._Element:
    """Parse again without NUL bytes, wrong characters and bare ampersands, forgiving undeclared prefixes alone."""
    cleaned = _BARE.sub("&amp;", _DECLARATION.sub("", _ILLEGAL.sub("", text).lstrip("\ufeff \t\r\n"))).strip()
    if "<!DOCTYPE" in cleaned:
        raise Malformed("answer.doctype")
    parser = _parser(recover=True)
    try:
        root = etree.fromstring(cleaned.encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    # Namespace errors are the only ones that we live with.
    bad = [entry.type_name for entry in parser.error_log if entry.level_name == "FATAL"]
    if root is not None and not bad:
        for element in root.iter():
            if ":" in str(element.tag) and not _space(element):
                element.tag = str(element.tag).rpartition(":")[2]  # a prefix that nobody declared is no namespace
        return root
    raise Malformed("answer.truncated" if bad and bad[0] in _CUT else "answer.not_xml")
