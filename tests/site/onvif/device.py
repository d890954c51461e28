"""The Device service: clock, identity, what the camera has and where, network, time servers, users."""

import datetime as dt
import zoneinfo
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from tests.site.onvif import events, imaging, media, media2
from tests.site.onvif.soap import TDS, Call, SoapFault, flag
from tests.site.onvif.state import Operation, Service, State

PATH: Final = "/onvif/device_service"
CAPABILITIES: Final = (
    '<tds:Capabilities><tds:Network IPFilter="false" ZeroConfiguration="true" IPVersion6="false" NTP="1"/>'
    '<tds:Security TLS1.2="true" HttpDigest="true" UsernameToken="true" RemoteUserHandling="false"/>'
    '<tds:System DiscoveryResolve="false" DiscoveryBye="true" RemoteDiscovery="false" FirmwareUpgrade="true"/>'
    "</tds:Capabilities>"
)
_GROUPS: Final = {"All", "Analytics", "Device", "Events", "Imaging", "Media", "PTZ"}


def offered(state: State) -> tuple[Service, ...]:
    """Return the services that this camera has."""
    every = (SERVICE, media.SERVICE, media2.SERVICE, events.SERVICE, imaging.IMAGING, imaging.DEVICEIO)
    absent = {
        media2.SERVICE.namespace: state.quirks.no_media2,
        events.SERVICE.namespace: state.quirks.no_events,
    }
    return tuple(service for service in every if not absent.get(service.namespace))


def _moment(name: str, at: dt.datetime, *, zero: bool) -> str:
    year, month, day = (0, 0, 0) if zero else (at.year, at.month, at.day)
    return (
        f"<tt:{name}><tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute>"
        f"<tt:Second>{at.second}</tt:Second></tt:Time><tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month>"
        f"<tt:Day>{day}</tt:Day></tt:Date></tt:{name}>"
    )


