"""Reads the vendor profiles that a site adds in its folder `profiles`, and tells what is wrong with them by line."""

import pathlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from agent.settings.complaint import Complaint, Ledger
from agent.settings.document import Mapping as MappingNode
from agent.settings.document import Node, Scalar, Sequence, compose, text_of
from agent.settings.shape import Mark
from probes.device import Device
from probes.words import Phrase

FOLDER: Final = "profiles"
_INDEX: Final = re.compile(r"\[(\d{1,9})\]")


def read_all(folder: pathlib.Path, ledger: Ledger) -> Mapping[str, str]:
    """Return the texts of the site's profiles by name, the file's stem; `ledger` gets what is wrong with them.

    A profile that is shipped word for word is passed over: it is in force already.
    """
    try:
        paths = sorted(path for path in (folder / FOLDER).iterdir() if path.name.endswith(".yaml"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        ledger.add(FOLDER, 0, (), "unreadable", fault=error.strerror or type(error).__name__)
        return {}
    if not paths:
        return {}
    from probes.profile import shipped  # noqa: PLC0415  most sites have no profiles of their own

    known = shipped().texts
    texts: dict[str, str] = {}
    roots: dict[str, Node] = {}
    for path in paths:
        file, before = f"{FOLDER}/{path.name}", len(ledger)
        text = text_of(path, file, ledger)
        if text is not None and known.get(path.stem) == text:
            continue  # what is shipped is known to be right
        root = compose(text, file, ledger) if text is not None else None
        if len(ledger) > before:
            continue
        if text is None or root is None or (isinstance(root, Scalar) and root.empty):
            ledger.add(file, 0, (), "nothing")
            continue
        texts[path.stem], roots[path.stem] = text, root
    if texts:
        _judge(texts, roots, ledger)
    return texts


def judge_chosen(marks: Iterable[Mark[Device]], own: Mapping[str, str], ledger: Ledger) -> None:
    """Complain of devices that name a profile which is neither shipped nor the site's."""
    chosen = [mark for mark in marks if mark.value.profile is not None and mark.value.profile not in own]
    if not chosen:
        return
    from probes.profile import shipped  # noqa: PLC0415  as above

    names = tuple(shipped())
    for mark in chosen:
        name = mark.value.profile or ""
        if name not in names:
            hint = ledger.hint(name, (*names, *own))
            ledger.add(mark.file, mark.line("profile"), (*mark.path, "profile"), "unknown_profile", hint=hint)


def _judge(texts: Mapping[str, str], roots: Mapping[str, Node], ledger: Ledger) -> None:
    from probes.profile import Broken, Shelf, read, shipped  # noqa: PLC0415  as above

    sound = {}
    for name, text in texts.items():
        try:
            written, wrong = read(msgspec.yaml.decode(text))
            if not wrong:
                Shelf(texts={name: text})
        except Broken as broken:
            written, wrong = None, list(broken.complaints)
        except (msgspec.MsgspecError, ValueError):  # a day or number that YAML knows and Python does not
            ledger.add(f"{FOLDER}/{name}.yaml", 0, (), "yaml")
            continue
        if written is not None and not wrong:
            sound[name] = text
        _tell(name, roots[name], wrong, ledger)
    joined = shipped().plus(sound)
    for name in sound:
        _tell(name, roots[name], joined.complaints(name), ledger)


def _tell(name: str, root: Node, wrong: Iterable[tuple[str, Phrase]], ledger: Ledger) -> None:
    file = f"{FOLDER}/{name}.yaml"
    ledger.extend(Complaint(file=file, line=line_of(root, path), path=path, phrase=phrase) for path, phrase in wrong)


def line_of(node: Node, path: str) -> int:
    """Return the line of what `path` (`match[0].sysDescr`, keys may hold dots) leads to, or of what is nearest."""
    line = node.line
    while path:
        if isinstance(node, Sequence) and (found := _INDEX.match(path)) and int(found[1]) < len(node.items):
            node, path = node.items[int(found[1])], path[found.end() :].removeprefix(".")
            line = node.line
        elif isinstance(node, MappingNode):
            keys = [key for key in node.entries if path == key or path.startswith((f"{key}.", f"{key}["))]
            if not keys:
                break
            key = max(keys, key=len)
            line, node, path = node.entries[key][0].line, node.entries[key][1], path[len(key) :].removeprefix(".")
        else:
            break
    return line
