"""Debian's snmpd on a free port of loopback, with a persistent directory of its own, for as long as a test needs it."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from tests.peers import peer
from tests.site import ber

LOCATION = "Local technique 2"


@dataclasses.dataclass(frozen=True, kw_only=True)
class V3User:
    """A user as snmpd's createUser takes it."""

    name: str
    auth: str = "SHA-256"
    secret: str = "maple-harbour-9"
    privacy: str = "AES"
    privacy_secret: str = "quiet-lantern-4"

    @property
    def lines(self) -> str:
        level = "priv" if self.privacy else "auth" if self.auth else "noauth"
        words = [self.name]
        if self.auth:
            words += [self.auth, self.secret]
        if self.privacy:
            words += [self.privacy, self.privacy_secret]
        return f"createUser {' '.join(words)}\nrouser {self.name} {level} .1.3.6\n"


@contextlib.asynccontextmanager
async def snmpd(folder: Path, *users: V3User, engine: str = "one", port: int = 0) -> AsyncIterator[int]:
    """Run snmpd with the community `maple` and `users`; yields its port once it answers."""
    program = peer("snmpd")
    port = port or _free()
    home = folder / engine
    home.mkdir(exist_ok=True)
    settings = home / "snmpd.conf"
    settings.write_text(
        f"agentaddress udp:127.0.0.1:{port}\nengineID {engine}\nrocommunity maple 127.0.0.1\n"
        f"sysLocation {LOCATION}\nsysName site-server\n" + "".join(user.lines for user in users)
    )
    process = await asyncio.create_subprocess_exec(
        program, "-f", "-C", "-c", settings, "-Lf", home / "log", "-I", "-smux,mteTrigger,mteTriggerConf",
        "-p", home / "pid",
        env={**os.environ, "SNMP_PERSISTENT_DIR": str(home), "MIBS": ""},
    )  # fmt: skip
    try:
        await _answers(port, process)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()


def _free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _answers(port: int, process: asyncio.subprocess.Process) -> None:
    """Wait until a GET of sysUpTime is answered."""
    name = ber.tlv(ber.OID, ber.oid_body((1, 3, 6, 1, 2, 1, 1, 3, 0))) + ber.tlv(ber.NULL, b"")
    listing = ber.tlv(ber.SEQUENCE, ber.tlv(ber.SEQUENCE, name))
    pdu = ber.tlv(0xA0, ber.integer(1) + ber.integer(0) + ber.integer(0) + listing)
    ask = ber.tlv(ber.SEQUENCE, ber.integer(1) + ber.tlv(ber.OCTETS, b"maple") + pdu)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0)
        await loop.sock_connect(probe, ("127.0.0.1", port))
        for _ in range(200):
            assert process.returncode is None, "snmpd ended at once"
            with contextlib.suppress(OSError, TimeoutError):
                await loop.sock_sendall(probe, ask)
                await asyncio.wait_for(loop.sock_recv(probe, 4096), 0.05)
                return
            await asyncio.sleep(0.02)
    raise AssertionError("snmpd does not answer")
