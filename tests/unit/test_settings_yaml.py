"""What is no YAML, no file or too much of either gets one clear line, and costs neither memory nor time."""

import os
from pathlib import Path

import pytest

from agent.settings import Wrong, load
from tests.folders import write

# fmt: off
BROKEN: list[tuple[str | bytes, list[str]]] = [
    ("clock: {warn: 2s\n", ["policy.yaml:2: a [ or { is not closed, or a comma is missing"]),
    ("clock: [2s\nretention: x\n", ["policy.yaml:2: a [ or { is not closed, or a comma is missing"]),
    ("clock:\n\twarn: 2s\n", ["policy.yaml:2: a tab where YAML wants spaces: indent with spaces"]),
    ("clock: 1\n\tx: 2\n", ["policy.yaml:2: a tab where YAML wants spaces: indent with spaces"]),
    ("clock: warn: 2s\n",
     ["policy.yaml:1: no colon may stand here: put the text in quotes, or check the indentation"]),
    ("clock:\n  warn: 2s\n crit: 3s\n", ["policy.yaml:3: the indentation does not match the lines above"]),
    ("clock: 'x\n", ["policy.yaml:2: a quote is opened and never closed"]),
    ('clock: "\\q"\n',
     ["policy.yaml:1: an unknown escape behind a backslash: use single quotes for text with backslashes"]),
    ("clock: @x\n", ["policy.yaml:1: no text may begin with this character: put it in quotes"]),
    ("clock: {}\nclock: {}\n", ["policy.yaml:2 clock: the key clock stands here for the second time, first in line 1"]),
    ("clock:\n  warn: 1s\n  crit: 9s\n  'warn': 2s\n",
     ["policy.yaml:4 clock.warn: the key warn stands here for the second time, first in line 2"]),
    ("clock: {warn: {a: [1]}}\nmatters: [{}, {a: 1, a: 2}]\n",
     ["policy.yaml:1 clock.warn: must be a duration such as 90s, 5m, 12h or 30d",
      "policy.yaml:2 matters[1].a: the key a stands here for the second time, first in line 2",
      "policy.yaml:2 matters: must be a mapping of keys to values"]),
    ("clock: !!python/object/apply:os.system ['true']\n", ["policy.yaml:1 clock: YAML tags (!) are not allowed",
                                                           "policy.yaml:1 clock: must be a mapping of keys to values"]),
    ("clock: {warn: !!float 2}\n", ["policy.yaml:1 clock.warn: YAML tags (!) are not allowed"]),
    ("clock: &a {warn: &b 2s}\nmatters: *a\n", ["policy.yaml:1 clock: YAML anchors (&) are not allowed",
                                               "policy.yaml:1 clock.warn: YAML anchors (&) are not allowed",
                                               "policy.yaml:2 matters: YAML aliases (*) are not allowed"]),
    ("? [a]\n: b\n", ["policy.yaml:1: a key must be plain text"]),
    ("%TAG ! tag:x,2026:\n---\nclock: {}\n", ["policy.yaml:1: YAML directives (%) are not allowed"]),
    ("clock: {}\n---\nclock: {}\n", ["policy.yaml:2: a second document begins here: one is allowed"]),
    ("clock: {}\nname: \x07\n", ["policy.yaml:2: holds a control character"]),
    (b"clock: {}\n# caf\xe9\n", ["policy.yaml:2: this is not UTF-8 text"]),
    ("clock: {}\n".encode("utf-16"), ["policy.yaml:1: this is not UTF-8 text"]),
    ("just words\n", ["policy.yaml:1: must be a mapping of keys to values"]),
    # what would cost a naive reader memory, time or its stack
    ("[" * 4_000_000, ["policy.yaml:1: nested too deeply"]),
    ("- " * 2_000_000, ["policy.yaml:1: nested too deeply"]),
    ("clock: {}\n#" + "x" * 9_000_000, ["policy.yaml: the file is larger than 8 MiB"]),
    ("a: &a x\n" + "b: [" + "*a," * 2_500_000 + "]\n", ["policy.yaml"]),
    ("a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a]\n" for n in range(30)), ["policy.yaml"]),
    ("".join(f"%TAG !a{n}! b\n" for n in range(300_000)), ["policy.yaml:1: YAML directives (%) are not allowed"]),
    ("- x\n" * 500_000, ["policy.yaml:399999: the file holds too much"]),
]
# fmt: on


