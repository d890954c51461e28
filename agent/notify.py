"""What systemd is told over its notify socket, sd_notify(3): ready, alive, reloading, stopping, a line of state."""

import os
import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger(__name__)


class Notifier:
    """Speaks to the socket that `environment` names; says nothing where there is none."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Read NOTIFY_SOCKET and WATCHDOG_USEC from `environment` (the process's own by default)."""
        env = os.environ if environment is None else environment
        address = env.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the NUL of the abstract namespace.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        limit = env.get("WATCHDOG_USEC", "")
        self.watchdog_s = int(limit) / 1e6 / 2 if limit.isdigit() and int(limit) else None

    def tell(self, **fields: str) -> None:
        """Send `fields` in one datagram, as `tell(READY="1", STATUS="...")`. A deaf socket is logged, never fatal."""
        if not self._address:
            return
        message = "\n".join(f"{name}={value}" for name, value in fields.items()).encode()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.settimeout(1.0)
                line.sendto(message, self._address)
        except OSError as fault:
            log.warning("notify_failed", reason=str(fault))
