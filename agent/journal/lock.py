"""Who works on a state directory: one process at a time, and the lock goes with it however it ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from agent.journal import place
from agent.journal.errors import Held

_FILE: Final = "lock"


class Lock:
    """A held lock. Leaving the `with` block, or `release`, gives it back; so does the end of the process."""

    def __init__(self, handle: int) -> None:
        """Take the locked file; see `lock`."""
        self._handle = handle

    def release(self) -> None:
        """Give it back; a second time does nothing. The file stays: unlinking it would let two hold it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        """Return itself, held already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        self.release()


def lock(folder: Path) -> Lock:
    """Hold the state directory `folder`, which is made where there is none. Never waits.

    Raises:
        Held: another process holds it.
        Unwritable: the file cannot be made.
    """
    place.make(folder)
    try:
        handle = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT, 0o640)
    except OSError as fault:
        raise place.refusal(fault, folder) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
        os.close(handle)
        raise Held(path=str(folder), holder=holder or "?") from None
    except OSError as fault:  # a full disk: who holds it could not be written, but it cannot be held either
        os.close(handle)
        raise place.refusal(fault, folder) from None
    return Lock(handle)