def complaints(folder: Path) -> list[str]:
    with pytest.raises(Wrong) as caught:
        load(folder)
    return caught.value.said("en").split("\n")


@pytest.mark.parametrize(("text", "expected"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_plain_yaml_is_told_in_words(tmp_path: Path, text: str | bytes, expected: list[str]) -> None:
    told = complaints(write(tmp_path, policy=text))
    if expected == ["policy.yaml"]:
        assert len(told) <= 1001
        assert all(one.startswith("policy.yaml") for one in told)
    else:
        assert told == expected


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n", "null\n", "~"])
def test_an_empty_file_is_an_error_where_something_must_be_said(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path, site=text, inventory=text, policy=text, firmware=text, tiers=text)
    assert complaints(folder) == ["site.yaml: the file is empty", "inventory.yaml: the file is empty"]


def test_a_byte_order_mark_and_windows_line_ends_are_no_hindrance(tmp_path: Path) -> None:
    assert load(write(tmp_path, policy=b"\xef\xbb\xbfclock: {warn: 1s}\r\n")).policy.clock.warn == 1.0


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    assert complaints(tmp_path / "nowhere") == [f"{tmp_path}/nowhere: there is no such configuration folder"]
    assert complaints(tmp_path) == ["site.yaml: the file is missing", "inventory.yaml: the file is missing"]


def test_what_is_no_readable_file_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "site.yaml").unlink()
    (folder / "site.yaml").symlink_to(folder / "gone")
    (folder / "policy.yaml").mkdir()
    os.mkfifo(folder / "firmware.yaml")  # opened for reading it would block for ever
    assert complaints(folder) == [
        "site.yaml: cannot be read: No such file or directory",
        "policy.yaml: this is not a regular file",
        "firmware.yaml: this is not a regular file",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    (write(tmp_path, policy="clock: {}\n") / "policy.yaml").chmod(0)
    assert complaints(tmp_path) == ["policy.yaml: cannot be read: Permission denied"]


@pytest.mark.parametrize(
    ("name", "guess"), [("policy.yml", "policy.yaml"), ("polcy.yaml", "policy.yaml"), ("site.yml", "site.yaml")]
)
def test_a_file_that_would_be_passed_over_is_told(tmp_path: Path, name: str, guess: str) -> None:
    (write(tmp_path) / name).write_text("clock: {}\n")
    assert complaints(tmp_path) == [f"{name}: this file would not be read (did you mean {guess}?)"]


def test_other_files_beside_the_configuration_are_left_alone(tmp_path: Path) -> None:
    (write(tmp_path, policy="clock: {}\n") / "policy-old.yaml").write_text("[")
    (tmp_path / "centre.pub").write_text("key")
    assert load(tmp_path).policy.clock.warn == 2.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: mine\nextends: generic\n", None),
        ("", ["profiles/mine.yaml: the file is empty"]),
        ("- a\n", ["profiles/mine.yaml:1: "]),
        ("name: other\n", ["profiles/mine.yaml:1 name: "]),
        ("name: mine\n\nextends: nothing\n", ["profiles/mine.yaml:3 extends: "]),
        ("name: mine\nscalars:\n  device.model: .1.0\n  no.such.fact: 1.3.6.1.0\n",
         ["profiles/mine.yaml:3 ", "profiles/mine.yaml:4 "]),
        ("name: mine\nname: mine\n", ["profiles/mine.yaml:2 name: "]),
        ("name: &a mine\nvendor: *a\n", ["profiles/mine.yaml:1 name: ", "profiles/mine.yaml:2 vendor: "]),
        ("name: mine\nkind: 2026-99-99\n", ["profiles/mine.yaml: this cannot be read as YAML"]),
    ],
)  # fmt: skip
def test_a_site_may_add_profiles_and_hears_what_is_wrong_with_them(
    tmp_path: Path, text: str, expected: list[str] | None
) -> None:
    (write(tmp_path) / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.yaml").write_text(text)
    if expected is None:
        assert load(tmp_path).profiles == {"mine": text}
    else:
        told = complaints(tmp_path)
        assert len(told) == len(expected)
        assert all(one.startswith(start) for one, start in zip(told, expected, strict=True)), told
