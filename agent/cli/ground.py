"""What several commands stand on: the configuration, the state directory, who may work there; logging for people."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agent.cli.desk import Desk
from agent.exits import BUSY, CANNOT_WRITE, CONFIGURATION, DATA, FORBIDDEN, Stop, failure
from agent.journal import Absent, Damaged, Held, JournalError, TooNew
from agent.logs import Redactor, configure
from agent.owner import become
from agent.secrets import Secrets, Untold
from agent.settings import Credential, Settings, Wrong, load
from probes.probe import Secret


def settings(folder: Path, *, secrets: Secrets | None = None, probes: Iterable[str] | None = None) -> Settings:
    """Return the configuration; with `secrets` those that are missing are errors, with `probes` unknown names as well.

    Raises:
        Stop: it is wrong (78); every error is told.
    """
    try:
        return load(folder, secrets=secrets, probes=None if probes is None else tuple(probes))
    except Wrong as wrong:
        raise Misconfigured(wrong) from None


class Misconfigured(Stop):
    """A configuration that cannot be used; its complaints know their language themselves."""

    def __init__(self, wrong: Wrong) -> None:
        """Take what `load` said."""
        super().__init__(CONFIGURATION)
        self._wrong = wrong

    def said(self, lang: str) -> list[str]:
        """Return every complaint, one a line, as editors understand them."""
        return [complaint.said(lang) for complaint in self._wrong.complaints]


@contextmanager
def journal_faults(folder: Path) -> Iterator[None]:
    """Turn what goes wrong with the journal in `folder` into one clear sentence and its exit code."""
    try:
        yield
    except Held as held:
        raise failure(BUSY, "cli.held", path=str(folder), holder=held.phrase.args.get("holder", "?")) from None
    except (Damaged, TooNew, Absent) as fault:
        raise Stop(DATA, fault.phrase) from None
    except JournalError as fault:
        why = str(fault.phrase.args.get("fault", ""))
        if why and not why.startswith("SQLITE"):  # the operating system's word: the folder is at fault, not the disk
            raise failure(CANNOT_WRITE, "cli.no_state", path=str(folder), fault=why) from None
        raise Stop(CANNOT_WRITE, fault.phrase) from None
    except PermissionError as fault:
        raise failure(FORBIDDEN, "cli.no_look", path=str(folder), fault=fault.strerror or "?") from None


class Carried(Secrets):
    """Secrets that were read at once: who becomes another user later may not be able to read them any more."""

    def __init__(self, folder: Path, environment: Mapping[str, str], credentials: Mapping[str, Credential]) -> None:
        """Read all that `credentials` need."""
        super().__init__(folder, environment)
        self._held: dict[str, Secret | Untold] = {}
        for name, credential in credentials.items():
            for part in credential.secrets(name):
                try:
                    self._held[part] = super().get(part)
                except Untold as untold:
                    self._held[part] = untold

    def get(self, name: str) -> Secret:
        """Return the secret as it was then.

        Raises:
            Untold: it could not be had then, or nobody thought of it.
        """
        held = self._held.get(name)
        if held is None:
            return super().get(name)
        if isinstance(held, Untold):
            raise held
        return held

    def all(self) -> list[Secret]:
        """Return those that there are."""
        return [held for held in self._held.values() if isinstance(held, Secret)]


def become_owner(state: Path) -> None:
    """Started as root, go on as the owner of the state directory, so that the service can still write there later.

    Raises:
        Stop: the system does not let us.
    """
    try:
        become(state)
    except OSError as fault:
        raise failure(CANNOT_WRITE, "cli.become", path=str(state), fault=fault.strerror or "?") from None


@contextmanager
def private_files() -> Iterator[None]:
    """Let files that are made inside be for their owner's eyes only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def quiet_logs(desk: Desk, secrets: Iterable[Secret] = ()) -> Redactor:
    """Log warnings only, on stderr: a person reads what the command prints."""
    redactor = Redactor(secrets)
    configure(level="warning", tracebacks=bool(desk.env.get("SITEWARDEN_DEBUG")), stream=desk.err, redactor=redactor)
    return redactor
