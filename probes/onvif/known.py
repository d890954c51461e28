"""What is remembered of one ONVIF device, and how its clock was read."""

import msgspec

from probes.onvif.moment import Moment


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of its clock: `offset` is device minus gateway in seconds, good to half of one."""

    offset: float
    moment: Moment
    waited_s: float


class OnvifState:
    """What is remembered of one device while the process lives. No secrets."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self.way = ""  # token, digest or both, once known
        self.paths: dict[str, str] = {}
        self.worked: set[str] = set()  # calls that were answered to a login
        self.clock_open = False  # GetSystemDateAndTime was answered without one
        self.digest_alone = False  # a token beside the digest changes nothing
        self.distrust = False  # its UTC looks like local time, and signing with it was refused
        self.unclear_until = 0.0
