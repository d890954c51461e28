"""The commands, as data: what each takes. What they do is imported only once one of them is called."""

from typing import Final, NamedTuple


class Option(NamedTuple):
    """An option of one command; with `takes` it has a value, else it is a switch."""

    name: str
    takes: str = ""


class Command(NamedTuple):
    """One command.

    `words` is how its arguments are called in the usage; `choices` are those that there are, one of which is then
    needed; `rivals` are options of which at most one may be given.
    """

    words: str = ""
    choices: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    rivals: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        """Return what may follow the command's name."""
        told = [f"[{self.words} ...]"] if self.words else ["|".join(self.choices)] if self.choices else []
        alone = [option for option in self.options if option.name not in self.rivals]
        told += [f"[--{option.name} {option.takes}]" if option.takes else f"[--{option.name}]" for option in alone]
        if self.rivals:
            told.append("[" + " | ".join(f"--{name}" for name in self.rivals) + "]")
        return " ".join(told)


_JSON: Final = Option("json")

COMMANDS: Final[dict[str, Command]] = {
    "run": Command(),
    "check": Command(
        words="DEVICE|ADDRESS",
        options=(Option("probe", "NAME"), _JSON, Option("plugin")),
        rivals=("json", "plugin"),
    ),
    "validate": Command(),
    "status": Command(options=(_JSON,)),
    "journal": Command(choices=("status", "export", "verify"), options=(_JSON,)),
    "schema": Command(choices=("site", "inventory", "policy", "firmware", "profile", "report")),
}
#: Options that stand before or after the command.
COMMON: Final = (Option("config", "DIR"), Option("lang", "LANG"))
