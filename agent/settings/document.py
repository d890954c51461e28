"""Reads one YAML file into nodes that know their lines, within bounds, and says what is wrong with it as YAML.

Only the plain part of YAML is taken: mappings, lists and scalars. Tags, anchors, aliases, directives and a second
document are refused, so that a file can neither grow when it is read nor name a type.
"""

import itertools
import os
import pathlib
import re
import stat
from collections.abc import Mapping as AnyMapping
from typing import Any, Final

import yaml

from agent.settings.complaint import Ledger, Path, shown

_LARGEST: Final = 8 * 1024 * 1024
_MOST_EVENTS: Final = 400_000
_DEEPEST: Final = 24
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_DIRECTIVE: Final = re.compile(r"^%", re.MULTILINE)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

# libyaml's words for what people get wrong most, and ours.
_SYNTAX: Final[AnyMapping[str, str]] = {
    "mapping values are not allowed": "yaml_colon",
    "tab character": "yaml_tab",
    "unexpected end of stream": "yaml_quote",
    "expected ',' or": "yaml_bracket",
    "expected node content": "yaml_bracket",
    "expected key": "yaml_indent",
    "expected '-' indicator": "yaml_indent",
    "unknown escape character": "yaml_escape",
}


class Scalar:
    """A word, number or text as it stands in the file; `plain` when it is not quoted."""

    __slots__ = ("line", "plain", "text")

    def __init__(self, *, text: str, plain: bool, line: int) -> None:
        """Keep the text as written."""
        self.text = text
        self.plain = plain
        self.line = line

    @property
    def empty(self) -> bool:
        """Whether nothing (or `null`) is written."""
        return self.plain and self.text in _NULLS


class Sequence:
    """A list."""

    __slots__ = ("items", "line")

    def __init__(self, *, line: int) -> None:
        """Start empty."""
        self.items: list[Node] = []
        self.line = line


class Mapping:
    """A mapping from text to nodes, in the order of the file."""

    __slots__ = ("entries", "line")

    def __init__(self, *, line: int) -> None:
        """Start empty."""
        self.entries: dict[str, tuple[Scalar, Node]] = {}
        self.line = line

    def get(self, key: str) -> "Node | None":
        """Return the node under `key`, or None."""
        entry = self.entries.get(key)
        return entry[1] if entry else None


class Odd:
    """Something that was refused already and about which nothing more is said."""

    __slots__ = ("line",)

    def __init__(self, *, line: int) -> None:
        """Keep the line."""
        self.line = line


Node = Scalar | Sequence | Mapping | Odd


def read(path: pathlib.Path, file: str, ledger: Ledger) -> Node | None:
    """Return the document in `path`, or None where it is empty or cannot be read; `ledger` gets what is wrong."""
    text = text_of(path, file, ledger)
    return None if text is None else compose(text, file, ledger)


def compose(text: str, file: str, ledger: Ledger) -> Node | None:
    """Return the document that `text` holds, or None where it is empty or no YAML; `ledger` gets what is wrong."""
    for pattern, key in ((_CONTROL, "control"), (_DIRECTIVE, "yaml_directive")):
        if found := pattern.search(text):
            ledger.add(file, text.count("\n", 0, found.start()) + 1, (), key)
            return None
    try:
        return _Composer(file, ledger).compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        ledger.add(file, mark.line + 1 if mark else 0, (), _syntax(error, text))
    except (yaml.YAMLError, ValueError):
        ledger.add(file, 0, (), "yaml")
    return None


