"""Where a device's services are: the paths that it tells, never the hosts."""

from typing import Final
from urllib.parse import urlsplit

from probes.onvif.reader import Node

DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
DEVICE_PATH: Final = "/onvif/device_service"  # ONVIF Core, 5.1.1
_LONGEST: Final = 512
#: GetCapabilities names services by element, not by namespace.
_NAMESPACES: Final = {
    "Analytics": "http://www.onvif.org/ver20/analytics/wsdl",
    "Events": "http://www.onvif.org/ver10/events/wsdl",
    "Imaging": "http://www.onvif.org/ver20/imaging/wsdl",
    "Media": "http://www.onvif.org/ver10/media/wsdl",
    "PTZ": "http://www.onvif.org/ver20/ptz/wsdl",
    "DeviceIO": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "Display": "http://www.onvif.org/ver10/display/wsdl",
    "Recording": "http://www.onvif.org/ver10/recording/wsdl",
    "Search": "http://www.onvif.org/ver10/search/wsdl",
    "Replay": "http://www.onvif.org/ver10/replay/wsdl",
    "Receiver": "http://www.onvif.org/ver10/receiver/wsdl",
}


def pinned(address: str | None) -> str | None:
    """Return path and query of an address that a device told, or None where it has none.

    XAddrs carry NAT and stale addresses, or worse: the host asked is always the inventory's, on the port reached.
    """
    if not address or len(address) > _LONGEST:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https", "") or not parts.path.startswith("/"):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def from_services(answer: Node) -> dict[str, str]:
    """Return the path of each service, by namespace, of a GetServicesResponse."""
    found: dict[str, str] = {}
    for service in answer.every("Service"):
        namespace, path = service.text("Namespace"), pinned(service.text("XAddr"))
        if namespace and path:
            found.setdefault(namespace, path)
    return found


def from_capabilities(answer: Node) -> dict[str, str]:
    """Return the same of a GetCapabilitiesResponse, for devices from before GetServices; Extension included."""
    found: dict[str, str] = {}
    told = answer.child("Capabilities")
    for place in (told, told.child("Extension") if told else None):
        for name, namespace in _NAMESPACES.items():
            path = pinned(place.text(name, "XAddr")) if place else None
            if path:
                found.setdefault(namespace, path)
    return found
