"""One probing's talk with one ONVIF device: its clock first, then signed calls, and one attempt at the password."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Final

from probes.errors import Malformed, Refused, Unsupported
from probes.net.digest import strongest
from probes.net.http import UNAUTHORIZED, Answer, HttpLine, HttpTalk
from probes.onvif import envelope, moment, reader, services
from probes.onvif.calls import CAPABILITIES, DATE_AND_TIME, SERVICES, Call
from probes.onvif.documents import Documents, Request
from probes.onvif.known import OnvifState, Reading
from probes.onvif.reader import Node, NotAuthorized
from probes.probe import Target

CAP: Final = 2 << 20  # bytes of an answer
_ON_LOOP: Final = 64 << 10  # bytes that are parsed without leaving the event loop
_QUARTER_S: Final = 900.0  # zones differ by quarters of an hour
_NEAR_S: Final = 60.0
_STEP_S: Final = 2.0  # a clock that moved more than this within a probing was set
_UNCLEAR_S: Final = 1_800.0  # how long a login rests that was refused beside an unreadable clock


class Session:
    """See `opened`. Every call is a read; every answer comes from the inventory's host and port."""

    def __init__(self, *, target: Target, talk: HttpTalk) -> None:
        """Take the line, and what is remembered of the device."""
        self._talk = talk
        self._target = target
        self._login = target.login("onvif")
        self._documents = target.shared.get(Documents)
        self.state: OnvifState = target.state.setdefault(OnvifState, OnvifState())
        self._prepared = False
        self._offset: float | None = None
        self._entered = False
        self._barred: Refused | None = None

    @property
    def entered(self) -> bool:
        """Whether the login was let in within this probing."""
        return self._entered

    async def clock(self) -> Reading:
        """Ask for date and time without a login (ONVIF Core, 5.9.4.3: everybody may).

        Where the device refuses that against the specification, a login that is known to work is used.

        Raises:
            ProbeError: as `ask`; Malformed where it tells no valid date.
        """
        try:
            reading = await self._read_clock()
        except NotAuthorized as refused:
            self._exhausted(refused)
            if not self.state.worked:
                raise Refused("answer.clock_login") from None
            self._prepared = True
            return await self._read_clock(signed=True)
        self.state.clock_open = True
        return reading

    async def ask(self, call: Call, /, **gaps: str) -> Node:
        """Ask `call` with the login and return the answer's element (GetScopesResponse).

        Raises:
            Refused: with `login=True` the credential itself, and nothing more is asked with it in this probing;
                without, this one call, or the reason may be another one than the password.
            Unsupported: the device has no such call or service.
            Unreachable, Malformed: per cause.
        """
        if self._barred is not None:
            raise self._barred
        path = await self._path(call)
        if not self._login.username or self._login.secret is None:
            try:
                return await self._node(await self._post(call, path, gaps), call)
            except NotAuthorized:
                raise Refused("login.absent") from None
        await self._prepare()
        try:
            node = await self._enter(call, path, gaps)
        except Refused as refused:
            if refused.login:
                self.state.worked.clear()
                self._barred = refused
            raise
        self._entered = True
        self.state.worked.add(call.name)
        return node

    async def services(self) -> dict[str, str]:
        """Return the path of each service by namespace, asked once a process (GetServices, else GetCapabilities)."""
        if not self.state.paths:
            try:
                paths = services.from_services(await self._open(SERVICES))
            except (Unsupported, Malformed):
                paths = services.from_capabilities(await self._open(CAPABILITIES))
            self.state.paths = paths
        return self.state.paths

    async def _open(self, call: Call) -> Node:
        """Ask without a login what everybody may ask, and with it where the device will not."""
        try:
            return await self._node(await self._post(call, services.DEVICE_PATH, {}), call)
        except NotAuthorized:
            return await self.ask(call)

    async def _path(self, call: Call) -> str:
        namespace = (await self._documents.request(call)).namespace
        if namespace == services.DEVICE:
            return services.DEVICE_PATH
        path = (await self.services()).get(namespace)
        if path is None:
            raise Unsupported("answer.call_unsupported", call=call.name)
        return path

    async def _prepare(self) -> None:
        """Read the clock to sign with, once a probing; it also tells whether the device answers anybody at all."""
        if self._prepared:
            return
        self._prepared = True
        try:
            self._offset = (await self._read_clock()).offset
        except NotAuthorized as refused:
            self._exhausted(refused)
        except Malformed as unread:
            if unread.phrase.key not in moment.UNCLEAR:
                raise  # what talks like that gets no password to see
        except (Refused, Unsupported):
            pass  # sign with our own time, and know that we did
        else:
            self.state.clock_open = True

    def _exhausted(self, refused: NotAuthorized) -> None:
        """Raise where a 401 came to what was free for all before.

        Dahua answers 401 to everything while its connections are exhausted: the password stays with us.
        """
        if self.state.clock_open and refused.status == UNAUTHORIZED:
            self.state.clock_open = False  # should it stay so, it is no lack of connections
            raise Refused("answer.exhausted") from None

    async def _read_clock(self, *, signed: bool = False) -> Reading:
        send = self._send if signed else self._post
        answer = await send(DATE_AND_TIME, services.DEVICE_PATH, {})
        told = moment.read(await self._node(answer, DATE_AND_TIME))
        middle = answer.began + answer.waited_s / 2
        # It tells whole seconds, cut: on average half of one has passed since.
        return Reading(offset=told.utc + 0.5 - middle, moment=told, waited_s=answer.waited_s)

    @property
    def _as_local(self) -> bool:
        """Whether the time told is off as if local time were told for UTC."""
        zones = round((self._offset or 0.0) / _QUARTER_S)
        return zones != 0 and abs((self._offset or 0.0) - zones * _QUARTER_S) < _NEAR_S

    @property
    def _doubtful(self) -> bool:
        """Whether signing with the device's time may fail although the password is right."""
        return self._offset is None or self._as_local

    def _now(self) -> float:
        """Return the device's time to sign with: what it told, unless that was refused and looks like local time."""
        offset = self._offset or 0.0
        if self.state.distrust:
            offset -= round(offset / _QUARTER_S) * _QUARTER_S
        return self._target.clock() + offset - 0.5  # never in its future

    async def _post(self, call: Call, path: str, gaps: dict[str, str], *, way: str = "") -> Answer:
        """Send one call, with what `way` says: nothing, token, digest or both."""
        request: Request = await self._documents.request(call)
        header = ""
        if way in ("token", "both"):
            header = envelope.security(self._login, now=self._now(), nonce=secrets.token_bytes(16))
        return await self._talk.ask(
            "POST",
            path,
            body=envelope.wrap(request, header=header, **gaps),
            headers={"Content-Type": envelope.content_type(request)},
            login=self._login if way in ("digest", "both") else None,
            cap=CAP,
        )

    async def _send(self, call: Call, path: str, gaps: dict[str, str]) -> Answer:
        """Send one call with the login: WS-Security first, HTTP digest where the device asks for it.

        A server that would take either answers a wrong token with a fault, and a 401 only where it looked for HTTP
        digest (ONVIF Core, 5.9.1): so the digest that follows a 401 is the first attempt, not the second.
        """
        state = self.state
        if not state.way and self._doubtful:
            anonymous = await self._post(call, path, gaps)
            if anonymous.status == UNAUTHORIZED and strongest(anonymous.offers) is not None:
                state.way = "digest"  # which needs no clock
        if state.way in ("", "token"):
            if self._offset is None and self._target.clock() < state.unclear_until:
                raise Refused("login.clock")
            answer = await self._post(call, path, gaps, way="token")
            if answer.status != UNAUTHORIZED or strongest(answer.offers) is None:
                return answer
            state.way = "digest"
        return await self._post(call, path, gaps, way=state.way)

    async def _enter(self, call: Call, path: str, gaps: dict[str, str]) -> Node:
        state = self.state
        before = state.way
        try:
            answer = await self._send(call, path, gaps)
        except Refused as refused:
            if refused.login:
                await self._excuse(expired=False, status=UNAUTHORIZED)
            raise
        try:
            node = await self._node(answer, call)
        except NotAuthorized as refused:
            if answer.carried and state.way == "digest" and not self._entered and not state.digest_alone:
                self._entered = True  # by HTTP at least
                return await self._both(call, path, gaps)
            self._entered = self._entered or answer.carried
            if self._entered or (state.worked and call.name not in state.worked):
                raise  # others were let in with this login: it is this one call that is refused
            state.way = before
            await self._excuse(expired=refused.expired, status=refused.status)
            raise Refused(login=True) from None
        state.way = state.way or "token"
        return node

    async def _both(self, call: Call, path: str, gaps: dict[str, str]) -> Node:
        """Ask again with both: HTTP let the login in, so what is missing may be the token (ONVIF Core, 5.9.1)."""
        self.state.way = "both"
        try:
            return await self._node(await self._post(call, path, gaps, way="both"), call)
        except Refused:
            self.state.way, self.state.digest_alone = "digest", True
            raise

    async def _excuse(self, *, expired: bool, status: int) -> None:
        """After a refusal, find what else than the password may explain it; no password is sent for that.

        Raises:
            Refused: without `login`: the clock or a lack of connections may be to blame.
        """
        state = self.state
        signed = self._offset
        if signed is None and state.way != "digest":
            state.unclear_until = self._target.clock() + _UNCLEAR_S
            raise Refused("login.clock")
        again = None
        try:
            again = (await self._read_clock()).offset
        except NotAuthorized as refused:
            if state.clock_open and status == refused.status == UNAUTHORIZED:
                raise Refused("answer.exhausted") from None
        except (Refused, Malformed, Unsupported):
            pass
        if state.way == "digest" or signed is None:
            return
        as_local = self._as_local and not state.distrust
        state.distrust = as_local
        if as_local or expired or (again is not None and abs(again - signed) > _STEP_S):
            raise Refused("login.clock")

    async def _node(self, answer: Answer, call: Call) -> Node:
        """Return what an HTTP answer says, its status and its body taken together."""
        try:
            if len(answer.body) > _ON_LOOP:
                node = await asyncio.to_thread(reader.answer, answer.body, call.name)
            else:
                node = reader.answer(answer.body, call.name)
        except NotAuthorized as refused:
            refused.status = answer.status
            raise
        except Malformed:
            if answer.status < 400:  # noqa: PLR2004  RFC 9110, 15.5
                raise
            raise _by_status(answer.status, call) from None
        return node


def _by_status(status: int, call: Call) -> Refused | Unsupported | Malformed:
    """Return what a bare HTTP status means, where the body says nothing that we can read."""
    if status == UNAUTHORIZED:
        refused = NotAuthorized("answer.call_refused", call=call.name)
        refused.status = status
        return refused
    if status == 403:  # noqa: PLR2004  Forbidden
        return Refused("answer.call_refused", call=call.name)
    if status in (404, 405, 501):
        return Unsupported("answer.call_unsupported", call=call.name)
    return Malformed("answer.http_status", status=status)


@contextlib.asynccontextmanager
async def opened(target: Target) -> AsyncIterator[Session]:
    """Open one probing's session; its connection is closed at the end."""
    async with target.shared.get(HttpLine).talk(target, "onvif") as talk:
        yield Session(target=target, talk=talk)
