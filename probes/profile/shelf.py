"""All profiles that are in force: those that are shipped and those that a site adds, each read when it is needed."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import msgspec

from probes.profile import choose
from probes.profile.choose import Named
from probes.profile.merged import Profile
from probes.profile.reading import Complaint, Written, read
from probes.profile.sources import Witness
from probes.words import Phrase, utter

FALLBACK: Final = "generic"
_BODY: Final = re.compile(r"^(?:scalars|tables):", re.MULTILINE)


class Broken(ValueError):
    """A profile that cannot be used; `complaints` tell why."""

    def __init__(self, name: str, complaints: Iterable[Complaint]) -> None:
        """Take the profile's name and all that is wrong with it."""
        self.complaints = tuple(complaints)
        super().__init__(f"{name}: " + "; ".join(f"{path} {utter(phrase)}".strip() for path, phrase in self.complaints))


class Shelf:
    """Profiles by name. What they match by is read at once, what they say when a device needs it."""

    def __init__(self, *, texts: Mapping[str, str], witness: Witness | None = None) -> None:
        """Take the YAML texts by name. `witness` is told which parts of the profiles come to bear (for tests).

        Raises:
            Broken: the head of one cannot be read.
        """
        self._texts = dict(texts)
        self._witness = witness
        self._written: dict[str, Written] = {}
        self._made: dict[str, Profile] = {}
        self._clauses: tuple[Named, ...] = tuple(
            (name, clause) for name, text in self._texts.items() for clause in _head(name, text).match
        )

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._texts)

    @property
    def texts(self) -> Mapping[str, str]:
        """The YAML texts by name."""
        return self._texts

    def plus(self, texts: Mapping[str, str]) -> "Shelf":
        """Return a shelf with `texts` added; one of a known name takes its place."""
        return Shelf(texts={**self._texts, **texts}, witness=self._witness)

    def questions(self, *, sys_object_id: str, sys_descr: str) -> tuple[str, ...]:
        """Return the OIDs whose presence decides: those ending in .0 are instances, of others anything below counts."""
        return choose.questions(self._clauses, sys_object_id=sys_object_id, sys_descr=sys_descr)

    def choose(self, *, sys_object_id: str, sys_descr: str, present: Iterable[str] = ()) -> Profile:
        """Return the profile that fits best, the generic one where none does; `present` of the `questions` exist.

        Raises:
            Unsupported: two profiles fit equally well.
        """
        name = choose.choose(
            self._clauses, sys_object_id=sys_object_id, sys_descr=sys_descr, present=frozenset(present)
        )
        return self.profile(name or FALLBACK)

    @property
    def clauses(self) -> tuple[Named, ...]:
        """All clauses with their profiles' names."""
        return self._clauses

    def choose_onvif(self, *, manufacturer: str, model: str = "") -> Profile | None:
        """Return the profile for what ONVIF's GetDeviceInformation said, None where none fits."""
        name = choose.choose_onvif(self._clauses, manufacturer=manufacturer, model=model)
        return None if name is None else self.profile(name)

    def profile(self, name: str) -> Profile:
        """Return the profile `name` with all that it extends.

        Raises:
            KeyError: there is none.
            Broken: it, or one that it extends, cannot be read.
        """
        if name not in self._made:
            self._made[name] = Profile(lineage=self._lineage(name, ()), witness=self._witness)
        return self._made[name]

    def written(self, name: str) -> Written:
        """Return the profile as it is written, without what it extends."""
        if name not in self._written:
            written, complaints = read(_loaded(self._texts[name]))
            if written is None or complaints:
                raise Broken(name, complaints)
            self._written[name] = written
        return self._written[name]

    def _lineage(self, name: str, below: tuple[str, ...]) -> tuple[Written, ...]:
        if name in below:
            raise Broken(name, [("extends", Phrase(key="profile.cycle", args={"names": " > ".join((*below, name))}))])
        if name not in self._texts:
            raise KeyError(name)
        own = self.written(name)
        chain: dict[str, Written] = {}
        for base in own.extends:
            chain.update((one.name, one) for one in self._lineage(base, (*below, name)) if one.name not in chain)
        return (*chain.values(), own)

    def complaints(self, name: str, text: str | None = None) -> list[Complaint]:
        """Return all that is wrong with the profile `name`, or with `text` if that were it: (path, phrase)."""
        try:
            written, found = read(_loaded(self._texts[name] if text is None else text))
        except ValueError as error:
            return [("", Phrase(key="profile.syntax", args={"problem": " ".join(str(error).split())}))]
        if written is None:
            return found
        if text is not None and not found:
            return self.plus({name: text}).complaints(name)
        if written.name != name:
            found.append(("name", Phrase(key="profile.name", args={"name": written.name})))
        missing = [base for base in written.extends if base not in self._texts]
        found += [("extends", Phrase(key="profile.extends", args={"name": base})) for base in missing]
        if not missing:
            try:
                self._lineage(name, ())
            except Broken as broken:
                found += [one for one in broken.complaints if one not in found]
            except KeyError:
                pass  # told of the profile that extends what is not there
        for place, clause in enumerate(written.match):
            twins = [other for other, theirs in self._clauses if other != name and _overlap(theirs, clause)]
            found += [(f"match[{place}]", Phrase(key="profile.tie", args={"name": other})) for other in twins]
        return found


def _overlap(one: Any, other: Any) -> bool:
    """Tell whether two clauses state the same, be it for one of several prefixes only."""
    plain = msgspec.structs.replace(one, sys_object_id=()) == msgspec.structs.replace(other, sys_object_id=())
    return plain and (
        one.sys_object_id == other.sys_object_id or bool(set(one.sys_object_id) & set(other.sys_object_id))
    )


def _loaded(text: str) -> object:
    try:
        loaded: object = msgspec.yaml.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
    return loaded


def _head(name: str, text: str) -> Written:
    """Read only what stands before the facts: a site has few makes, and their profiles alone are read whole."""
    found = _BODY.search(text)
    try:
        written, complaints = read(_loaded(text[: found.start()] if found else text))
    except ValueError as error:
        raise Broken(name, [("", Phrase(key="profile.syntax", args={"problem": str(error)}))]) from error
    if written is None or complaints:
        raise Broken(name, complaints)
    return written


def _folder() -> Traversable:
    """Return where the shipped profiles are: in the package (wheel), else beside the packages (a checkout)."""
    carried = resources.files("probes.profile").joinpath("shipped")
    return carried if carried.is_dir() else Path(__file__).parents[2] / "config" / "profiles"


@functools.cache
def shipped() -> Shelf:
    """Return the profiles that are always in force."""
    found = sorted((entry for entry in _folder().iterdir() if entry.name.endswith(".yaml")), key=lambda one: one.name)
    return Shelf(texts={entry.name.removesuffix(".yaml"): entry.read_text("utf-8") for entry in found})
