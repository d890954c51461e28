"""Every call that we send: only reading ones, each named with its arguments."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of one service, by the names of its WSDL (`service` is the file's).

    A text argument may be a gap, `{token}`, that is filled for each asking.
    """

    service: str
    operation: str
    arguments: Mapping[str, Any] = {}

    @property
    def name(self) -> str:
        """The call as it stands in messages and in the shipped requests."""
        return f"{self.service}.{self.operation}"


DATE_AND_TIME: Final = Call(service="devicemgmt", operation="GetSystemDateAndTime")
INFORMATION: Final = Call(service="devicemgmt", operation="GetDeviceInformation")
SCOPES: Final = Call(service="devicemgmt", operation="GetScopes")
SERVICES: Final = Call(service="devicemgmt", operation="GetServices", arguments={"IncludeCapability": False})
CAPABILITIES: Final = Call(service="devicemgmt", operation="GetCapabilities", arguments={"Category": ["All"]})
PROFILES: Final = Call(service="media", operation="GetProfiles")
STREAM: Final = Call(
    service="media",
    operation="GetStreamUri",
    arguments={
        "StreamSetup": {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}},
        "ProfileToken": "{profile}",
    },
)
SNAPSHOT: Final = Call(service="media", operation="GetSnapshotUri", arguments={"ProfileToken": "{profile}"})

CALLS: Final = (DATE_AND_TIME, INFORMATION, SCOPES, SERVICES, CAPABILITIES, PROFILES, STREAM, SNAPSHOT)
