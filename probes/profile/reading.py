"""A profile as it is written, read piece by piece: names resolved, every error told with its path."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from probes.profile.facts import FACTS, Fact, split
from probes.profile.language import OBJECTS, Clause, Climb, Condition, Percent, Profile, Quirks, Source, Table
from probes.words import Argument, Phrase

INHERITED: Final = "inherited"  # in a list of sources: here those of the extended profile
_OID: Final = re.compile(r"\.?\d+(\.\d+)*")
_FROM: Final = ("get", "column", "index", "const", "first", "join", "worst", "percent")
_SHAPES: Final = ("bool", "int", "float", "str")
_T = TypeVar("_T", bound=msgspec.Struct)
Complaint = tuple[str, Phrase]

_NO_FACT: Final = Fact("text")


class Lines(msgspec.Struct, kw_only=True):
    """A table, resolved: where its rows come from and what each of them tells."""

    rows: str
    subject: tuple[Source, ...]
    where: tuple[Condition, ...]
    facts: dict[str, tuple[Source, ...]]


class Written(msgspec.Struct, kw_only=True):
    """One profile, resolved but not yet merged with those that it extends. `None` removes what was inherited."""

    name: str
    extends: tuple[str, ...]
    match: tuple[Clause, ...]
    vendor: str | None
    kind: str | None
    unproven: bool
    quirks: Quirks
    scalars: dict[str, tuple[Source, ...] | None]
    tables: dict[str, Lines | None]
    places: dict[int, str]  # id of a Source or Condition: its path in the file
    inherits: dict[str, int]  # keys of scalars: how many of their sources stand before those that are inherited


class Reader:
    """Reads one document; `complaints` fills while it does."""

    def __init__(self, *, root: str = "") -> None:
        """Start without complaint; `root` is what OIDs that begin with a dot stand below."""
        self.root = root
        self.complaints: list[Complaint] = []
        self.places: dict[int, str] = {}

    def complain(self, path: str, key: str, **args: Argument) -> None:
        """Note what is wrong at `path`; the key belongs to the catalogue's theme `profile`."""
        self.complaints.append((path, Phrase(key=f"profile.{key}", args=args)))

    def struct(self, raw: object, kind: type[_T], path: str) -> _T | None:
        """Return `raw` as `kind`, or None with a complaint."""
        try:
            return msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$")
            self.complain(path + where.rstrip("`"), "shape", problem=what)
            return None

    def oid(self, written: str, path: str) -> str:
        """Return an object identifier in full, without a leading dot."""
        if written in OBJECTS:
            return OBJECTS[written]
        if not _OID.fullmatch(written):
            self.complain(path, "object", name=written)
        elif written.startswith("."):
            if not self.root:
                self.complain(path, "rootless", name=written)
            return self.root + written
        return written

    def pattern(self, written: str | None, path: str) -> None:
        """Complain of an expression that does not compile."""
        if written is not None:
            try:
                re.compile(written)
            except re.error as error:
                self.complain(path, "pattern", problem=str(error))

    def definition(self, raw: object, path: str) -> tuple[Source, ...]:
        """Return the sources, first to last, of a fact, a subject or a part of one."""
        if raw is None:
            return ()
        if not isinstance(raw, list | tuple):
            found = self.source(raw, path)
            return () if found is None else (found,)
        found_all = (self.source(one, f"{path}[{place}]") for place, one in enumerate(raw) if one != INHERITED)
        return tuple(found for found in found_all if found is not None)

    def source(self, raw: object, path: str) -> Source | None:
        """Return one source with its nested parts resolved."""
        if isinstance(raw, str):
            oid = self.oid(raw, path)
            source = Source(get=oid) if oid.endswith(".0") else Source(column=oid)
            self.places[id(source)] = path
            return source
        found = self.struct(raw, Source, path)
        if found is None:
            return None
        given = [name for name in _FROM if getattr(found, name) not in (None, ())]
        if len(given) != 1:
            self.complain(path, "origin", names=", ".join(_FROM))
        self.pattern(found.pattern, f"{path}.pattern")
        for key in found.enum or {}:
            if isinstance(key, str) and key.startswith("~"):
                self.pattern(key[1:], f"{path}.enum")
        percent = found.percent and Percent(
            total=self.definition(found.percent.total, f"{path}.percent.total"),
            used=self.definition(found.percent.used, f"{path}.percent.used"),
            free=self.definition(found.percent.free, f"{path}.percent.free"),
        )
        climb = found.climb and Climb(
            by=self.oid(found.climb.by, f"{path}.climb.by"),
            where=self.conditions(found.climb.where, f"{path}.climb.where"),
        )
        if percent and sum(map(bool, (percent.total, percent.used, percent.free))) != 2:  # noqa: PLR2004  two of three
            self.complain(f"{path}.percent", "percent")
        row = found.row
        source = msgspec.structs.replace(
            found,
            get=found.get and self.oid(found.get, f"{path}.get"),
            column=found.column and self.oid(found.column, f"{path}.column"),
            first=self.definition(found.first, f"{path}.first"),
            join=self.definition(found.join, f"{path}.join"),
            worst=self.definition(found.worst, f"{path}.worst"),
            percent=percent,
            row=row if row in ("first", "last") else self.definition(row, f"{path}.row") or None,
            climb=climb,
            where=self.conditions(found.where, f"{path}.where"),
            times=self.definition(found.times, f"{path}.times"),
            power=self.definition(found.power, f"{path}.power"),
            detail=self.definition(found.detail, f"{path}.detail"),
        )
        self.places[id(source)] = path
        return source

    def conditions(self, raw: object, path: str) -> tuple[Condition, ...]:
        """Return conditions, all of which must hold."""
        found_all: list[Condition] = []
        for place, one in enumerate(raw if isinstance(raw, list | tuple) else (raw,)):
            found = self.struct(one, Condition, f"{path}[{place}]")
            if found is not None:
                self.pattern(found.like, f"{path}[{place}].like")
                self.pattern(found.unlike, f"{path}[{place}].unlike")
                of = self.definition(found.of, f"{path}[{place}].of")
                found_all.append(msgspec.structs.replace(found, of=of))
                self.places[id(found_all[-1])] = f"{path}[{place}]"
        return tuple(found_all)

    def table(self, raw: object, path: str) -> Lines | None:
        """Return a table, resolved."""
        found = self.struct(raw, Table, path)
        if found is None:
            return None
        facts = {key: self.fact(key, one, f"{path}.facts.{key}") for key, one in found.facts.items()}
        rows = self.oid(found.rows, f"{path}.rows") if found.rows else ""
        rows = rows or next((one.column for sources in facts.values() for one in sources if one.column), "")
        if not rows:
            self.complain(path, "rows")
        return Lines(
            rows=rows,
            subject=self.definition(found.subject, f"{path}.subject"),
            where=self.conditions(found.where, f"{path}.where"),
            facts=facts,
        )

    def fact(self, key: str, raw: object, path: str) -> tuple[Source, ...]:
        """Return the sources of the fact `key`; complain of a name or a word that contract.md does not know."""
        sources = self.definition(raw, path)
        known = FACTS.get(split(key)[0])
        if known is None:
            self.complain(path, "fact", name=split(key)[0])
        for source in sources:
            for word in _words(source):
                if known is not None and known.kind == "word" and word not in known.words:
                    self.complain(path, "word", word=word, known=" ".join(known.words))
        return sources

    def clause(self, clause: Clause, path: str) -> Clause:
        """Return a clause whose object identifiers are written in full."""
        self.pattern(clause.sys_descr, f"{path}.sysDescr")
        if clause.onvif:
            self.pattern(clause.onvif.manufacturer, f"{path}.onvif.manufacturer")
            self.pattern(clause.onvif.model, f"{path}.onvif.model")
        written = clause.sys_object_id or ()
        prefixes = (written,) if isinstance(written, str) else written
        return msgspec.structs.replace(
            clause,
            sys_object_id=tuple(self.oid(one, f"{path}.sysObjectID") for one in prefixes),
            present=clause.present and self.oid(clause.present, f"{path}.present"),
        )


