"""How an answer is spoilt, from decoy elements to an entity bomb: one function a stage, each obeying the switches."""

import gzip
import random
from typing import Final

from lxml import etree

from tests.site.onvif.quirks import Quirks
from tests.site.onvif.soap import envelope
from tests.site.wire import Reply

DECOY: Final = "decoy"
_FOREIGN: Final = "urn:x-vendor:extension"
_XML: Final = "application/soap+xml; charset=utf-8"
_LAUGHS: Final = 10
LOGIN_PAGE: Final = (
    b"<!DOCTYPE html><html><head><title>Login</title></head><body><form action=/login><input name=user>"
    b"<input type=password name=pw></form><br>&nbsp;Please log in<p>unclosed</body></html>"
)


def instead(quirks: Quirks) -> Reply | None:  # noqa: PLR0911  one return a switch
    """Return what is said in place of any answer, or None where the answer itself shall come."""
    if quirks.garbage:
        noise = random.Random(0).randbytes(2_000)  # noqa: S311  noise, no secret
        return Reply(raw=noise) if quirks.garbage == "line" else Reply(body=noise, headers={"Content-Type": _XML})
    if quirks.redirect:
        return Reply(status=307, headers={"Location": quirks.redirect})
    if quirks.html or quirks.status:
        return Reply(status=quirks.status or 200, body=LOGIN_PAGE, headers={"Content-Type": "text/html"})
    if quirks.empty:
        return Reply(headers={"Content-Type": _XML})
    if quirks.gzip_bomb:
        swollen = gzip.compress(b" " * quirks.gzip_bomb, compresslevel=9)
        return Reply(body=swollen, headers={"Content-Type": _XML, "Content-Encoding": "gzip"})
    if quirks.entity_bomb or quirks.external_entity:
        return Reply(body=_entities(quirks.external_entity).encode(), headers={"Content-Type": _XML})
    return None


def _entities(external: str) -> str:
    """Return a document whose model is an entity: another file's text, or three billion laughs."""
    if external:
        declared = f'<!ENTITY boom SYSTEM "{external}">'
    else:
        declared = '<!ENTITY l0 "lol">' + "".join(
            f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, _LAUGHS)
        )
        declared += f'<!ENTITY boom "&l{_LAUGHS - 1};">'
    inside = (
        "<tds:GetDeviceInformationResponse><tds:Manufacturer>ACME</tds:Manufacturer><tds:Model>&boom;</tds:Model>"
        "<tds:FirmwareVersion>1</tds:FirmwareVersion><tds:SerialNumber>1</tds:SerialNumber>"
        "<tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )
    head, _, rest = envelope(inside).partition("?>\n")
    return f"{head}?>\n<!DOCTYPE s:Envelope [{declared}]>{rest}"


def disturb(body: str, quirks: Quirks) -> str:
    """Return the inside of the SOAP body with decoys before the real elements, or in another order."""
    if not (quirks.vendor_extras or quirks.reorder):
        return body
    root = etree.fromstring(envelope(body).encode())
    response = next(root.iterchildren("{*}Body"))[0]
    for parent in [element for element in response.iter("*") if len(element)]:
        children = list(parent)
        if quirks.reorder:
            parent[:] = reversed(children)
        if quirks.vendor_extras:
            _plant(parent, [child for child in children if not len(child)])
    etree.cleanup_namespaces(response)
    return etree.tostring(response, encoding="unicode")


def _plant(parent: etree._Element, leaves: list[etree._Element]) -> None:
    """Put decoys of `leaves` first: in a foreign namespace beside them, and in their own one level deeper."""
    deeper = etree.Element(f"{{{_FOREIGN}}}Extension")
    for leaf in leaves:
        etree.SubElement(deeper, leaf.tag).text = DECOY
    decoys = [deeper] if leaves else []
    for leaf in leaves:
        decoy = etree.Element(f"{{{_FOREIGN}}}{etree.QName(leaf).localname}")
        decoy.text = DECOY
        decoys.append(decoy)
    parent[:0] = decoys


def smudge(document: str, quirks: Quirks) -> bytes:
    """Return the document's bytes: cut short, with NULs in them, or with Latin-1 where UTF-8 was promised."""
    said = document.encode()
    if quirks.invalid_utf8:
        said = _beside(said, b"</tds:Model>", " Caméra".encode("latin-1"))
    if quirks.nul_bytes == "inside":
        said = _beside(said, b"</tds:SerialNumber>", b"\0\0\0\0")
    if quirks.nul_bytes == "trailing":
        said += b"\0"
    if quirks.truncated:
        said = said[: said.rindex(b"</s:Body>") * 2 // 3 + len(said) // 3]
        said = said[: said.rindex(b"</")]
    return said


def _beside(said: bytes, mark: bytes, dirt: bytes) -> bytes:
    """Put the dirt before `mark`, and in answers that have no such element behind the last one."""
    mark = mark if mark in said else b"</s:Body>"
    at = said.index(mark)
    return said[:at] + dirt + said[at:]


def burden(reply: Reply, quirks: Quirks) -> Reply:
    """Let the line carry the answer slowly, swollen, or not to its end."""
    reply.delay_s += quirks.delay_s
    reply.drip_s = quirks.drip_s
    reply.cut_at = quirks.cut_at
    reply.filler += quirks.huge
    reply.declared = quirks.huge_declared or not quirks.huge
    return reply
