"""Requests as the official service descriptions have them: zeep builds each once, from onvif-zeep-async's WSDLs.

Parsing a description costs a quarter of a second and 20 MB with its library. So the requests of `calls.py` travel with
us, serialised, in requests.json; `python -m probes.onvif.documents` writes it. It holds for the version it was made
from: beside another one, and for calls that are not in it, zeep builds the request then and there, off the loop.
"""

import asyncio
import importlib.metadata
import importlib.util
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec

from probes.errors import Unsupported
from probes.onvif.calls import CALLS, Call

SOURCE: Final = "onvif-zeep-async"
SHIPPED: Final = "requests.json"
_REMEMBERED: Final = 256  # requests; more are built again rather than kept


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A serialised call: its SOAP action, the service's namespace, and the body's one element with its gaps."""

    action: str
    namespace: str
    body: str


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """What requests.json holds: the requests by the name of their call, and the version they were made from."""

    version: str
    requests: dict[str, Request]


def descriptions() -> Path:
    """Return the folder of WSDLs that onvif-zeep-async ships, found without importing it.

    Importing it would configure the root logger and take the proxy variables out of the environment.
    """
    found = importlib.util.find_spec("onvif")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "wsdl"


def build(service: str, calls: Iterable[Call]) -> dict[str, Request]:
    """Parse one description and serialise `calls` of it. Takes long: not for the event loop.

    Raises:
        Unsupported: the description, or a call in it, does not exist or takes other arguments.
    """
    from lxml import etree  # noqa: PLC0415  only this function and the reader need it
    from zeep.exceptions import Error  # noqa: PLC0415  a quarter of a second that most runs never spend
    from zeep.settings import Settings  # noqa: PLC0415
    from zeep.transports import Transport  # noqa: PLC0415
    from zeep.wsdl import Document  # noqa: PLC0415

    path = descriptions() / f"{service}.wsdl"
    if not path.is_file():
        raise Unsupported("answer.call_unknown", call=service)
    transport: Any = Transport()  # type: ignore[no-untyped-call]  # zeep's, for files of ours alone
    document = Document(str(path), transport, settings=Settings(strict=False))
    built = {}
    for call in calls:
        try:
            operation = _operation(document, call)
            envelope = operation.create(**call.arguments).content
        except (Error, LookupError, TypeError, ValueError):
            raise Unsupported("answer.call_unknown", call=call.name) from None
        body = envelope.find("{*}Body")
        element = body[0]
        body.remove(element)  # and so from the envelope's declarations
        built[call.name] = Request(
            action=operation.soapaction,
            namespace=etree.QName(element).namespace or "",
            body=etree.tostring(element, encoding="unicode", with_tail=False),
        )
    return built


def _operation(document: Any, call: Call) -> Any:
    """Return the call's operation, from whichever binding has it (events.wsdl has several)."""
    for binding in document.bindings.values():
        try:
            return binding.get(call.operation)
        except ValueError:
            continue
    raise LookupError(call.name)


class Documents:
    """The requests of one process. Stands in `Shared`."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self._shipped: dict[str, Request] | None = None
        self._built: dict[bytes, Request] = {}
        self._one = asyncio.Lock()

    async def aclose(self) -> None:
        """Forget what was built."""
        self._built.clear()

    async def request(self, call: Call) -> Request:
        """Return the request for `call`.

        Raises:
            Unsupported: the descriptions do not know it.
        """
        if self._shipped is None:
            self._shipped = shipped()
        if call in CALLS and call.name in self._shipped:
            return self._shipped[call.name]
        key = msgspec.json.encode(call)
        async with self._one:
            if key not in self._built:
                built = await asyncio.to_thread(build, call.service, (call,))
                if len(self._built) >= _REMEMBERED:
                    self._built.clear()
                self._built[key] = built[call.name]
            return self._built[key]


def shipped() -> dict[str, Request]:
    """Return the requests that travel with us, or none where they were made from another version."""
    text = resources.files("probes.onvif").joinpath(SHIPPED).read_bytes()
    shipment = msgspec.json.decode(text, type=Shipment)
    return shipment.requests if shipment.version == importlib.metadata.version(SOURCE) else {}


def make() -> bytes:
    """Return requests.json anew."""
    requests: dict[str, Request] = {}
    for service in sorted({call.service for call in CALLS}):
        requests |= build(service, [call for call in CALLS if call.service == service])
    shipment = Shipment(version=importlib.metadata.version(SOURCE), requests=requests)
    return msgspec.json.format(msgspec.json.encode(shipment, order="sorted"), indent=2) + b"\n"


if __name__ == "__main__":
    Path(__file__).with_name(SHIPPED).write_bytes(make())
