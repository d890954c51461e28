"""Reads the configuration's folder whole, and either gives the settings or tells every error of every file at once."""

import pathlib
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from msgspec import inspect
from msgspec.structs import replace

from agent.settings import profiles, rules, tree
from agent.settings.complaint import Complaint, Ledger, Wrong, shown, trail
from agent.settings.document import Node, Scalar, read
from agent.settings.rules import Case
from agent.settings.shape import Mark, Walker
from agent.settings.types import Credential, Inventory, Settings, SinkSettings, SiteFile, Tiers
from probes.device import PROTOCOLS, Block, Device
from probes.policy import FirmwarePolicy, Policy, RetentionPolicy
from probes.words import Phrase


class Kind(NamedTuple):
    """One file of the folder: its name, what it holds, and whether it may be absent or empty."""

    file: str
    type: Any
    required: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "site": Kind("site.yaml", SiteFile, required=True),
    "inventory": Kind("inventory.yaml", Inventory, required=True),
    "policy": Kind("policy.yaml", Policy),
    "firmware": Kind("firmware.yaml", FirmwarePolicy),
    "tiers": Kind("tiers.yaml", Tiers),
}


class Keeper(Protocol):
    """Knows secrets by name (`agent.secrets.Secrets`)."""

    def fault(self, name: str) -> Phrase | None:
        """Return why a secret cannot be had, or None where it can."""


def load(folder: pathlib.Path, *, probes: Collection[str] | None = None, secrets: Keeper | None = None) -> Settings:
    """Return the configuration that `folder` holds.

    `probes` are the names that `every` may use; without them any name passes. With `secrets`, secrets that cannot be
    had are errors too.

    Raises:
        Wrong: something is not as it should be; it holds every error of every file.
    """
    ledger = Ledger()
    if not folder.is_dir():
        ledger.add(str(folder), 0, (), "no_folder")
        raise Wrong(ledger.told(()))
    _stray(folder, ledger)
    roots = _roots(folder, ledger)
    walkers = {name: Walker(file=KINDS[name].file, ledger=ledger) for name in roots}
    values = {name: walkers[name].walk(root, inspect.type_info(KINDS[name].type)) for name, root in roots.items()}
    own = profiles.read_all(folder, ledger)
    policy = values.get("policy", Policy())
    base = policy.retention if isinstance(policy, Policy) else RetentionPolicy()
    known = rules.credentials_of(roots.get("site"), walkers.get("site"))
    case = Case(folder=folder, ledger=ledger, walkers=walkers, roots=roots, policy=base, credentials=known)
    rules.judge(case, probes)
    tree.judge(case)
    if "inventory" in walkers:
        profiles.judge_chosen(walkers["inventory"].marks(Device), own, ledger)
    credentials = {name: mark for name, mark in (known or {}).items() if mark is not None}
    lines = {name: mark.line() for name, mark in credentials.items()}
    if secrets is not None:
        ledger.extend(absent({name: mark.value for name, mark in credentials.items()}, lines, secrets))
    if len(ledger):
        raise Wrong(ledger.told([kind.file for kind in KINDS.values()]))
    site: SiteFile = values["site"]
    return Settings(
        folder=folder,
        site=replace(site, sinks=tuple(_found(sink, folder) for sink in site.sinks)),
        devices=tuple(_finished(mark, base, folder) for mark in walkers["inventory"].marks(Device)),
        policy=policy,
        firmware=values.get("firmware", FirmwarePolicy()),
        tiers=values.get("tiers", {}),
        profiles=own,
        lines=lines,
    )


def _roots(folder: pathlib.Path, ledger: Ledger) -> dict[str, Node]:
    """Return the document of each file that holds one."""
    roots = {}
    for name, kind in KINDS.items():
        before = len(ledger)
        path = folder / kind.file
        if not _exists(path):
            if kind.required:
                ledger.add(kind.file, 0, (), "no_such_file")
            continue
        root = read(path, kind.file, ledger)
        if root is not None and not (isinstance(root, Scalar) and root.empty):
            roots[name] = root
        elif kind.required and len(ledger) == before:
            ledger.add(kind.file, 0, (), "nothing")
    return roots


_Holder = TypeVar("_Holder", Block, SinkSettings)


def _found(holder: _Holder, folder: pathlib.Path) -> _Holder:
    """Return `holder` with its file's name made absolute."""
    return holder if holder.ca is None else replace(holder, ca=str((folder / holder.ca).absolute()))


def _finished(mark: Mark[Device], policy: RetentionPolicy, folder: pathlib.Path) -> Device:
    """Return a device whose blocks find their files and whose retention says all that holds of it."""
    device = mark.value
    changes: dict[str, Any] = {}
    for protocol in PROTOCOLS:
        if (block := device.block(protocol)) is not None and block.ca is not None:
            changes[protocol] = _found(block, folder)
    if device.retention is not None:
        changes["retention"] = rules.merge(policy, device.retention, mark.node.get("retention"))
    return replace(device, **changes) if changes else device


def absent(credentials: Mapping[str, Credential], lines: Mapping[str, int], secrets: Keeper) -> Iterator[Complaint]:
    """Yield a complaint for each secret that one of `credentials` needs and that cannot be had."""
    for name, credential in credentials.items():
        for part in credential.secrets(name):
            if (phrase := secrets.fault(part)) is not None:
                path = trail(("credentials", name))
                yield Complaint(file=KINDS["site"].file, line=lines.get(name, 0), path=path, phrase=phrase)


def _exists(path: pathlib.Path) -> bool:
    """Tell whether something of that name is there, be it a link that leads nowhere."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True  # reading it will say what is wrong
    return True


def _stray(folder: pathlib.Path, ledger: Ledger) -> None:
    """Complain of files whose names are nearly ours: they would be passed over in silence."""
    known = [kind.file for kind in KINDS.values()]
    try:
        found = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        ledger.add(str(folder), 0, (), "unreadable", fault=error.strerror or type(error).__name__)
        return
    absent_files = [file for file in known if file not in found]
    for name in found:
        stem, _, ending = name.rpartition(".")
        if name in known or ending not in {"yaml", "yml"}:
            continue
        meant = [file for file in known if file == f"{stem}.yaml"]
        meant = meant or get_close_matches(f"{stem}.yaml", absent_files, n=1, cutoff=0.85)
        if meant:
            ledger.add(shown(name), 0, (), "stray", hint=Phrase(key="settings.hint_guess", args={"guess": meant[0]}))
