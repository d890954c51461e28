"""The Media2 service (ver20), from the ONVIF Media2 specification: H.265, profiles by configuration, bare URIs."""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from tests.site.onvif.media import profile_number, profile_token, size, snapshot_uri, stream_uri
from tests.site.onvif.soap import TR2, Call
from tests.site.onvif.state import Operation, Service, State

CAPABILITIES: Final = (
    '<tr2:Capabilities SnapshotUri="true" Rotation="false">'
    '<tr2:ProfileCapabilities MaximumNumberOfProfiles="128" ConfigurationsSupported="VideoSource VideoEncoder"/>'
    '<tr2:StreamingCapabilities RTSPStreaming="true" RTPMulticast="false" RTP_RTSP_TCP="true"/></tr2:Capabilities>'
)


def _encoder(state: State, number: int) -> str:
    """Return the inside of a tt:VideoEncoder2Configuration (Media2 specification, 5.3)."""
    spec = state.spec
    width, height = size(state, number)
    return (
        f"<tt:Name>VideoEncoder_{number}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{spec.codec}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
        f'<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>{spec.rate}</tt:FrameRateLimit>'
        f"<tt:BitrateLimit>{spec.bitrate if number == 1 else 512}</tt:BitrateLimit></tt:RateControl>"
        "<tt:Quality>4</tt:Quality>"
    )


def _attributes(state: State, number: int) -> str:
    profile = "" if state.spec.codec == "JPEG" else ' GovLength="50" Profile="Main"'
    return f'token="VideoEncoder_{number}"{profile}'


def _capabilities(_: State, __: Call) -> str:
    return f"<tr2:GetServiceCapabilitiesResponse>{CAPABILITIES}</tr2:GetServiceCapabilitiesResponse>"


def _profiles(state: State, call: Call) -> str:
    """Without Type only names and tokens are told; `All` or the wanted kinds bring the configurations (5.2.2)."""
    wanted = {(found.text or "").strip() for found in call.body.iter(f"{{{TR2}}}Type")}
    token = call.text("Token")
    numbers = [profile_number(state, token)] if token else range(1, state.spec.profiles + 1)
    told = []
    for number in numbers:
        inside = ""
        if wanted & {"All", "VideoSource"}:
            inside += (
                '<tr2:VideoSource token="VideoSourceConfig_1"><tt:Name>VideoSource</tt:Name>'
                f"<tt:UseCount>{state.spec.profiles}</tt:UseCount><tt:SourceToken>VideoSource_1</tt:SourceToken>"
                f'<tt:Bounds x="0" y="0" width="{state.spec.width}" height="{state.spec.height}"/></tr2:VideoSource>'
            )
        if wanted & {"All", "VideoEncoder"}:
            inside += f"<tr2:VideoEncoder {_attributes(state, number)}>{_encoder(state, number)}</tr2:VideoEncoder>"
        configurations = f"<tr2:Configurations>{inside}</tr2:Configurations>" if inside else ""
        told.append(
            f'<tr2:Profiles token={quoteattr(profile_token(number))} fixed="true">'
            f"<tr2:Name>{escape(state.spec.name)} {number}</tr2:Name>{configurations}</tr2:Profiles>"
        )
    return f"<tr2:GetProfilesResponse>{''.join(told)}</tr2:GetProfilesResponse>"


def _encoders(state: State, _: Call) -> str:
    told = "".join(
        f"<tr2:Configurations {_attributes(state, number)}>{_encoder(state, number)}</tr2:Configurations>"
        for number in range(1, state.spec.profiles + 1)
    )
    return f"<tr2:GetVideoEncoderConfigurationsResponse>{told}</tr2:GetVideoEncoderConfigurationsResponse>"


def _stream(state: State, call: Call) -> str:
    uri = stream_uri(state, profile_number(state, call.text("ProfileToken")))
    return f"<tr2:GetStreamUriResponse><tr2:Uri>{escape(uri)}</tr2:Uri></tr2:GetStreamUriResponse>"


def _snapshot(state: State, call: Call) -> str:
    profile_number(state, call.text("ProfileToken"))
    return f"<tr2:GetSnapshotUriResponse><tr2:Uri>{escape(snapshot_uri(state))}</tr2:Uri></tr2:GetSnapshotUriResponse>"


SERVICE: Final = Service(
    namespace=TR2,
    path="/onvif/media2_service",
    version=(20, 12),
    capabilities=CAPABILITIES,
    operations={
        "GetServiceCapabilities": Operation(access="anyone", answer=_capabilities),
        "GetProfiles": Operation(answer=_profiles),
        "GetVideoEncoderConfigurations": Operation(answer=_encoders),
        "GetStreamUri": Operation(answer=_stream),
        "GetSnapshotUri": Operation(answer=_snapshot),
    },
)
