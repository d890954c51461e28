"""Simulated ONVIF cameras, written from the ONVIF specifications; see `camera.Camera`."""

from tests.site.onvif.camera import Asked, Camera
from tests.site.onvif.quirks import Quirks
from tests.site.onvif.spec import Account, CameraSpec

__all__ = ["Account", "Asked", "Camera", "CameraSpec", "Quirks"]
