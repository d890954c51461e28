"""What the services of one camera share, and how a service declares its operations."""

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Literal

import msgspec

from tests.site.clock import DriftingClock
from tests.site.onvif.quirks import Quirks
from tests.site.onvif.soap import Call
from tests.site.onvif.spec import CameraSpec

Access = Literal["anyone", "user", "administrator"]


@dataclasses.dataclass(kw_only=True, slots=True)
class Subscription:
    """One PullPoint: messages wait in it until they are pulled or it runs out (unix seconds, real time)."""

    number: int
    ends_at: float
    waiting: list[str] = dataclasses.field(default_factory=list)
    rung: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)


@dataclasses.dataclass(kw_only=True, slots=True)
class State:
    """One camera at a moment; `authority` is HOST:PORT as the camera really listens."""

    spec: CameraSpec
    quirks: Quirks
    clock: DriftingClock
    authority: str
    scheme: str = "http"
    subscriptions: dict[int, Subscription] = dataclasses.field(default_factory=dict)
    leaked: int = 0  # subscriptions that ran out without being unsubscribed
    frozen: bool = False
    numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def xaddr(self, path: str) -> str:
        """Return the address of a service as the camera tells it, true or not."""
        quirks = self.quirks
        return f"{quirks.xaddr_scheme or self.scheme}://{quirks.xaddr_authority or self.authority}{path}"

    @property
    def host(self) -> str:
        """The address that the camera listens on."""
        return self.authority.rpartition(":")[0]


Handler = Callable[[State, Call], str | Awaitable[str]]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call, and what is answered: the inside of the SOAP body."""

    access: Access = "user"
    answer: Handler


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One ONVIF service: where it lives, which version, what it can do.

    `capabilities` is the element that GetServices includes.
    """

    namespace: str
    path: str
    version: tuple[int, int]
    capabilities: str
    operations: Mapping[str, Operation]
