"""The command line: what is said of one that cannot be understood, in which language, with which exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli import language, schema
from agent.cli.commands import COMMANDS
from agent.cli.parser import parse
from tests.calls import call, environment, spawn

SECRET = "onvif://admin:hunter22@192.0.2.7"


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ((), "say what to do, one of: run, check, validate, status, journal, schema (`sitewarden --help`)"),
        (("chekc",), 'there is no command "chekc"; did you mean "check"?'),
        (
            ("discover",),
            'there is no command "discover"; there are: run, check, validate, status, journal, schema',
        ),
        ((SECRET,), 'there is no command "..."; there are: run, check, validate, status, journal, schema'),
        (("--jsn", "check"), 'there is no option "--jsn" here; there are: --config, --lang, --help, --version'),
        (("check", "--jsn"), 'there is no option "--jsn" here; did you mean "--json"?'),
        (("check", "--password=hunter22"), None),
        (("check", "--probe"), "--probe needs a value"),
        (("--config",), "--config needs a value"),
        (("check", "--json=yes"), "--json takes no value"),
        (("check", "--json", "--plugin"), "only one of these may be given: --json, --plugin"),
        (("check", "--pro", "reach"), 'there is no option "--pro" here; did you mean "--probe"?'),
        (("validate", "extra"), "too many arguments for validate (`sitewarden validate --help`)"),
        (("journal",), "journal needs one of: status, export, verify"),
        (("journal", "verfy"), 'there is no "verfy" here; did you mean "verify"?'),
        (("journal", "verify", "export"), "too many arguments for journal (`sitewarden journal --help`)"),
        (("schema", "nothing"), '"nothing" is not one of: site, inventory, policy, firmware, profile, report'),
        (("status", "--lang", "de"), "--lang takes one of: en, fr"),
        (("check", SECRET), "a secret has no place in an ADDRESS"),
        (("check", "htp://192.0.2.7"), '"htp://" is no known kind of ADDRESS; there are: onvif://, snmp://'),
        (("check", "onvif://192.0.2.7", "--probe", "onvif.idenity"), 'did you mean "onvif.identity"?'),
        (("check", "onvif://192.0.2.7", "--probe", "hunter22:"), 'there is no probe "?"; there are: '),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_64(argv: tuple[str, ...], told: str | None) -> None:
    said = call(*argv)
    assert (said.code, said.out) == (64, "")
    assert said.err.startswith("sitewarden: ")
    assert said.err.count("\n") == 1
    assert "hunter22" not in said.err
    assert told is None or told in said.err


def test_every_option_may_stand_before_between_and_after() -> None:
    for argv in (
        ["--config", "d", "check", "--probe", "reach", "a", "b"],
        ["check", "a", "--config", "d", "b", "--probe", "reach"],
        ["check", "a", "b", "--probe=reach", "--config=d"],
    ):
        found = parse(argv)
        assert (found.command, found.words, found.config, found.probe) == ("check", ("a", "b"), "d", "reach")


def test_the_later_of_two_folders_counts() -> None:
    assert parse(["--config", "one", "status", "--config", "two"]).config == "two"


@pytest.mark.parametrize(
    ("argv", "env", "spoken"),
    [
        ((), {}, "en"),
        ((), {"LANG": "fr_FR.UTF-8"}, "fr"),
        ((), {"LANG": "de_DE.UTF-8"}, "en"),
        ((), {"LANG": "fr_FR", "LC_MESSAGES": "en_GB"}, "en"),
        ((), {"LANG": "en_GB", "LC_ALL": "fr_CH"}, "fr"),
        ((), {"LANG": "fr_FR", "LC_ALL": ""}, "fr"),
        ((), {"LANG": "fr_FR", "LC_ALL": "C"}, "en"),
        (("--lang", "fr"), {"LANG": "en_GB"}, "fr"),
        (("check", "--lang=en"), {"LANG": "fr_FR"}, "en"),
        (("check", "--lang", "de"), {"LANG": "fr_FR"}, "fr"),
        (("check", "--", "--lang=fr"), {}, "en"),
        (("check", "--lang"), {}, "en"),
    ],
)
def test_the_option_then_the_locale_decide_on_the_language(
    argv: tuple[str, ...], env: dict[str, str], spoken: str
) -> None:
    assert language.language(argv, env) == spoken


def test_mistakes_are_told_in_french_as_well() -> None:
    said = call("chekc", env={"LANG": "fr_FR.UTF-8"})
    assert said.err == "sitewarden: il n'y a pas de commande « chekc » ; vouliez-vous dire « check » ?\n"


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize(("lang", "usage"), [("en", "usage: sitewarden"), ("fr", "usage : sitewarden")])
def test_help_is_there_for_everything_in_both_languages(command: str, lang: str, usage: str) -> None:
    said = call(*filter(None, [command]), "--help", "--lang", lang)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(usage)
    assert "--config DIR" in said.out
    if command:
        assert all(f"--{option.name}" in said.out for option in COMMANDS[command].options)
    else:
        assert all(f"\n  {name} " in said.out for name in COMMANDS)


def test_the_version_is_told() -> None:
    assert call("--version").out.startswith("sitewarden ")


@pytest.mark.parametrize("command", [("validate",), ("check",), ("status",), ("journal", "status"), ("run",)])
def test_a_missing_folder_is_a_wrong_configuration(command: tuple[str, ...], tmp_path: Path) -> None:
    said = call(*command, "--config", tmp_path / "none")
    assert (said.code, said.out) == (78, "")
    assert str(tmp_path / "none") in said.err
    assert said.err.count("\n") == 1


def test_the_folder_comes_from_the_option_then_the_environment(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert str(one) in call("validate", env={"SITEWARDEN_CONFIG": str(one)}).err
    assert str(two) in call("validate", "--config", two, env={"SITEWARDEN_CONFIG": str(one)}).err


@pytest.mark.parametrize("kind", COMMANDS["schema"].choices)
def test_every_schema_is_printed(kind: str) -> None:
    said = call("schema", kind)
    assert said.code == 0
    assert '"$schema"' in said.out


def test_a_fault_of_ours_is_one_line_and_70(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(kind: str) -> None:
        raise ZeroDivisionError(f"hunter22 {kind}")

    monkeypatch.setattr(schema, "schema", broken)
    said = call("schema", "site")
    assert (said.code, said.out) == (70, "")
    assert said.err.startswith("sitewarden: a fault in sitewarden itself: ZeroDivisionError in test_cli_line.py:")
    assert said.err.count("\n") == 1
    assert "hunter22" not in said.err
    assert "Traceback" not in said.err


def test_the_details_of_a_fault_are_logged_on_stderr_where_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "schema", lambda _: 1 / 0)
    said = call("schema", "site", env={"SITEWARDEN_DEBUG": "1"})
    assert (said.code, said.out) == (70, "")
    first, log = said.err.splitlines()
    assert first.startswith("sitewarden: a fault in sitewarden itself")
    assert "event=command_failed" in log
    assert "Traceback" in log


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "schema", interrupted)
    assert call("schema", "site") == (130, "", "")


def test_a_reader_that_goes_away_ends_us_quietly() -> None:
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [sys.executable, "-m", "agent", "schema", "inventory"],
        stdout=write,
        stderr=subprocess.PIPE,
        env=environment(),
        check=False,
    )
    os.close(write)
    assert (ran.returncode, ran.stderr) == (141, b"")


def test_a_process_of_its_own_says_the_same() -> None:
    assert spawn("chekc") == (64, "", 'sitewarden: there is no command "chekc"; did you mean "check"?\n')
