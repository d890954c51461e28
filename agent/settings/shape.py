"""Walks a document beside the types that it should have, builds what fits and complains of everything that does not.

msgspec.convert stops at the first error; here each error is noted with its line, and the walk goes on.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import inspect

from agent.settings.complaint import Ledger, Path, shown
from agent.settings.document import Mapping, Node, Odd, Scalar, Sequence, plain
from probes.forms import seconds
from probes.words import Argument, Phrase

_T = TypeVar("_T")
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?\d{1,17}(?:\.\d{1,17})?", re.ASCII)
_LOOSE_DURATION: Final = re.compile(r"(\d{1,9})\s*(?!mo)([smhdj])[a-z]*", re.IGNORECASE | re.ASCII)
_UNPRINTED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_DURATION: Final = 100 * 366 * 86_400.0
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_MEANT: Final = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
#: Keys under which people write what belongs into a file of its own.
_SECRETS: Final = frozenset({"password", "pass", "passwd", "passphrase", "secret", "community", "key", "api_key"})

#: Stands for what could not be built; a complaint says why.
FAULT: Final = object()


class Mark(msgspec.Struct, Generic[_T], frozen=True, kw_only=True):
    """Where one struct that was built stands in its file."""

    value: _T
    file: str
    path: Path
    node: Mapping

    def line(self, *keys: str) -> int:
        """Return the line of what is written under `keys`, as near as there is something."""
        node: Node | None = self.node
        line = self.node.line
        for key in keys:
            entry = node.entries.get(key) if isinstance(node, Mapping) else None
            if entry is None:
                break
            line, node = entry[0].line, entry[1]
        return line


class Walker:
    """Builds the values of one file; `marks` remembers every struct, also where what holds it could not be built.

    A part that is wrong is left out, so that the rest can be judged too: never use what it builds when there are
    complaints.
    """

    def __init__(self, *, file: str, ledger: Ledger) -> None:
        """Take the file's name in the folder, and where complaints go."""
        self._file = file
        self._ledger = ledger
        self._marks: list[Mark[Any]] = []
        self._walks: dict[type[inspect.Type], Callable[[Any, Any, Path], Any]] = {
            inspect.StructType: self._struct,
            inspect.DictType: self._dict,
            inspect.VarTupleType: self._items,
            inspect.UnionType: self._union,
            inspect.Metadata: self._metadata,
            inspect.LiteralType: self._literal,
            inspect.StrType: self._text,
            inspect.IntType: self._integer,
            inspect.FloatType: self._number,
            inspect.BoolType: self._boolean,
            inspect.DateType: self._date,
            inspect.AnyType: lambda node, _kind, _path: plain(node),
        }

    def marks(self, kind: type[_T]) -> Iterator[Mark[_T]]:
        """Yield each `kind` that was built, in the order of the file."""
        return (mark for mark in self._marks if isinstance(mark.value, kind))

    def walk(self, node: Node, kind: inspect.Type, path: Path = ()) -> Any:
        """Return what `node` says as `kind`, or FAULT."""
        return FAULT if isinstance(node, Odd) else self._walks[type(kind)](node, kind, path)

    def _wrong(self, node: Node, path: Path, key: str, hint: Phrase | None = None, **args: Argument) -> Any:
        self._ledger.add(self._file, node.line, path, key, hint=hint, **args)
        return FAULT

    def _unfit(self, node: Node, path: Path, wanted: str, hint: Phrase | None = None) -> Any:
        empty = isinstance(node, Scalar) and node.empty
        return self._wrong(node, path, f"empty_{wanted}" if empty else f"want_{wanted}", hint)

    # containers

    def _struct(self, node: Node, kind: inspect.StructType, path: Path) -> Any:
        if not isinstance(node, Mapping):
            return self._unfit(node, path, "mapping")
        fields = {field.encode_name: field for field in kind.fields}
        meant = self._strangers(node, fields.keys(), path) if kind.forbid_unknown_fields else set()
        built: dict[str, Any] = {}
        whole = True
        for key, field in fields.items():
            inside = node.get(key)
            if inside is None:
                if field.required:
                    whole = False
                    if key not in meant:
                        self._wrong(node, path, "missing", word=key)
                continue
            value = self.walk(inside, field.type, (*path, key))
            if value is not FAULT:
                built[field.name] = value
            elif field.required:
                whole = False
        if not whole:
            return FAULT
        value = kind.cls(**built)
        self._marks.append(Mark(value=value, file=self._file, path=path, node=node))
        return value

    def _strangers(self, node: Mapping, known: Any, path: Path) -> set[str]:
        """Complain of unknown keys; return the known ones that they probably stand for."""
        meant = set()
        absent = [key for key in known if key not in node.entries]
        for key, (written, _) in node.entries.items():
            if key in known:
                continue
            hint: Phrase | None = None
            close = None if key.lower() in _SECRETS else self._ledger.guess(key, absent)
            if close is not None:
                meant.add(close)
                hint = Phrase(key="settings.hint_guess", args={"guess": close})
            elif key.lower() in _SECRETS:
                hint = Phrase(key="settings.hint_secret")
            self._wrong(written, (*path, key), "unknown_key", hint, word=shown(key))
        return meant

    def _dict(self, node: Node, kind: inspect.DictType, path: Path) -> Any:
        if not isinstance(node, Mapping):
            return self._unfit(node, path, "mapping")
        built = {}
        for key, (written, inside) in node.entries.items():
            # A key is text, however it is quoted.
            name = self.walk(Scalar(text=key, plain=False, line=written.line), kind.key_type, (*path, key))
            value = self.walk(inside, kind.value_type, (*path, key))
            if name is not FAULT and value is not FAULT:
                built[name] = value
        return built

    def _items(self, node: Node, kind: inspect.VarTupleType, path: Path) -> Any:
        if not isinstance(node, Sequence):
            return self._unfit(node, path, "list")
        built = (self.walk(item, kind.item_type, (*path, at)) for at, item in enumerate(node.items))
        return tuple(value for value in built if value is not FAULT)

    def _union(self, node: Node, kind: inspect.UnionType, path: Path) -> Any:
        members = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
        if isinstance(node, Scalar) and node.empty and len(members) < len(kind.types):
            section = members[0]
            if isinstance(section, inspect.StructType) and not any(field.required for field in section.fields):
                # `onvif:` with nothing below says that the device speaks it.
                return self.walk(Mapping(line=node.line), section, path)
            return None
        fitting = [member for member in members if _form(member) is type(node)] or members[:1]
        if len(fitting) == 1:
            return self.walk(node, fitting[0], path)
        for member in fitting:
            trial = Walker(file=self._file, ledger=Ledger())
            if (value := trial.walk(node, member, path)) is not FAULT:
                self._marks.extend(trial._marks)
                return value
        return self.walk(node, fitting[0], path)

    # scalars

    def _metadata(self, node: Node, kind: inspect.Metadata, path: Path) -> Any:
        if (kind.extra or {}).get("form") == "duration":
            return self._duration(node, kind.type, path)
        return self.walk(node, kind.type, path)

    def _literal(self, node: Node, kind: inspect.LiteralType, path: Path) -> Any:
        choices = [str(value) for value in kind.values]
        if not isinstance(node, Scalar):
            return self._unfit(node, path, "text")
        if node.text in choices:
            return kind.values[choices.index(node.text)]
        return self._wrong(
            node, path, "want_one_of", self._ledger.hint(node.text, choices), choices=", ".join(sorted(choices))
        )

    def _text(self, node: Node, kind: inspect.StrType, path: Path) -> Any:
        # The text as written: a port 24 is "24", a version 5.10 keeps its zero, an id `on` is no boolean.
        if not isinstance(node, Scalar) or node.empty:
            return self._unfit(node, path, "text")
        if _UNPRINTED.search(node.text):
            return self._wrong(node, path, "control")
        if kind.pattern is not None and not re.fullmatch(kind.pattern, node.text):
            return self._wrong(node, path, "want_name")
        return node.text

    def _integer(self, node: Node, kind: inspect.IntType, path: Path) -> Any:
        if not isinstance(node, Scalar) or not node.plain or not _INTEGER.fullmatch(node.text):
            return self._unfit(node, path, "integer", _unquoted(node, _INTEGER))
        return self._within(node, kind, path, int(node.text))

    def _number(self, node: Node, kind: inspect.FloatType, path: Path) -> Any:
        if not isinstance(node, Scalar) or not node.plain or not _NUMBER.fullmatch(node.text):
            return self._unfit(node, path, "number", _unquoted(node, _NUMBER))
        return self._within(node, kind, path, float(node.text))

    def _within(self, node: Node, kind: inspect.IntType | inspect.FloatType, path: Path, value: float) -> Any:
        if kind.ge is not None and kind.le is not None and not kind.ge <= value <= kind.le:
            return self._wrong(node, path, "between", low=kind.ge, high=kind.le)
        if kind.ge is not None and value < kind.ge:
            return self._wrong(node, path, "at_least", low=kind.ge)
        if kind.gt is not None and value <= kind.gt:
            return self._wrong(node, path, "more_than", low=kind.gt)
        if kind.le is not None and value > kind.le:
            return self._wrong(node, path, "at_most", high=kind.le)
        return value

    def _boolean(self, node: Node, _kind: inspect.BoolType, path: Path) -> Any:
        if isinstance(node, Scalar) and node.plain and node.text in _BOOLEANS:
            return _BOOLEANS[node.text]
        meant = _MEANT.get(node.text.lower()) if isinstance(node, Scalar) else None
        return self._unfit(node, path, "boolean", _write(meant))

    def _date(self, node: Node, _kind: inspect.DateType, path: Path) -> Any:
        if isinstance(node, Scalar) and re.fullmatch(r"\d{4}-\d\d-\d\d", node.text, re.ASCII):
            try:
                return dt.date.fromisoformat(node.text)
            except ValueError:
                return self._wrong(node, path, "no_such_day")
        return self._unfit(node, path, "date")

    def _duration(self, node: Node, kind: inspect.Type, path: Path) -> Any:
        if not isinstance(node, Scalar) or node.empty:
            return self._unfit(node, path, "duration")
        text = node.text
        try:
            value = seconds(text if text.isascii() else "")
        except ValueError:
            meant = None
            if found := _LOOSE_DURATION.fullmatch(text[:60]):
                meant = found[1] + found[2].lower().replace("j", "d")
            elif len(text) < 12 and _NUMBER.fullmatch(text) and text[0].isdigit():  # noqa: PLR2004  longer is no duration
                meant = f"{text}s"
            return self._unfit(node, path, "duration", _write(meant))
        if value > _LONGEST_DURATION:
            return self._wrong(node, path, "too_long")
        assert isinstance(kind, inspect.FloatType)
        if kind.ge is not None and value < kind.ge:
            return self._wrong(node, path, "too_short", low=kind.ge)
        return value


def _form(kind: inspect.Type) -> type[Mapping | Sequence | Scalar]:
    if isinstance(kind, inspect.StructType | inspect.DictType):
        return Mapping
    return Sequence if isinstance(kind, inspect.VarTupleType) else Scalar


def _unquoted(node: Node, form: re.Pattern[str]) -> Phrase | None:
    quoted = isinstance(node, Scalar) and not node.plain and len(node.text) < 20 and form.fullmatch(node.text)  # noqa: PLR2004  a number
    return Phrase(key="settings.hint_unquote") if quoted else None


def _write(meant: str | None) -> Phrase | None:
    return Phrase(key="settings.hint_write", args={"meant": meant}) if meant is not None else None