def _words(source: Source) -> list[str]:
    """Return the words that a source of a fact with a vocabulary can end in."""
    told = [*(source.enum or {}).values(), *(source.bands or {}).values()]
    plain = [one[0] if isinstance(one, tuple) else one for one in told]
    nested = [word for one in (*source.first, *source.worst) for word in _words(one)]
    ends = [source.otherwise, source.const if not source.enum else None]
    return [*(str(one) for one in (*plain, *ends) if one is not None), *nested]


def read(document: object) -> tuple[Written | None, list[Complaint]]:
    """Return the profile that `document` (what YAML gave) states, and everything that is wrong with it."""
    reader = Reader()
    if not isinstance(document, Mapping):
        reader.complain("", "shape", problem="Expected `object`")
        return None, reader.complaints
    raw: dict[str, Any] = {str(key): value for key, value in document.items()}
    profile = reader.struct({**raw, "scalars": {}, "tables": {}}, Profile, "")
    body = reader.struct({key: raw[key] for key in ("scalars", "tables") if key in raw} | {"name": "x"}, Profile, "")
    if profile is None or body is None:
        return None, reader.complaints
    reader.root = reader.oid(profile.root, "root") if profile.root else ""
    inherits = {
        key: one.index(INHERITED)
        for key, one in body.scalars.items()
        if isinstance(one, list | tuple) and INHERITED in one
    }
    written = Written(
        name=profile.name,
        extends=(profile.extends,) if isinstance(profile.extends, str) else profile.extends,
        match=tuple(reader.clause(one, f"match[{place}]") for place, one in enumerate(profile.match)),
        vendor=profile.vendor,
        kind=profile.kind,
        unproven=profile.unproven,
        quirks=profile.quirks,
        scalars={
            key: None if one is None else reader.fact(key, one, f"scalars.{key}") for key, one in body.scalars.items()
        },
        tables={key: None if one is None else reader.table(one, f"tables.{key}") for key, one in body.tables.items()},
        places=reader.places,
        inherits=inherits,
    )
    return written, reader.complaints
