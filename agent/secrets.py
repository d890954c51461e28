"""Finds secrets by name where they are kept apart from the configuration, and refuses those that others can read."""

import os
import pathlib
import stat
from collections.abc import Iterator, Mapping
from typing import Final

from agent.settings import Complaint, Credential, Settings, Wrong, absent
from probes.device import PROTOCOLS, Block, Device
from probes.probe import Login, Secret
from probes.words import Argument, Phrase, utter

_LARGEST: Final = 64 * 1024
_FOLDER: Final = "secrets"


class Untold(Exception):
    """A secret cannot be had. `phrase` says why, without a word of the secret."""

    def __init__(self, key: str, /, **args: Argument) -> None:
        """Take the sentence `secrets.KEY` and what fills its gaps."""
        self.phrase = Phrase(key=f"secrets.{key}", args=args)
        super().__init__(utter(self.phrase))


class Secrets:
    """The three places where a secret may be, in this order; the first that has it decides, also when it is wrong.

    systemd's `$CREDENTIALS_DIRECTORY/NAME`, then `secrets/NAME` in the configuration's folder (for its owner's eyes
    only), then `SITEWARDEN_SECRET_NAME` of the environment. Secrets are read when asked for and not kept.
    """

    def __init__(self, folder: pathlib.Path, environment: Mapping[str, str] | None = None) -> None:
        """Take the configuration's folder and the environment, by default that of the process."""
        self._folder = folder / _FOLDER
        self._environment = os.environ if environment is None else environment

    def fault(self, name: str) -> Phrase | None:
        """Return why the secret called `name` cannot be had, or None where it can."""
        try:
            self.get(name)
        except Untold as untold:
            return untold.phrase
        return None

    def get(self, name: str) -> Secret:
        """Return the secret called `name` (`cams`, `core.auth`), less one newline at its end.

        Raises:
            Untold: it is nowhere, empty, too large, not UTF-8, cannot be read, or others can read it.
        """
        handed = self._environment.get("CREDENTIALS_DIRECTORY")
        variable = variable_of(name)
        text = None
        if handed:
            text = _from_file(pathlib.Path(handed) / name, private=False)
        if text is None:
            text = _from_file(self._folder / name, private=True)
        if text is None:
            text = self._environment.get(variable)
        if text is None:
            raise Untold("missing", name=name, file=str(self._folder / name), variable=variable)
        secret = text.removesuffix("\n").removesuffix("\r")
        if not secret:
            raise Untold("empty", name=name)
        return Secret(secret)


def check_secrets(settings: Settings, secrets: Secrets) -> tuple[Complaint, ...]:
    """Return a complaint for each secret that a credential of `settings` needs and that cannot be had."""
    return tuple(absent(settings.site.credentials, settings.lines, secrets))


def logins(settings: Settings, secrets: Secrets) -> Mapping[str, Mapping[str, Login]]:
    """Return by device id, then by protocol, the login of every block that names a credential.

    Raises:
        agent.settings.Wrong: secrets cannot be had; it tells of all of them.
    """
    used = {block.credential for device in settings.devices for _, block in _blocks(device) if block.credential}
    credentials = settings.site.credentials
    if wrong := tuple(absent({name: credentials[name] for name in sorted(used)}, settings.lines, secrets)):
        raise Wrong(wrong)
    made = {name: _login(name, credentials[name], secrets) for name in used}
    return {
        device.id: {protocol: made[block.credential] for protocol, block in _blocks(device) if block.credential}
        for device in settings.devices
    }


def _blocks(device: Device) -> Iterator[tuple[str, Block]]:
    return ((protocol, block) for protocol in PROTOCOLS if (block := device.block(protocol)) is not None)


def _login(name: str, credential: Credential, secrets: Secrets) -> Login:
    told = {part: secrets.get(part) for part in credential.secrets(name)}
    return Login(
        name=name,
        username=credential.username or "",
        secret=told.get(name) or told.get(f"{name}.auth"),
        snmp=credential.snmp or "v2c",
        auth=credential.auth or "",
        privacy=credential.privacy or "",
        privacy_secret=told.get(f"{name}.privacy"),
    )


def variable_of(name: str) -> str:
    """Return the environment variable that may hold the secret `name`: `core.auth` is SITEWARDEN_SECRET_CORE_AUTH."""
    return "SITEWARDEN_SECRET_" + name.upper().replace("-", "_").replace(".", "_")


def _from_file(path: pathlib.Path, *, private: bool) -> str | None:
    """Return what `path` holds, or None where there is no such file; `private`: refuse it when others can read it."""
    try:
        # Non-blocking: a pipe of that name must not hold us up. What is opened is what is judged, not the name.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Untold("unreadable", file=str(path), fault=error.strerror or type(error).__name__) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Untold("no_file", file=str(path))
        mode = stat.S_IMODE(status.st_mode)
        if private and mode & 0o077:
            raise Untold("open_to_others", file=str(path), mode=f"{mode:04o}")
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            raw = stream.read(_LARGEST + 1)
    except OSError as error:
        raise Untold("unreadable", file=str(path), fault=error.strerror or type(error).__name__) from None
    finally:
        os.close(descriptor)
    if len(raw) > _LARGEST:
        raise Untold("too_large", file=str(path), limit=_LARGEST // 1024)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Untold("not_text", file=str(path)) from None
    if "\0" in text:
        raise Untold("not_text", file=str(path))
    return text
