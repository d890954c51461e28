"""Whether a TCP port answers, and how fast."""

import asyncio
import errno
from typing import Final

from probes.errors import Unreachable

#: Long enough for the kernel to send a lost SYN again twice (after 1 s and after 3 s): one lost packet makes no outage.
PATIENCE_S: Final = 5.0
_KEYS: Final = {
    errno.ECONNREFUSED: "answer.port_refused",
    errno.EHOSTUNREACH: "answer.no_route",
    errno.ENETUNREACH: "answer.no_route",
    errno.ETIMEDOUT: "answer.port_silent",
}


async def connects(host: str, port: int, *, patience_s: float = PATIENCE_S) -> float:
    """Open a connection, close it at once, and return the seconds that opening it took.

    Raises:
        Unreachable: refused, no route, no such name, or silent for `patience_s`.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        async with asyncio.timeout(patience_s):
            transport, _ = await loop.create_connection(asyncio.Protocol, host, port)
    except TimeoutError:
        raise Unreachable("answer.port_silent", port=port) from None
    except OSError as fault:
        raise Unreachable(
            _KEYS.get(fault.errno or 0, "answer.port_failed"), port=port, reason=str(fault.strerror or fault)
        ) from None
    took = loop.time() - begun
    transport.close()
    return took
