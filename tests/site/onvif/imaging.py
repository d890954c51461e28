"""The Imaging and DeviceIO services: picture settings of the one video source, inputs and relays."""

from typing import Final

from tests.site.onvif.soap import TIMG, TMD, Call, SoapFault
from tests.site.onvif.state import Operation, Service, State

_IMAGING: Final = '<timg:Capabilities ImageStabilization="false"/>'
_DEVICEIO: Final = (
    '<tmd:Capabilities VideoSources="1" VideoOutputs="0" AudioSources="0" AudioOutputs="0" RelayOutputs="1"'
    ' DigitalInputs="1"/>'
)


def _imaging_capabilities(_: State, __: Call) -> str:
    return f"<timg:GetServiceCapabilitiesResponse>{_IMAGING}</timg:GetServiceCapabilitiesResponse>"


def _settings(_: State, call: Call) -> str:
    if call.text("VideoSourceToken") != "VideoSource_1":
        raise SoapFault("ter:InvalidArgVal", "ter:NoSource", reason="The requested VideoSource does not exist")
    return (
        "<timg:GetImagingSettingsResponse><timg:ImagingSettings><tt:Brightness>50</tt:Brightness>"
        "<tt:ColorSaturation>50</tt:ColorSaturation><tt:Contrast>50</tt:Contrast><tt:IrCutFilter>AUTO</tt:IrCutFilter>"
        "<tt:Sharpness>50</tt:Sharpness></timg:ImagingSettings></timg:GetImagingSettingsResponse>"
    )


def _deviceio_capabilities(_: State, __: Call) -> str:
    return f"<tmd:GetServiceCapabilitiesResponse>{_DEVICEIO}</tmd:GetServiceCapabilitiesResponse>"


def _inputs(_: State, __: Call) -> str:
    return '<tmd:GetDigitalInputsResponse><tmd:DigitalInputs token="Input_1"/></tmd:GetDigitalInputsResponse>'


IMAGING: Final = Service(
    namespace=TIMG,
    path="/onvif/imaging_service",
    version=(2, 60),
    capabilities=_IMAGING,
    operations={
        "GetServiceCapabilities": Operation(access="anyone", answer=_imaging_capabilities),
        "GetImagingSettings": Operation(answer=_settings),
    },
)
DEVICEIO: Final = Service(
    namespace=TMD,
    path="/onvif/deviceio_service",
    version=(2, 60),
    capabilities=_DEVICEIO,
    operations={
        "GetServiceCapabilities": Operation(access="anyone", answer=_deviceio_capabilities),
        "GetDigitalInputs": Operation(answer=_inputs),
    },
)
