"""The Media service (ver10): profiles, encoder settings, stream and snapshot addresses."""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from tests.site.onvif.soap import TRT, Call, SoapFault
from tests.site.onvif.state import Operation, Service, State

CAPABILITIES: Final = (
    '<trt:Capabilities SnapshotUri="true" Rotation="false">'
    '<trt:ProfileCapabilities MaximumNumberOfProfiles="128"/>'
    '<trt:StreamingCapabilities RTPMulticast="false" RTP_TCP="true" RTP_RTSP_TCP="true"/></trt:Capabilities>'
)
_MULTICAST: Final = (
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
    "<tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
)


def profile_token(number: int) -> str:
    """Return the token of the profile with that number, from 1."""
    return f"Profile_{number}"


def profile_number(state: State, token: str) -> int:
    """Return which profile a token names.

    Raises:
        SoapFault: there is none of that name.
    """
    for number in range(1, state.spec.profiles + 1):
        if profile_token(number) == token:
            return number
    raise SoapFault("ter:InvalidArgVal", "ter:NoProfile", reason="Profile token does not exist")


def size(state: State, number: int) -> tuple[int, int]:
    """Return width and height of a profile: the first is the main stream, the others are small."""
    return (state.spec.width, state.spec.height) if number == 1 else (640, 360)


def stream_uri(state: State, number: int) -> str:
    """Return the RTSP address of a profile as the camera tells it."""
    authority = state.quirks.stream_authority or f"{state.host}:{state.spec.rtsp_port}"
    return f"rtsp://{authority}/Streaming/Channels/{100 + number}?transportmode=unicast&profile={profile_token(number)}"


def snapshot_uri(state: State) -> str:
    """Return the address of the still picture as the camera tells it."""
    return f"http://{state.quirks.snapshot_authority or state.authority}/onvif/snapshot?channel=1"


def _source(state: State) -> str:
    spec = state.spec
    return (
        f"<tt:Name>VideoSource</tt:Name><tt:UseCount>{spec.profiles}</tt:UseCount>"
        "<tt:SourceToken>VideoSource_1</tt:SourceToken>"
        f'<tt:Bounds x="0" y="0" width="{spec.width}" height="{spec.height}"/>'
    )


def _encoder(state: State, number: int) -> str:
    spec = state.spec
    width, height = size(state, number)
    encoding = "JPEG" if spec.codec == "JPEG" else "H264"  # the first Media service knows no H.265
    h264 = "<tt:H264><tt:GovLength>50</tt:GovLength><tt:H264Profile>High</tt:H264Profile></tt:H264>"
    return (
        f"<tt:Name>VideoEncoder_{number}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{encoding}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
        f"<tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>{spec.rate}</tt:FrameRateLimit>"
        "<tt:EncodingInterval>1</tt:EncodingInterval>"
        f"<tt:BitrateLimit>{spec.bitrate if number == 1 else 512}</tt:BitrateLimit></tt:RateControl>"
        f"{h264 if encoding == 'H264' else ''}{_MULTICAST}<tt:SessionTimeout>PT5S</tt:SessionTimeout>"
    )


def _profile(state: State, number: int) -> str:
    return (
        f'token={quoteattr(profile_token(number))} fixed="true"><tt:Name>{escape(state.spec.name)} {number}</tt:Name>'
        f'<tt:VideoSourceConfiguration token="VideoSourceConfig_1">{_source(state)}</tt:VideoSourceConfiguration>'
        f'<tt:VideoEncoderConfiguration token="VideoEncoder_{number}">{_encoder(state, number)}'
        "</tt:VideoEncoderConfiguration>"
    )


def _capabilities(_: State, __: Call) -> str:
    return f"<trt:GetServiceCapabilitiesResponse>{CAPABILITIES}</trt:GetServiceCapabilitiesResponse>"


def _profiles(state: State, _: Call) -> str:
    told = "".join(
        f"<trt:Profiles {_profile(state, number)}</trt:Profiles>" for number in range(1, state.spec.profiles + 1)
    )
    return f"<trt:GetProfilesResponse>{told}</trt:GetProfilesResponse>"


def _one_profile(state: State, call: Call) -> str:
    number = profile_number(state, call.text("ProfileToken"))
    return f"<trt:GetProfileResponse><trt:Profile {_profile(state, number)}</trt:Profile></trt:GetProfileResponse>"


def _sources(state: State, _: Call) -> str:
    spec = state.spec
    return (
        f'<trt:GetVideoSourcesResponse><trt:VideoSources token="VideoSource_1"><tt:Framerate>{spec.rate}</tt:Framerate>'
        f"<tt:Resolution><tt:Width>{spec.width}</tt:Width><tt:Height>{spec.height}</tt:Height></tt:Resolution>"
        "</trt:VideoSources></trt:GetVideoSourcesResponse>"
    )


def _encoders(state: State, _: Call) -> str:
    told = "".join(
        f'<trt:Configurations token="VideoEncoder_{number}">{_encoder(state, number)}</trt:Configurations>'
        for number in range(1, state.spec.profiles + 1)
    )
    return f"<trt:GetVideoEncoderConfigurationsResponse>{told}</trt:GetVideoEncoderConfigurationsResponse>"


def _uri(kind: str, uri: str) -> str:
    return (
        f"<trt:Get{kind}UriResponse><trt:MediaUri><tt:Uri>{escape(uri)}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
        f"<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:Get{kind}UriResponse>"
    )


def _stream(state: State, call: Call) -> str:
    return _uri("Stream", stream_uri(state, profile_number(state, call.text("ProfileToken"))))


def _snapshot(state: State, call: Call) -> str:
    profile_number(state, call.text("ProfileToken"))
    return _uri("Snapshot", snapshot_uri(state))


SERVICE: Final = Service(
    namespace=TRT,
    path="/onvif/media_service",
    version=(2, 60),
    capabilities=CAPABILITIES,
    operations={
        "GetServiceCapabilities": Operation(access="anyone", answer=_capabilities),
        "GetProfiles": Operation(answer=_profiles),
        "GetProfile": Operation(answer=_one_profile),
        "GetVideoSources": Operation(answer=_sources),
        "GetVideoEncoderConfigurations": Operation(answer=_encoders),
        "GetStreamUri": Operation(answer=_stream),
        "GetSnapshotUri": Operation(answer=_snapshot),
    },
)
