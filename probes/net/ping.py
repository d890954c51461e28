"""ICMP echo where the kernel permits it to an ordinary user; nobody is asked to be root for it."""

import asyncio
import os
import socket
import struct
from typing import Final

from probes.errors import Unreachable, Unsupported

PATIENCE_S: Final = 1.0
TRIES: Final = 3
_ECHO = {socket.AF_INET: (socket.IPPROTO_ICMP, 8, 0), socket.AF_INET6: (socket.IPPROTO_ICMPV6, 128, 129)}


def _checksum(packet: bytes) -> int:
    """Return the internet checksum (RFC 1071) of `packet`, whose length is even."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _open(family: socket.AddressFamily) -> socket.socket:
    """Return an unprivileged ICMP socket."""
    protocol = _ECHO[family][0]
    try:
        opened = socket.socket(family, socket.SOCK_DGRAM, protocol)
    except OSError as fault:
        raise Unsupported("answer.no_icmp") from fault
    opened.settimeout(0)
    return opened


async def ping(host: str, *, patience_s: float = PATIENCE_S, tries: int = TRIES) -> float:
    """Send up to `tries` echo requests (RFC 792, RFC 4443) and return the round trip in seconds of the first answered.

    Raises:
        Unreachable: none was answered, or `host` has no address.
        Unsupported: the kernel permits this user no ICMP (net.ipv4.ping_group_range).
    """
    loop = asyncio.get_running_loop()
    try:
        family, _, _, _, address = (await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM))[0]
    except OSError as fault:
        raise Unreachable("answer.no_address", host=host) from fault
    with _open(family) as opened:
        try:
            opened.connect(address)
            for number in range(tries):
                rtt = await _echo(opened, family, number, patience_s)
                if rtt is not None:
                    return rtt
        except OSError as fault:
            raise Unreachable("answer.no_route", reason=str(fault.strerror)) from fault
    raise Unreachable


async def _echo(opened: socket.socket, family: socket.AddressFamily, number: int, patience_s: float) -> float | None:
    """Send one request and wait for the answer that carries its token; None where none comes in time."""
    loop = asyncio.get_running_loop()
    _, request, reply = _ECHO[family]
    token = os.urandom(16)
    head = struct.pack("!BBHHH", request, 0, 0, 0, number)
    # The kernel fills in identifier and, for IPv6, the checksum; for IPv4 it recomputes ours.
    await loop.sock_sendall(opened, head[:2] + struct.pack("!H", _checksum(head + token)) + head[4:] + token)
    sent = loop.time()
    try:
        async with asyncio.timeout(patience_s):
            while True:
                answer = await loop.sock_recv(opened, 256)
                if len(answer) >= 8 and answer[0] == reply and answer[8:24] == token:  # noqa: PLR2004  ICMP header
                    return loop.time() - sent
    except TimeoutError:
        return None
