"""The still picture that a simulated camera shows, or what some cameras show in its place."""

import base64
from typing import Final

from tests.site.onvif.quirks import Quirks
from tests.site.onvif.spoil import LOGIN_PAGE
from tests.site.wire import Reply

PATH: Final = "/onvif/snapshot"
_HUGE: Final = 200_000_000
#: One white pixel, baseline JPEG (ITU-T T.81).
JPEG: Final = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)


def snapshot(quirks: Quirks) -> Reply:
    """Return the picture; an HTML page with status 200, or 200 MB that begin as a JPEG, where a switch says so."""
    if quirks.snapshot == "html":
        return Reply(body=LOGIN_PAGE, headers={"Content-Type": "image/jpeg"})
    return Reply(body=JPEG, headers={"Content-Type": "image/jpeg"}, filler=_HUGE if quirks.snapshot == "huge" else 0)
