"""The Event service with PullPoints: few slots, which stay taken until unsubscribed or run out."""

import asyncio
import contextlib
import re
import time
from typing import Final

from tests.site.onvif.soap import TEV, WSNT, Call, SoapFault, stamp
from tests.site.onvif.state import Operation, Service, State, Subscription

SUBSCRIPTION_PATH: Final = "/onvif/subscription"
CAPABILITIES: Final = (
    '<tev:Capabilities WSSubscriptionPolicySupport="false" WSPullPointSupport="true" MaxPullPoints="8"'
    ' WSPausableSubscriptionManagerInterfaceSupport="false"/>'
)
_DURATION: Final = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_DEFAULT_S: Final = 60.0
_LONGEST_S: Final = 3_600.0


def tell(state: State, *, topic: str, item: str, value: str) -> None:
    """Put one event into every PullPoint, as the camera's own logic would (`tns1:VideoSource/MotionAlarm`, ...)."""
    message = (
        '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        f'{topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="{_stamp(state, state.clock.now())}" '
        'PropertyOperation="Changed"><tt:Source><tt:SimpleItem Name="VideoSourceConfigurationToken" '
        'Value="VideoSourceConfig_1"/></tt:Source><tt:Data>'
        f'<tt:SimpleItem Name="{item}" Value="{value}"/></tt:Data></tt:Message></wsnt:Message>'
        "</wsnt:NotificationMessage>"
    )
    for subscription in alive(state).values():
        subscription.waiting.append(message)
        subscription.rung.set()


def alive(state: State) -> dict[int, Subscription]:
    """Return the PullPoints that have not run out; those that have are counted as leaked."""
    now = time.monotonic()
    for number in [number for number, held in state.subscriptions.items() if held.ends_at <= now]:
        del state.subscriptions[number]
        state.leaked += 1
    return state.subscriptions


def _stamp(state: State, unix: float) -> str:
    return stamp(unix, zoneless=state.quirks.zoneless)


def _seconds(text: str) -> float:
    """Return the length of an xs:duration of hours, minutes and seconds; the default where there is none."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        return _DEFAULT_S
    parts = zip(found.groups(), (3_600.0, 60.0, 1.0), strict=True)
    return min(_LONGEST_S, sum(float(count) * unit for count, unit in parts if count))


def _times(state: State, lasts_s: float) -> tuple[str, str]:
    now = state.clock.now()
    return _stamp(state, now), _stamp(state, now + lasts_s)


def _capabilities(_: State, __: Call) -> str:
    return f"<tev:GetServiceCapabilitiesResponse>{CAPABILITIES}</tev:GetServiceCapabilitiesResponse>"


def _properties(_: State, __: Call) -> str:
    return (
        "<tev:GetEventPropertiesResponse>"
        "<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>"
        "<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet><tns1:VideoSource>"
        '<MotionAlarm wstop:topic="true"/></tns1:VideoSource></wstop:TopicSet>'
        "<wsnt:TopicExpressionDialect>http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
        "</wsnt:TopicExpressionDialect><tev:MessageContentFilterDialect>"
        "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect>"
        "<tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd"
        "</tev:MessageContentSchemaLocation></tev:GetEventPropertiesResponse>"
    )


def _create(state: State, call: Call) -> str:
    if len(alive(state)) >= state.spec.slots:
        raise SoapFault("ter:Action", "ter:MaxPullPoints", code="Receiver", reason="no free subscription")
    lasts_s = _seconds(call.text("InitialTerminationTime"))
    number = next(state.numbers)
    state.subscriptions[number] = Subscription(number=number, ends_at=time.monotonic() + lasts_s)
    state.frozen = state.quirks.freezes_on_events
    now, end = _times(state, lasts_s)
    return (
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
        f"<wsa:Address>{state.xaddr(SUBSCRIPTION_PATH)}?Idx={number}</wsa:Address></tev:SubscriptionReference>"
        f"<wsnt:CurrentTime>{now}</wsnt:CurrentTime><wsnt:TerminationTime>{end}</wsnt:TerminationTime>"
        "</tev:CreatePullPointSubscriptionResponse>"
    )


def _named(state: State, call: Call) -> Subscription:
    number = re.search(r"Idx=(\d+)", call.path)
    held = alive(state).get(int(number[1])) if number else None
    if held is None:
        raise SoapFault("ter:InvalidArgVal", reason="no such subscription")
    return held


async def _pull(state: State, call: Call) -> str:
    """Wait for messages up to Timeout; pulling keeps the PullPoint alive (ONVIF Core, 9.2)."""
    held = _named(state, call)
    limit = int(call.text("MessageLimit") or 1)
    until = time.monotonic() + _seconds(call.text("Timeout"))
    held.ends_at = max(held.ends_at, until + _DEFAULT_S)
    if not held.waiting:
        held.rung.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(held.rung.wait(), until - time.monotonic())
    told, held.waiting = held.waiting[:limit], held.waiting[limit:]
    now, end = _times(state, held.ends_at - time.monotonic())
    return (
        f"<tev:PullMessagesResponse><tev:CurrentTime>{now}</tev:CurrentTime>"
        f"<tev:TerminationTime>{end}</tev:TerminationTime>{''.join(told)}</tev:PullMessagesResponse>"
    )


def _renew(state: State, call: Call) -> str:
    held = _named(state, call)
    lasts_s = _seconds(call.text("TerminationTime"))
    held.ends_at = time.monotonic() + lasts_s
    now, end = _times(state, lasts_s)
    return (
        f"<wsnt:RenewResponse><wsnt:TerminationTime>{end}</wsnt:TerminationTime>"
        f"<wsnt:CurrentTime>{now}</wsnt:CurrentTime></wsnt:RenewResponse>"
    )


def _unsubscribe(state: State, call: Call) -> str:
    held = _named(state, call)
    del state.subscriptions[held.number]
    held.rung.set()
    return "<wsnt:UnsubscribeResponse/>"


def _synchronise(state: State, call: Call) -> str:
    _named(state, call)
    return "<tev:SetSynchronizationPointResponse/>"


SERVICE: Final = Service(
    namespace=TEV,
    path="/onvif/event_service",
    version=(2, 60),
    capabilities=CAPABILITIES,
    operations={
        "GetServiceCapabilities": Operation(access="anyone", answer=_capabilities),
        "GetEventProperties": Operation(answer=_properties),
        "CreatePullPointSubscription": Operation(answer=_create),
    },
)
#: What a PullPoint itself answers, at its own address; partly of WS-BaseNotification.
PULLPOINT: Final = {
    (TEV, "PullMessages"): Operation(answer=_pull),
    (TEV, "SetSynchronizationPoint"): Operation(answer=_synchronise),
    (WSNT, "Renew"): Operation(answer=_renew),
    (WSNT, "Unsubscribe"): Operation(answer=_unsubscribe),
}
