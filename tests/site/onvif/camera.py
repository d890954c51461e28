"""One simulated ONVIF camera on its own loopback address: routes what is asked, checks who asks, remembers it all."""

import ssl
import time
from collections import deque
from collections.abc import Awaitable, Mapping
from typing import Any, Final, Self

import msgspec

from tests.site.clock import DriftingClock
from tests.site.onvif import device, events, pictures, spoil
from tests.site.onvif.login import Doorkeeper, Shown, shown
from tests.site.onvif.quirks import Quirks
from tests.site.onvif.soap import Call, SoapFault, envelope, fault, read
from tests.site.onvif.spec import CameraSpec
from tests.site.onvif.state import Operation, State
from tests.site.wire import Port, Reply, Request

_RANKS: Final = ("User", "Operator", "Administrator")
_NOT_AUTHORIZED: Final = SoapFault("ter:NotAuthorized", reason="Sender not authorized")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request as the camera saw it: `shown` says which credential came along, `why` why that was refused."""

    at: float  # monotonic seconds
    peer: str
    method: str
    path: str
    operation: str
    shown: Shown
    why: str = ""
    headers: Mapping[str, str] = {}


class Camera:
    """An async context manager: the camera answers while it is entered.

    `spec`, `quirks` and `clock` may be changed at any time; `switch` also turns the port. `log` keeps the last
    requests, `counts` how often each operation was asked for, `wire` (a `Port`) what happened to connections.
    """

    def __init__(
        self,
        *,
        spec: CameraSpec | None = None,
        quirks: Quirks | None = None,
        clock: DriftingClock | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Nothing listens yet; with port 0 a free one is taken at the start and kept. With `tls` it speaks https."""
        self.spec = spec or CameraSpec()
        self.quirks = quirks or Quirks()
        self.clock = clock or DriftingClock()
        self.scheme = "http" if tls is None else "https"
        self.wire = Port(
            address=address, port=port, answer=self._answer, limit=lambda: self.quirks.max_connections, tls=tls
        )
        self.state = State(spec=self.spec, quirks=self.quirks, clock=self.clock, authority="", scheme=self.scheme)
        self.doorkeeper = Doorkeeper(spec=self.spec, quirks=self.quirks, clock=self.clock)
        self.log: deque[Asked] = deque(maxlen=self.spec.tail)
        self.counts: dict[str, int] = {}

    @property
    def address(self) -> str:
        """The address that the camera stands on."""
        return self.wire.address

    @property
    def port(self) -> int:
        """Its ONVIF port; known once it has started."""
        return self.wire.port

    @property
    def url(self) -> str:
        """The address of its Device service."""
        return f"{self.scheme}://{self.address}:{self.port}{device.PATH}"

    async def __aenter__(self) -> Self:
        """Open the port, or do with it what the quirks say."""
        await self.wire.become(self.quirks.wire)
        self.state.authority = f"{self.address}:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the port and every connection."""
        await self.wire.aclose()

    async def switch(self, **changes: Any) -> None:
        """Turn switches of `Quirks` by name while the camera runs.

        Raises:
            AttributeError: there is no such switch.
        """
        for name, value in changes.items():
            setattr(self.quirks, name, value)
        await self.wire.become(self.quirks.wire)

    async def restart(self) -> None:
        """Break off all connections and forget lock-outs, subscriptions and freezes, as a power cycle does."""
        await self.wire.aclose()
        self.doorkeeper.unlock()
        self.state.subscriptions.clear()
        self.state.frozen = False
        await self.wire.become(self.quirks.wire)

    def say(self, *, topic: str = "tns1:VideoSource/MotionAlarm", item: str = "State", value: str = "true") -> None:
        """Send one event to whoever has subscribed."""
        events.tell(self.state, topic=topic, item=item, value=value)

    def _answer(self, request: Request) -> Reply | Awaitable[Reply]:
        asked = self._read(request)
        quirks = self.quirks
        why = ""
        if quirks.silent or self.state.frozen:
            reply: Reply | Awaitable[Reply] = Reply(never=True)
        elif quirks.exhausted_401 is not None and request.open_connections > quirks.exhausted_401:
            reply = self._challenge()
        elif (other := spoil.instead(quirks)) is not None:
            reply = spoil.burden(other, quirks)
        elif request.path.startswith(pictures.PATH):
            reply, why = self._picture(request)
        elif isinstance(asked, SoapFault):
            reply = spoil.burden(Reply(status=404) if asked.status == 404 else self._fault(asked), quirks)
        else:
            reply, why = self._obey(request, asked)
        self._remember(request, asked, why)
        return reply

    def _read(self, request: Request) -> Call | SoapFault:
        path = request.path.partition("?")[0]
        known = {service.path for service in device.offered(self.state)} | {events.SUBSCRIPTION_PATH}
        if path not in known:
            return SoapFault("ter:Action", reason=path, status=404)
        if request.method != "POST":
            return SoapFault("ter:Action", reason="POST is spoken here", status=405)
        try:
            return read(request.body, path=request.path)
        except SoapFault as refusal:
            return refusal

    def _remember(self, request: Request, asked: Call | SoapFault, why: str) -> None:
        call = asked if isinstance(asked, Call) else None
        operation = call.operation if call else ""
        self.counts[operation] = self.counts.get(operation, 0) + 1
        self.log.append(
            Asked(
                at=time.monotonic(),
                peer=request.peer,
                method=request.method,
                path=request.path,
                operation=operation,
                shown=shown(request, call.security if call else None),
                why=why,
                headers=request.headers,
            )
        )

    def _operation(self, call: Call) -> Operation:
        path = call.path.partition("?")[0]
        offered: Mapping[tuple[str, str], Operation] = events.PULLPOINT
        if path != events.SUBSCRIPTION_PATH:
            service = next(service for service in device.offered(self.state) if service.path == path)
            offered = {(service.namespace, name): operation for name, operation in service.operations.items()}
        operation = offered.get((call.namespace, call.operation))
        if operation is None or call.operation in self.quirks.unsupported:
            raise SoapFault("ter:ActionNotSupported", code="Receiver", reason="Optional Action Not Implemented")
        return operation

    def _obey(self, request: Request, call: Call) -> tuple[Reply | Awaitable[Reply], str]:
        """Return the answer to a call, and why a login was refused where one was."""
        try:
            operation = self._operation(call)
        except SoapFault as refusal:
            return spoil.burden(self._fault(refusal), self.quirks), ""
        clock = call.operation == "GetSystemDateAndTime" and self.quirks.clock_needs_login
        if operation.access != "anyone" or clock:
            refused, why = self._admit(request, call, operation)
            if refused is not None:
                return spoil.burden(refused, self.quirks), why
        try:
            body = operation.answer(self.state, call)
        except SoapFault as refusal:
            return spoil.burden(self._fault(refusal), self.quirks), ""
        return self._say(body) if isinstance(body, str) else self._later(body), ""

    def _admit(self, request: Request, call: Call, operation: Operation) -> tuple[Reply | None, str]:
        if self.doorkeeper.locked(request.peer):
            return self._locked(), "locked"
        verdict = self.doorkeeper.judge(request, call.security)
        if verdict.account is None:
            digest = self.quirks.auth == "digest" or shown(request, None) != ""
            nothing = not verdict.why and self.quirks.auth != "token"
            if digest or nothing:
                return self._challenge(stale=verdict.why == "stale"), verdict.why
            return self._fault(_NOT_AUTHORIZED), verdict.why
        needed = "Administrator" if operation.access == "administrator" else "User"
        if call.operation in self.quirks.denied or _RANKS.index(verdict.account.level) < _RANKS.index(needed):
            return self._fault(_NOT_AUTHORIZED), "denied"
        return None, ""

    def _locked(self) -> Reply:
        manner = self.quirks.lockout_manner
        if manner == "silent":
            return Reply(never=True)
        return self._challenge() if manner == "401" else self._fault(_NOT_AUTHORIZED)

    def _challenge(self, *, stale: bool = False) -> Reply:
        reply = self._fault(_NOT_AUTHORIZED)
        reply.status = 401
        reply.headers = {**reply.headers, "WWW-Authenticate": self.doorkeeper.challenge(stale=stale)}
        return reply

    def _fault(self, refusal: SoapFault) -> Reply:
        quirks = self.quirks
        body = fault(refusal, soap11=quirks.soap11, bare_prefix=quirks.bare_fault_prefix)
        reply = self._wrapped(body)
        reply.status = quirks.fault_status or refusal.status
        return reply

    def _say(self, body: str) -> Reply:
        return spoil.burden(self._wrapped(spoil.disturb(body, self.quirks)), self.quirks)

    def _wrapped(self, body: str) -> Reply:
        kind = "text/xml" if self.quirks.soap11 else "application/soap+xml"
        document = envelope(body, soap11=self.quirks.soap11)
        return Reply(body=spoil.smudge(document, self.quirks), headers={"Content-Type": f"{kind}; charset=utf-8"})

    async def _later(self, body: Awaitable[str]) -> Reply:
        try:
            return self._say(await body)
        except SoapFault as refusal:
            return spoil.burden(self._fault(refusal), self.quirks)

    def _picture(self, request: Request) -> tuple[Reply, str]:
        """Answer the snapshot address, which takes HTTP digest and nothing else."""
        if self.doorkeeper.locked(request.peer):
            return self._locked(), "locked"
        verdict = self.doorkeeper.judge(request, None, http_only=True)
        if verdict.account is None:
            return self._challenge(stale=verdict.why == "stale"), verdict.why
        return spoil.burden(pictures.snapshot(self.quirks), self.quirks), ""