def plain(node: Node | None) -> Any:
    """Return the document as YAML 1.2 understands it: dict, list, str, int, float, bool, None; dates stay text."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if not isinstance(node, Scalar) or node.empty:
        return None
    return _scalar(node.text) if node.plain else node.text


def _scalar(text: str) -> str | int | float | bool:
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    if re.fullmatch(r"[-+]?(0|[1-9]\d{0,17})", text):
        return int(text)
    if re.fullmatch(r"[-+]?\d{1,17}\.\d{0,17}", text):
        return float(text)
    return text


def text_of(path: pathlib.Path, file: str, ledger: Ledger) -> str | None:
    """Return the text of a regular file of bounded size in UTF-8, or None; `ledger` gets what is wrong."""
    try:
        # Non-blocking: a pipe of that name must not hold us up.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                ledger.add(file, 0, (), "no_file")
                return None
            raw = stream.read(_LARGEST + 1)
    except IsADirectoryError:
        ledger.add(file, 0, (), "no_file")
        return None
    except (OSError, ValueError) as error:
        ledger.add(file, 0, (), "unreadable", fault=getattr(error, "strerror", None) or type(error).__name__)
        return None
    if len(raw) > _LARGEST:
        ledger.add(file, 0, (), "too_large", limit=_LARGEST // 1024 // 1024)
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        ledger.add(file, raw.count(b"\n", 0, error.start) + 1, (), "not_utf8")
        return None


def _syntax(error: yaml.MarkedYAMLError, text: str) -> str:
    problem, mark = error.problem or "", error.problem_mark
    if mark is not None and "cannot start any token" in problem:
        line = text.splitlines()[mark.line : mark.line + 1]
        return "yaml_tab" if line and line[0][mark.column : mark.column + 1] == "\t" else "yaml_token"
    return next((key for words, key in _SYNTAX.items() if words in problem), "yaml")


class _Composer:
    """Builds nodes from events without recursion, for a file may nest as deep as it is long."""

    def __init__(self, file: str, ledger: Ledger) -> None:
        self._file = file
        self._ledger = ledger
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Scalar | None] = []  # of each open mapping, the key that waits for its value
        self._steps: list[Path] = []  # where each open collection stands in the one around it
        self._root: Node | None = None

    def compose(self, text: str) -> Node | None:
        documents = 0
        for count, event in enumerate(yaml.parse(text, Loader=yaml.CLoader)):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._ledger.add(self._file, line, (), "yaml_documents")
                    break
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
                self._keys.pop()
                self._steps.pop()
            elif isinstance(event, yaml.NodeEvent):
                self._node(event, line)
            if count > _MOST_EVENTS or len(self._open) > _DEEPEST:
                self._ledger.add(self._file, line, (), "yaml_deep" if len(self._open) > _DEEPEST else "yaml_much")
                return None
        return self._root

    def _node(self, event: yaml.NodeEvent, line: int) -> None:
        if refused := _refusal(event):
            self._ledger.add(self._file, line, self._path(), refused)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(text=event.value, plain=not event.style, line=line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(line=line)
        elif isinstance(event, yaml.MappingStartEvent):
            node = Mapping(line=line)
        else:
            node = Odd(line=line)
        step = self._step()
        self._place(Odd(line=line) if refused and isinstance(node, Scalar) else node)
        if not isinstance(node, Scalar | Odd):
            self._open.append(node)
            self._keys.append(None)
            self._steps.append(step)

    def _place(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif isinstance(parent, Mapping):
            key = self._keys[-1]
            if key is None:
                self._keys[-1] = self._key(node)
            else:
                self._keys[-1] = None
                self._enter(parent, key, node)

    def _key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            return node
        if not isinstance(node, Odd):
            self._ledger.add(self._file, node.line, self._path(), "yaml_key")
        return Scalar(text="", plain=False, line=-1)

    def _enter(self, parent: Mapping, key: Scalar, node: Node) -> None:
        if key.line < 0:  # complained of already
            return
        if first := parent.entries.get(key.text):
            path = (*self._path(), key.text)
            self._ledger.add(self._file, key.line, path, "key_twice", word=shown(key.text), line=first[0].line)
            return
        parent.entries[key.text] = (key, node)

    def _path(self) -> Path:
        """Return the path of what is being read."""
        return (*itertools.chain.from_iterable(self._steps), *self._step())

    def _step(self) -> Path:
        """Return where the next node stands in the innermost collection; nothing in the root's place."""
        if not self._open:
            return ()
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, Sequence):
            return (len(parent.items),)
        return (key.text,) if key is not None else ()


def _refusal(event: yaml.NodeEvent) -> str | None:
    if isinstance(event, yaml.AliasEvent):
        return "yaml_alias"
    if event.anchor is not None:
        return "yaml_anchor"
    return "yaml_tag" if getattr(event, "tag", None) is not None else None