def _date_and_time(state: State, _: Call) -> str:
    quirks = state.quirks
    utc = dt.datetime.fromtimestamp(state.clock.now(), dt.UTC)
    local = utc.astimezone(zoneinfo.ZoneInfo(state.spec.zone))
    summer = bool(local.dst())
    if quirks.wrong_dst:
        local += dt.timedelta(hours=-1 if summer else 1)
        summer = not summer
    zone = "" if quirks.no_timezone else f"<tt:TimeZone><tt:TZ>{escape(state.spec.timezone)}</tt:TZ></tt:TimeZone>"
    told = _moment("UTCDateTime", local if quirks.local_as_utc else utc, zero=quirks.zero_date)
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
        f"<tt:DaylightSavings>{flag(summer)}</tt:DaylightSavings>{zone}{'' if quirks.no_utc else told}"
        f"{'' if quirks.no_local else _moment('LocalDateTime', local, zero=quirks.zero_date)}"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def _information(state: State, _: Call) -> str:
    spec = state.spec
    return (
        f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{escape(spec.vendor)}</tds:Manufacturer>"
        f"<tds:Model>{escape(spec.model)}</tds:Model><tds:FirmwareVersion>{escape(spec.firmware)}</tds:FirmwareVersion>"
        f"<tds:SerialNumber>{escape(spec.serial)}</tds:SerialNumber>"
        f"<tds:HardwareId>{escape(spec.hardware)}</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def _services(state: State, call: Call) -> str:
    if state.quirks.no_services:
        raise SoapFault("ter:ActionNotSupported", code="Receiver", reason="Optional Action Not Implemented")
    included = call.text("IncludeCapability") in {"true", "1"}
    told = "".join(
        f"<tds:Service><tds:Namespace>{service.namespace}</tds:Namespace>"
        f"<tds:XAddr>{escape(state.xaddr(service.path))}</tds:XAddr>"
        f"{f'<tds:Capabilities>{service.capabilities}</tds:Capabilities>' if included else ''}"
        f"<tds:Version><tt:Major>{service.version[0]}</tt:Major><tt:Minor>{service.version[1]}</tt:Minor></tds:Version>"
        "</tds:Service>"
        for service in offered(state)
    )
    return f"<tds:GetServicesResponse>{told}</tds:GetServicesResponse>"


def _service_capabilities(_: State, __: Call) -> str:
    return f"<tds:GetServiceCapabilitiesResponse>{CAPABILITIES}</tds:GetServiceCapabilitiesResponse>"


def _device_group(state: State) -> str:
    return (
        f"<tt:Device><tt:XAddr>{state.xaddr(PATH)}</tt:XAddr><tt:Network><tt:IPFilter>false</tt:IPFilter>"
        "<tt:ZeroConfiguration>true</tt:ZeroConfiguration><tt:IPVersion6>false</tt:IPVersion6>"
        "<tt:DynDNS>false</tt:DynDNS></tt:Network><tt:System><tt:DiscoveryResolve>false</tt:DiscoveryResolve>"
        "<tt:DiscoveryBye>true</tt:DiscoveryBye><tt:RemoteDiscovery>false</tt:RemoteDiscovery>"
        "<tt:SystemBackup>false</tt:SystemBackup><tt:SystemLogging>false</tt:SystemLogging>"
        "<tt:FirmwareUpgrade>true</tt:FirmwareUpgrade><tt:SupportedVersions><tt:Major>2</tt:Major>"
        "<tt:Minor>60</tt:Minor></tt:SupportedVersions></tt:System><tt:IO><tt:InputConnectors>1</tt:InputConnectors>"
        "<tt:RelayOutputs>1</tt:RelayOutputs></tt:IO><tt:Security><tt:TLS1.1>false</tt:TLS1.1>"
        "<tt:TLS1.2>true</tt:TLS1.2><tt:OnboardKeyGeneration>false</tt:OnboardKeyGeneration>"
        "<tt:AccessPolicyConfig>false</tt:AccessPolicyConfig><tt:X.509Token>false</tt:X.509Token>"
        "<tt:SAMLToken>false</tt:SAMLToken><tt:KerberosToken>false</tt:KerberosToken><tt:RELToken>false</tt:RELToken>"
        "</tt:Security></tt:Device>"
    )


def _capabilities(state: State, call: Call) -> str:
    """Tell what there is, the old way; DeviceIO stands under Extension and is told with All only (Core, 8.1.2)."""
    asked = call.text("Category") or "All"
    if asked not in _GROUPS or (asked == "Events" and state.quirks.no_events) or asked in {"Analytics", "PTZ"}:
        raise SoapFault("ter:ActionNotSupported", "ter:NoSuchService", code="Receiver", reason="No such service")
    groups = {
        "Device": _device_group(state),
        "Events": f"<tt:Events><tt:XAddr>{state.xaddr(events.SERVICE.path)}</tt:XAddr>"
        "<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>"
        "<tt:WSPullPointSupport>true</tt:WSPullPointSupport><tt:WSPausableSubscriptionManagerInterfaceSupport>false"
        "</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>",
        "Imaging": f"<tt:Imaging><tt:XAddr>{state.xaddr(imaging.IMAGING.path)}</tt:XAddr></tt:Imaging>",
        "Media": f"<tt:Media><tt:XAddr>{state.xaddr(media.SERVICE.path)}</tt:XAddr><tt:StreamingCapabilities>"
        "<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP>"
        "</tt:StreamingCapabilities></tt:Media>",
    }
    if state.quirks.no_events:
        del groups["Events"]
    told = "".join(groups.values()) if asked == "All" else groups[asked]
    if asked == "All":
        told += (
            f"<tt:Extension><tt:DeviceIO><tt:XAddr>{state.xaddr(imaging.DEVICEIO.path)}</tt:XAddr>"
            "<tt:VideoSources>1</tt:VideoSources><tt:VideoOutputs>0</tt:VideoOutputs><tt:AudioSources>0"
            "</tt:AudioSources><tt:AudioOutputs>0</tt:AudioOutputs><tt:RelayOutputs>1</tt:RelayOutputs>"
            "</tt:DeviceIO></tt:Extension>"
        )
    return f"<tds:GetCapabilitiesResponse><tds:Capabilities>{told}</tds:Capabilities></tds:GetCapabilitiesResponse>"


def _scopes(state: State, _: Call) -> str:
    spec = state.spec
    items = (
        ("Fixed", "type/video_encoder"),
        ("Fixed", "Profile/Streaming"),
        *((("Fixed", "Profile/T"),) if not state.quirks.no_media2 else ()),
        ("Fixed", f"hardware/{quote(spec.model)}"),
        ("Configurable", f"name/{quote(spec.name)}"),
        ("Configurable", f"location/{quote(spec.location)}"),
    )
    told = "".join(
        f"<tds:Scopes><tt:ScopeDef>{kind}</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/{item}</tt:ScopeItem></tds:Scopes>"
        for kind, item in items
    )
    return f"<tds:GetScopesResponse>{told}</tds:GetScopesResponse>"


def _interfaces(state: State, _: Call) -> str:
    return (
        '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info>'
        f"<tt:Name>eth0</tt:Name><tt:HwAddress>{escape(state.spec.mac)}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>"
        "<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual>"
        f"<tt:Address>{state.host}</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP>"
        "</tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>"
    )


def _ntp(state: State, _: Call) -> str:
    told = "".join(
        f"<tt:NTPManual><tt:Type>IPv4</tt:Type><tt:IPv4Address>{escape(server)}</tt:IPv4Address></tt:NTPManual>"
        for server in state.spec.ntp
    )
    return (
        "<tds:GetNTPResponse><tds:NTPInformation><tt:FromDHCP>false</tt:FromDHCP>"
        f"{told}</tds:NTPInformation></tds:GetNTPResponse>"
    )


def _hostname(state: State, _: Call) -> str:
    return (
        "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP>"
        f"<tt:Name>{escape(state.spec.hostname)}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>"
    )


def _users(state: State, _: Call) -> str:
    told = "".join(
        f"<tds:User><tt:Username>{escape(account.username)}</tt:Username><tt:UserLevel>{account.level}</tt:UserLevel>"
        "</tds:User>"
        for account in state.spec.accounts
    )
    return f"<tds:GetUsersResponse>{told}</tds:GetUsersResponse>"


SERVICE: Final = Service(
    namespace=TDS,
    path=PATH,
    version=(2, 60),
    capabilities=CAPABILITIES,
    operations={
        "GetSystemDateAndTime": Operation(access="anyone", answer=_date_and_time),
        "GetServices": Operation(access="anyone", answer=_services),
        "GetServiceCapabilities": Operation(access="anyone", answer=_service_capabilities),
        "GetCapabilities": Operation(access="anyone", answer=_capabilities),
        "GetHostname": Operation(access="anyone", answer=_hostname),
        "GetDeviceInformation": Operation(answer=_information),
        "GetScopes": Operation(answer=_scopes),
        "GetNetworkInterfaces": Operation(answer=_interfaces),
        "GetNTP": Operation(answer=_ntp),
        "GetUsers": Operation(access="administrator", answer=_users),
    },
)
