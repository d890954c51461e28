"""Debian's programs that tests run against: found, or the test is skipped with the reason (PEERS=all: it fails)."""

import os
import shutil
from pathlib import Path

import pytest

_ASIDE = ("/usr/sbin", "/usr/local/sbin", "/sbin")  # not on every user's PATH


def peer(name: str) -> Path:
    """Return where the program `name` is."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_ASIDE))
    if found is None:
        reason = f"{name} is not installed (make peers)"
        if os.environ.get("PEERS") == "all":
            pytest.fail(reason)
        pytest.skip(reason)
    return Path(found)
