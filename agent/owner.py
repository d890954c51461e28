"""Lets root go on as the owner of a folder: what it writes is the owner's, what it may read stays as it was."""

import ctypes
import os
import pwd
from pathlib import Path
from typing import Final

_PR_SET_KEEPCAPS: Final = 8  # prctl(2)
_VERSION_3: Final = 0x20080522  # capset(2)
_DAC_READ_SEARCH: Final = 1 << 2  # capabilities(7)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def become(folder: Path) -> None:
    """As root, become the owner of `folder` for good; do nothing as somebody else, or where it is root's or not there.

    One right of root's is kept where the kernel lets us, to read files: secrets, certificates and the program itself
    may lie where only root can look, while every file that is made belongs to the owner.

    Raises:
        OSError: the system does not let us.
    """
    if os.geteuid() != 0:
        return
    try:
        owner = folder.stat()
    except OSError:
        return
    if owner.st_uid == 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.initgroups(_name(owner.st_uid), owner.st_gid)
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
    rights = (_Data * 2)(_Data(_DAC_READ_SEARCH, _DAC_READ_SEARCH, 0), _Data(0, 0, 0))
    if libc.capset(ctypes.byref(_Header(_VERSION_3, 0)), rights) != 0:
        none = (_Data * 2)()
        libc.capset(ctypes.byref(_Header(_VERSION_3, 0)), none)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
