"""Simulated SNMP agents (v1 and v2c) on real UDP sockets, replaying recorded walks, with faults as arguments."""

import asyncio
import dataclasses
import random
from pathlib import Path
from typing import Final, Self, cast

from tests.site import ber
from tests.site.walk import Walk, varbind

GET, NEXT, ANSWER, BULK = 0xA0, 0xA1, 0xA2, 0xA5
TOO_BIG, NO_SUCH_NAME, GENERAL = 1, 2, 5
CEILING: Final = 1472  # bytes of one answer: what fits an Ethernet frame, as agents keep to


@dataclasses.dataclass(kw_only=True)
class Faults:
    """What goes wrong with an agent. Each may be changed while it runs."""

    silent: bool = False
    drop: float = 0.0  # share of the requests that is lost
    lose: int = 0  # so many of the next requests are lost
    delay: float = 0.0  # seconds before each answer
    late: int = 0  # so many of the next answers come `lateness` late, each with a value of its own time
    lateness: float = 0.3
    garbage: bytes | None = None  # sent in place of every answer
    truncate: int | None = None  # bytes of the answer that are sent
    repeat: bool = False  # GETNEXT from an existing OID gives that OID again
    backwards: bool = False  # GETNEXT goes down
    endless: bool = False  # GETNEXT always finds one more row
    elsewhere: bool = False  # answers come from another port
    wrong_type: bool = False  # every value is a text
    bulk: str = "full"  # full, silent (no answer to GETBULK), error (genErr)
    too_big: int | None = None  # more varbinds than these are answered with tooBig
    status: int = 0  # every request is answered with this error-status
    foreign: bool = False  # answers name other OIDs than were asked
    other_request: bool = False  # answers carry another request-id


