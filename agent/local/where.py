"""Where the local socket is, who may speak on it, and how it comes into being without a moment of being open to all."""

import contextlib
import grp
import os
import pwd
import socket
import stat
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

NAME: Final = "sitewarden.sock"
GROUP: Final = "sitewarden"
_LONGEST: Final = 100  # sun_path holds 108 bytes
_STATE_ROOT, _RUN_ROOT = Path("/var/lib"), Path("/run")
_ALL_USERS: Final = "0 0 4294967295"


class Taken(Exception):
    """Another process answers on this socket."""


def place(state: Path, environment: Mapping[str, str]) -> Path:
    """Return where a service listens: in `$RUNTIME_DIRECTORY` (its first), else in its state directory."""
    given = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return (Path(given) if given else state) / NAME


def places(state: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return where the service of a state directory may listen, likeliest first.

    systemd gives a unit /var/lib/NAME and /run/NAME under one name, and only the unit itself has the variable.
    """
    found = [place(state, environment), state / NAME]
    if state.parent == _STATE_ROOT:
        found.append(_RUN_ROOT / state.name / NAME)
    return tuple(dict.fromkeys(found))


@contextlib.contextmanager
def short(path: Path) -> Iterator[str]:
    """Yield a name of `path` that fits into a socket's address, however deep its folder lies."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def listening(path: Path, *, group: str = GROUP) -> socket.socket:
    """Return a socket that listens at `path`, open to us, to root and to `group` where there is such a group.

    It is made under another name and moved into place, so that nobody ever meets it half-made; what a killed service
    left behind is replaced.

    Raises:
        Taken: somebody answers there.
        OSError: it cannot be made.
    """
    if _answers(path):
        raise Taken(str(path))
    fresh = path.with_name(f".{NAME}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        with short(fresh) as name:
            line.bind(name)
        with contextlib.suppress(KeyError, PermissionError, OSError):
            # Without the group, or without leave to give it the socket, it stays our own.
            os.chown(fresh, -1, grp.getgrnam(group).gr_gid)
        fresh.chmod(0o660)
        line.listen(16)
        fresh.replace(path)
    except BaseException:
        line.close()
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    return line


def _answers(path: Path) -> bool:
    """Tell whether somebody listens; a file without a listener is what a killed service leaves."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line, short(path) as name:
            line.settimeout(1.0)
            line.connect(name)
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    except OSError:
        return True
    return True


def peer(line: socket.socket) -> tuple[int, int]:
    """Return the user and the group of the process at the other end (unix(7), SO_PEERCRED)."""
    told = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, gid = struct.unpack("3i", told)
    return uid, gid


def admitted(uid: int, gid: int, *, group: str = GROUP) -> bool:
    """Tell whether a user may speak with the service: root, the service's own user, and the members of `group`.

    This is the second lock behind the socket's mode. In a user namespace of our own (PrivateUsers=) other users have
    no number that we could look up, and the mode alone decides.
    """
    if uid in {0, os.geteuid()}:
        return True
    with contextlib.suppress(KeyError):
        wanted = grp.getgrnam(group).gr_gid
        if gid == wanted or wanted in os.getgrouplist(pwd.getpwuid(uid).pw_name, gid):
            return True
    return uid == _overflow() and not _sees_all_users()


def _overflow() -> int:
    return int(_read("/proc/sys/kernel/overflowuid") or 65_534)


def _sees_all_users() -> bool:
    return _read("/proc/self/uid_map").split() == _ALL_USERS.split()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""