class SnmpAgent:
    """One agent. Use as an async context manager; `port` is known inside, `asked` counts the requests."""

    def __init__(
        self,
        *,
        walk: Walk | Path | str = "",
        address: str = "127.0.0.1",
        port: int = 0,
        community: str = "public",
        faults: Faults | None = None,
    ) -> None:
        """Answer from `walk`: an encoded one, the path of a recording, or its text."""
        self.walk = Walk.read(walk) if isinstance(walk, Path) else Walk(walk) if isinstance(walk, str) else walk
        self.address, self.port = address, port
        self.community = community.encode()
        self.faults = faults or Faults()
        self.asked = 0
        self.bulks = 0
        self._chance = random.Random(7)  # noqa: S311  loss that repeats from run to run
        self._transport: asyncio.DatagramTransport | None = None
        self._aside: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Ear(self), local_addr=(self.address, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for transport in (self._transport, self._aside):
            if transport is not None:
                transport.close()
        self._transport = self._aside = None
        await asyncio.sleep(0)

    def set(self, oid: str, value: int | str | bytes | None, kind: str = "") -> None:
        """Change one value while running (a disk fails); None takes it out. `kind` is snmprec's (2 or 4 by default)."""
        if value is None:
            encoded = None
        elif isinstance(value, bytes):
            encoded = ber.tlv(ber.OCTETS, value)
        else:
            encoded = ber.value(kind or ("2" if isinstance(value, int) else "4"), str(value))
        self.walk = self.walk.changed(oid, encoded)

    def heard(self, datagram: bytes, peer: tuple[str, int]) -> None:
        """Answer one request, or do what the faults say."""
        self.asked += 1
        faults = self.faults
        if faults.silent or (faults.drop and self._chance.random() < faults.drop):
            return
        if faults.lose:
            faults.lose -= 1
            return
        answer = self.answer(datagram)
        if answer is None:
            return
        if faults.garbage is not None:
            answer = faults.garbage
        if faults.truncate is not None:
            answer = answer[: faults.truncate]
        wait = faults.delay
        if faults.late:
            faults.late -= 1
            wait += faults.lateness
        if faults.elsewhere:
            asyncio.ensure_future(self._astray(answer, peer))  # noqa: RUF006  ends with the loop
        elif wait:
            asyncio.get_running_loop().call_later(wait, self._send, answer, peer)
        else:
            self._send(answer, peer)

    def _send(self, answer: bytes, peer: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(answer, peer)

    async def _astray(self, answer: bytes, peer: tuple[str, int]) -> None:
        if self._aside is None:
            loop = asyncio.get_running_loop()
            self._aside, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(self.address, 0))
        self._aside.sendto(answer, peer)

    def answer(self, datagram: bytes) -> bytes | None:
        """Return the answer to one request; None where a real agent would stay silent."""
        try:
            return self._answer(datagram)
        except (IndexError, ValueError):
            return None

    def _answer(self, datagram: bytes) -> bytes | None:
        _, at, _ = ber.header(datagram)
        _, start, at = ber.header(datagram, at)
        version = datagram[start]
        _, start, end = ber.header(datagram, at)
        if version > 1 or datagram[start:end] != self.community:
            return None
        head = datagram[start - (start - at) : end]
        tag, at, _ = ber.header(datagram, end)
        _, start, request_end = ber.header(datagram, at)
        request = datagram[at:request_end]
        if self.faults.other_request:
            request = ber.integer(int.from_bytes(datagram[start:request_end], "big", signed=True) ^ 1)
        _, start, at = ber.header(datagram, request_end)
        first = int.from_bytes(datagram[start:at], "big")
        _, start, at = ber.header(datagram, at)
        second = int.from_bytes(datagram[start:at], "big")
        listing = datagram[at:]
        names = _names(datagram, at)
        status, index, body = self._respond(version, tag, names, (first, second))
        if status:
            _, start, _ = ber.header(listing)
            body = listing[start:] if status != TOO_BIG or version == 0 else b""
        pdu = ber.tlv(ANSWER, request + ber.integer(status) + ber.integer(index) + ber.tlv(ber.SEQUENCE, body))
        return ber.tlv(ber.SEQUENCE, bytes((ber.INTEGER, 1, version)) + head + pdu)

    def _respond(self, version: int, tag: int, names: list[bytes], bulk: tuple[int, int]) -> tuple[int, int, bytes]:
        faults = self.faults
        if faults.status:
            return faults.status, 1, b""
        if faults.too_big is not None and len(names) * (bulk[1] if tag == BULK else 1) > faults.too_big:
            return TOO_BIG, 0, b""
        if tag == GET:
            return self._get(version, names)
        if tag == NEXT:
            return self._next(version, names)
        if tag == BULK and version == 1:
            self.bulks += 1
            if faults.bulk == "silent":
                raise ValueError
            return (GENERAL, 1, b"") if faults.bulk == "error" else (0, 0, self._bulk(names, *bulk))
        raise ValueError

    def _get(self, version: int, names: list[bytes]) -> tuple[int, int, bytes]:
        walk = self.walk
        found: list[bytes] = []
        for position, name in enumerate(names):
            at = walk.where.get(name)
            if at is not None:
                found.append(self._spoilt(name) or walk.varbinds[at])
            elif version == 0:
                return NO_SUCH_NAME, position + 1, b""
            else:
                found.append(varbind(name, ber.NO_SUCH_OBJECT))
        return 0, 0, b"".join(found)

    def _next(self, version: int, names: list[bytes]) -> tuple[int, int, bytes]:
        found: list[bytes] = []
        for position, name in enumerate(names):
            _, row = self._step(name)
            if row is None:
                if version == 0:
                    return NO_SUCH_NAME, position + 1, b""
                row = varbind(name, ber.END_OF_MIB)
            found.append(row)
        return 0, 0, b"".join(found)

    def _bulk(self, names: list[bytes], steady: int, repetitions: int) -> bytes:
        size = 0
        found: list[bytes] = []
        cursors = list(names)
        for turn in range(max(repetitions, 1 if steady else 0)):
            for position, name in enumerate(cursors):
                if position < steady and turn:
                    continue
                after, row = self._step(name)
                encoded = row or varbind(name, ber.END_OF_MIB)
                size += len(encoded)
                if size > CEILING and found:
                    return b"".join(found)
                cursors[position] = after
                found.append(encoded)
        return b"".join(found)

    def _step(self, name: bytes) -> tuple[bytes, bytes | None]:
        walk, faults = self.walk, self.faults
        if faults.endless:
            *rest, last = ber.oid_parts(name)
            body = ber.oid_body((*rest, last + 1) if len(rest) > 12 else (*rest, last, *[1] * (13 - len(rest))))
            return body, varbind(body, ber.integer(1))
        at = walk.after(name)
        known = name in walk.where
        if faults.repeat and known:
            at -= 1
        if faults.backwards:
            at = at - 2 if known else min(at + 2, len(walk.keys) - 1)
        if at >= len(walk.keys):
            return name, None
        return walk.bodies[at], self._spoilt(walk.bodies[at]) or walk.varbinds[at]

    def _spoilt(self, name: bytes) -> bytes | None:
        if self.faults.wrong_type:
            return varbind(name, ber.tlv(ber.OCTETS, b"15 PERCENT"))
        if self.faults.foreign:
            return varbind(ber.oid_body((1, 3, 6, 1, 99)), ber.integer(1))
        return None


def _names(datagram: bytes, at: int) -> list[bytes]:
    _, at, end = ber.header(datagram, at)
    names = []
    while at < end:
        _, inner, at = ber.header(datagram, at)
        _, start, stop = ber.header(datagram, inner)
        names.append(datagram[start:stop])
    return names


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, agent: SnmpAgent) -> None:
        self._agent = agent

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self._agent.heard(data, cast("tuple[str, int]", addr))
