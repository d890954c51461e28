"""What a profile may say, and what it then makes of a device's answers."""

from collections.abc import Mapping

import msgspec
import pytest

from probes.errors import Unsupported
from probes.profile import Answers, Broken, Raw, Shelf, shipped
from probes.profile.language import Profile as Language
from probes.words import utter

ROOT = "1.3.6.1.4.1.99999"


def told(text: str, walk: Mapping[str, Raw], **more: str) -> list[str]:
    """Return what the profile `example`, written as `text`, makes of `walk`: `name[subject]=value(detail)`."""
    profile = Shelf(texts={"example": f"name: example\nroot: {ROOT}\n{text}", **more}).profile("example")
    full = [(f"{ROOT}{oid}" if oid.startswith(".") else oid, raw) for oid, raw in walk.items()]
    answers = Answers.of_walk(full, profile.wanted())
    return [
        seen.name
        + (f"[{seen.subject}]" if seen.subject else "")
        + f"={seen.value}"
        + (f"({seen.detail})" if seen.detail else "")
        for seen in profile.observe(answers)
    ]


SCALARS = [
    ("an instance", ".1.0", {".1.0": b"A1"}, "A1"),
    ("the first that has a value", "[.1.0, .2.0]", {".1.0": b"", ".2.0": b"B"}, "B"),
    ("a pattern's first group", "{get: .1.0, pattern: 'v(\\S+)'}", {".1.0": b"fw v1.2 x"}, "1.2"),
    ("a named group", "{get: .1.0, pattern: '(a)(?P<value>b)'}", {".1.0": b"ab"}, "b"),
    ("the groups put together", "{get: .1.0, pattern: '(a)(b)', format: '{2}-{1}'}", {".1.0": b"ab"}, "b-a"),
    ("over several lines", "{get: .1.0, pattern: 'x\\s+(y)'}", {".1.0": b"x\r\ny"}, "y"),
    ("nothing where it does not match", "[{get: .1.0, pattern: z}, .2.0]", {".1.0": b"a", ".2.0": b"b"}, "b"),
    ("nothing where it is a sentinel", "[{get: .1.0, drop: [n/a]}, .2.0]", {".1.0": b" N/A ", ".2.0": b"b"}, "b"),
    ("parts joined", "{join: [.1.0, .2.0]}", {".1.0": b"a", ".2.0": b"b"}, "a b"),
    (
        "parts joined in a form",
        "{join: [.1.0, .2.0], format: '{0} Rev. {1}'}",
        {".1.0": b"a", ".2.0": b"b"},
        "a Rev. b",
    ),
    ("a column's first row", "{column: .3.1}", {".3.1.5": b"", ".3.1.7": b"x"}, "x"),
    ("the last row", "{column: .3.1, pick: last}", {".3.1.5": b"a", ".3.1.7": b"x"}, "x"),
    (
        "the row that a condition names",
        "{column: .3.1, where: [{of: .3.2, is: [3]}]}",
        {".3.1.1": b"port", ".3.1.2": b"chassis", ".3.2.1": 10, ".3.2.2": 3},
        "chassis",
    ),
    ("a constant", "{const: NVR}", {}, "NVR"),
    ("an object by its name", "sysDescr", {"1.3.6.1.2.1.1.1.0": b"box"}, "box"),
]


@pytest.mark.parametrize(("definition", "walk", "value"), [row[1:] for row in SCALARS], ids=[row[0] for row in SCALARS])
def test_a_scalar_is_taken_from(definition: str, walk: Mapping[str, Raw], value: str) -> None:
    assert told(f"scalars:\n  device.model: {definition}\n", walk) == [f"device.model={value}"]


NUMBERS = [
    ("text that holds a number", "{get: .1.0}", {".1.0": b"15 PERCENT"}, ["cpu.load=15"]),
    ("scaled and shifted", "{get: .1.0, scale: -1, offset: 100}", {".1.0": 12}, ["cpu.load=88"]),
    ("divided", "{get: .1.0, divide: 10}", {".1.0": 213}, ["cpu.load=21.3"]),
    ("out of bounds", "{get: .1.0, within: [0, 100]}", {".1.0": 101}, []),
    ("times another", "{get: .1.0, times: .2.0}", {".1.0": 4, ".2.0": 3}, ["cpu.load=12"]),
    ("times another that is missing", "{get: .1.0, times: .2.0}", {".1.0": 4}, []),
    (
        "a power of ten of another",
        "{get: .1.0, power: [{get: .2.0, scale: -1}]}",
        {".1.0": 425, ".2.0": 1},
        ["cpu.load=42.5"],
    ),
    ("used of total", "{percent: {used: .1.0, total: .2.0}}", {".1.0": 1, ".2.0": 4}, ["cpu.load=25"]),
    ("free of total", "{percent: {free: .1.0, total: .2.0}}", {".1.0": 1, ".2.0": 4}, ["cpu.load=75"]),
    ("used and free", "{percent: {used: .1.0, free: .2.0}}", {".1.0": 1, ".2.0": 3}, ["cpu.load=25"]),
    ("of nothing", "{percent: {used: .1.0, total: .2.0}}", {".1.0": 0, ".2.0": 0}, []),
    ("the average of rows", "{column: .1.1, pick: average}", {".1.1.1": 10, ".1.1.2": 20}, ["cpu.load=15"]),
    ("the highest row", "{column: .1.1, pick: max}", {".1.1.1": 10, ".1.1.2": 20}, ["cpu.load=20"]),
    ("how many rows", "{column: .1.1, pick: count}", {".1.1.1": 10, ".1.1.2": 20}, ["cpu.load=2"]),
    ("beyond what is finite", "{get: .1.0, times: .2.0}", {".1.0": 1e308, ".2.0": 1e308}, []),
    ("no number at all", "{get: .1.0}", {".1.0": b"unknown"}, []),
]


@pytest.mark.parametrize(("definition", "walk", "facts"), [row[1:] for row in NUMBERS], ids=[row[0] for row in NUMBERS])
def test_a_number_is(definition: str, walk: Mapping[str, Raw], facts: list[str]) -> None:
    assert told(f"scalars:\n  cpu.load: {definition}\n", walk) == facts


STATES = [
    ("listed, with the device's word", "{get: .1.0, enum: {1: [normal, ok]}}", 1, "normal(ok)"),
    ("listed as text in any case", "{get: .1.0, enum: {Running: normal}}", b"RUNNING", "normal(RUNNING)"),
    (
        "listed by an expression",
        "{get: .1.0, enum: {ok: normal, '~(?i)fail': failed}}",
        b"Fan Failure",
        "failed(Fan Failure)",
    ),
    ("not listed: unknown, never normal", "{get: .1.0, enum: {1: normal}}", 7, "unknown(7)"),
    ("not listed, otherwise", "{get: .1.0, enum: {1: normal}, otherwise: failed}", 7, "failed(7)"),
    ("a band", "{get: .1.0, bands: {0: normal, 10: degraded, 20: failed}}", 19, "degraded(19)"),
    ("a bit of BITS", "{get: .1.0, bit: 1, enum: {1: [failed, low], 0: normal}}", b"\x40", "failed(low)"),
    ("a bit of a number", "{get: .1.0, mask: 4, enum: {1: [failed, low], 0: normal}}", 6, "failed(low)"),
    ("a word of ours told plainly", "{get: .1.0}", b"absent", "absent"),
    ("a word that is not ours", "{get: .1.0}", b"meh", "unknown(meh)"),
]


@pytest.mark.parametrize(("definition", "raw", "value"), [row[1:] for row in STATES], ids=[row[0] for row in STATES])
def test_a_state_is(definition: str, raw: Raw, value: str) -> None:
    assert told(f'scalars:\n  "fan.state[1]": {definition}\n', {".1.0": raw}) == [f"fan.state[1]={value}"]


def test_the_worst_of_several_states_stands_for_them_with_its_own_word() -> None:
    text = """
scalars:
  battery.state:
    worst:
      - {get: .1.0, enum: {1: [normal, good]}}
      - {get: .2.0, enum: {1: [failed, replace]}}
      - {get: .3.0, enum: {1: [degraded, low]}}
"""
    assert told(text, {".1.0": 1, ".2.0": 1, ".3.0": 1}) == ["battery.state=failed(replace)"]
    assert told(text, {".1.0": 1, ".3.0": 1}) == ["battery.state=degraded(low)"]
    assert told(text, {}) == []


def test_a_table_tells_each_row_that_fulfils_its_conditions_by_its_name() -> None:
    text = """
tables:
  fans:
    rows: .2.3
    subject: .2.2
    where: [{of: .2.4, not: [0]}, {of: .2.2, unlike: '^virtual'}]
    facts:
      fan.state: {column: .2.3, enum: {1: normal, 2: failed}}
"""
    walk: dict[str, Raw] = {}
    for row, (name, state, kind) in {
        1: ("Fan", 1, 5),
        2: ("Fan", 2, 5),
        3: ("PSU", 1, 0),
        4: ("virtual", 1, 5),
    }.items():
        walk |= {f".2.2.{row}": name.encode(), f".2.3.{row}": state, f".2.4.{row}": kind}
    assert told(text, walk) == ["fan.state[Fan (1)]=normal(1)", "fan.state[Fan (2)]=failed(2)"]


ELSEWHERE = [
    ("by the last part of the index", "{column: .9.9, row: last}"),
    ("by a value of this row", "{column: .9.9, row: {column: .5.5}}"),
    ("by climbing to the row that fits", "{column: .9.9, climb: {by: .6.6, where: [{of: .7.7, is: [3]}]}}"),
    ("by a part of the index itself", "{index: '1:2', enum: {8: Gi8}}"),
    ("as characters of the index", "{index: '2:', as: ascii, enum: {abc: Gi8}}"),
]


@pytest.mark.parametrize("subject", [row[1] for row in ELSEWHERE], ids=[row[0] for row in ELSEWHERE])
def test_a_subject_is_found_in_another_row(subject: str) -> None:
    text = f"tables:\n  x:\n    rows: .1.1\n    subject: {subject}\n    facts: {{cpu.load: {{column: .1.1}}}}\n"
    row = "1.8" if "ascii" not in subject else "1.8.97.98.99"
    walk: dict[str, Raw] = {
        f".1.1.{row}": 5,
        ".9.9.8": b"Gi8",
        f".5.5.{row}": 8,
        f".6.6.{row}": 7,
        ".6.6.7": 8,
        ".7.7.8": 3,
    }
    assert told(text, walk) == ["cpu.load[Gi8]=5"]


def test_a_containment_that_goes_round_in_circles_ends() -> None:
    text = (
        "tables:\n  x:\n    rows: .1.1\n    subject: {column: .9.9, climb: {by: .6.6, where: [{of: .7.7, is: [3]}]}}\n"
    )
    text += "    facts: {cpu.load: {column: .1.1}}\n"
    assert told(text, {".1.1.1": 5, ".6.6.1": 2, ".6.6.2": 1}) == ["cpu.load[1]=5"]


BASE = (
    "name: base\nvendor: Base\nquirks: {no_getbulk: true, timeout_s: 3}\n"
    "scalars:\n  device.model: sysDescr\n  device.serial: sysName\n  device.name: sysName\n"
    "tables:\n  a: {rows: 1.1.1, facts: {cpu.load: {column: 1.1.1}}}\n"
)


def test_a_profile_overrides_adds_to_and_takes_away_what_it_extends() -> None:
    text = "extends: base\nquirks: {timeout_s: 9}\nscalars:\n  device.model: [.1.0, inherited, .2.0]\n"
    text += "  device.serial: .3.0\n  device.name: null\ntables:\n  a: null\n"
    walk: dict[str, Raw] = {
        ".2.0": b"two",
        ".3.0": b"S3",
        "1.3.6.1.2.1.1.1.0": b"descr",
        "1.3.6.1.2.1.1.5.0": b"n",
        "1.1.1.1": 5,
    }
    assert told(text, walk, base=BASE) == ["device.vendor=Base", "device.model=descr", "device.serial=S3"]
    assert told(text, {".2.0": b"two"}, base=BASE) == ["device.vendor=Base", "device.model=two"]
    quirks = Shelf(texts={"base": BASE, "example": f"name: example\nroot: {ROOT}\n{text}"}).profile("example").quirks
    assert (quirks.no_getbulk, quirks.timeout_s) == (True, 9)


def test_what_is_wanted_can_be_narrowed_to_some_facts() -> None:
    profile = shipped().profile("generic")
    ports = profile.wanted(only=("port.",))
    assert set(ports.columns) < set(profile.wanted().columns)
    assert "1.3.6.1.2.1.2.2.1.8" in ports.columns
    assert not ports.scalars
    answers = Answers(scalars={"1.3.6.1.2.1.1.5.0": b"sw"}, columns={})
    assert [seen.name for seen in profile.observe(answers)] == ["device.name"]
    assert list(profile.observe(answers, only=("port.",))) == []


CHOICES = {
    "plain": "match: [{sysObjectID: 1.3.6.1.4.1.9}]",
    "longer": "match: [{sysObjectID: [1.3.6.1.4.1.8, 1.3.6.1.4.1.9.6.1]}]",
    "described": "match: [{sysObjectID: 1.3.6.1.4.1.9, sysDescr: '^Catalyst 1[23]00'}]",
    "present": "match: [{present: 1.3.6.1.4.1.77.1.0}]",
    "nas": "match: [{sysObjectID: 1.3.6.1.4.1.8072.3.2.10, present: 1.3.6.1.4.1.6574.1}]",
    "linux": "match: [{sysObjectID: 1.3.6.1.4.1.8072.3.2.10}]",
    "generic": "",
}


@pytest.mark.parametrize(
    ("sys_object_id", "sys_descr", "present", "name"),
    [
        ("1.3.6.1.4.1.9.1.5", "Cisco IOS", (), "plain"),
        ("1.3.6.1.4.1.9.6.1.5", "SG350", (), "longer"),
        ("1.3.6.1.4.1.9.1.3211", "Catalyst 1200 Series", (), "described"),
        ("1.3.6.1.4.1.99.1", "", (), "generic"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux", (), "linux"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux", ("1.3.6.1.4.1.6574.1",), "nas"),
        ("", "", ("1.3.6.1.4.1.77.1.0",), "present"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux", ("1.3.6.1.4.1.77.1.0",), "linux"),
    ],
)
def test_the_most_specific_profile_wins(
    sys_object_id: str, sys_descr: str, present: tuple[str, ...], name: str
) -> None:
    shelf = Shelf(texts={key: f"name: {key}\n{text}" for key, text in CHOICES.items()})
    assert shelf.choose(sys_object_id=sys_object_id, sys_descr=sys_descr, present=present).name == name


def test_only_what_the_system_group_leaves_open_is_asked_for() -> None:
    shelf = Shelf(texts={key: f"name: {key}\n{text}" for key, text in CHOICES.items()})
    assert shelf.questions(sys_object_id="1.3.6.1.4.1.9.1", sys_descr="") == ("1.3.6.1.4.1.77.1.0",)
    assert "1.3.6.1.4.1.6574.1" in shelf.questions(sys_object_id="1.3.6.1.4.1.8072.3.2.10", sys_descr="")


def test_two_profiles_that_fit_equally_well_are_an_error_that_names_both() -> None:
    shelf = Shelf(texts={key: f"name: {key}\nmatch: [{{sysDescr: {key}}}]" for key in ("aaa", "bbb")})
    with pytest.raises(Unsupported, match="aaa, bbb"):
        shelf.choose(sys_object_id="", sys_descr="aaabbb")


def test_a_sites_own_profile_takes_the_place_of_the_shipped_one_of_its_name() -> None:
    shelf = shipped().plus({"axis": "name: axis\nvendor: Ours\nmatch: [{sysObjectID: 1.3.6.1.4.1.368}]"})
    assert shelf.choose(sys_object_id="1.3.6.1.4.1.368.1.1", sys_descr="").vendor == "Ours"
    assert shipped().choose(sys_object_id="1.3.6.1.4.1.368.1.1", sys_descr="").vendor == "Axis"


WRONG = [
    ("name: example\nfoo: 1", "", "unknown field `foo`"),
    ("name: other", "name", '"other"'),
    ("name: example\nextends: nobody", "extends", '"nobody"'),
    ("name: example\nextends: example", "extends", "example > example"),
    ("name: example\nmatch: [{sysDescr: '('}]", "match[0].sysDescr", "expression is wrong"),
    ("name: example\nmatch: [{sysObjectID: 1.3.6.1.4.1.368}]", "match[0]", '"axis"'),
    ("name: example\nscalars: {device.colour: sysDescr}", "scalars.device.colour", '"device.colour"'),
    ("name: example\nscalars: {device.model: sysFoo}", "scalars.device.model", '"sysFoo"'),
    ("name: example\nscalars: {device.model: .1.0}", "scalars.device.model", "no root"),
    ("name: example\nscalars: {device.model: {get: sysDescr, const: 1}}", "scalars.device.model", "exactly one"),
    ("name: example\nscalars: {device.model: [{gett: sysDescr}]}", "scalars.device.model[0]", "unknown field `gett`"),
    ("name: example\nscalars: {fan.state: {get: sysDescr, enum: {1: okay}}}", "scalars.fan.state", '"okay"'),
    ("name: example\nscalars: {cpu.load: {percent: {used: sysDescr}}}", "scalars.cpu.load.percent", "two of"),
    ("name: example\ntables: {t: {facts: {cpu.load: {const: 1}}}}", "tables.t", "no column"),
    (
        "name: example\ntables: {t: {facts: {cpu.load: ifSpeed}, where: [{of: ifType, like: '['}]}}",
        "tables.t.where[0].like",
        "expression",
    ),
    ("name: [", "", "not YAML"),
    ("- 1", "", "Expected `object`"),
]


@pytest.mark.parametrize(("text", "path", "words"), WRONG, ids=[f"{row[1]} {row[2]}" for row in WRONG])
def test_a_mistake_in_a_profile_is_told_with_its_path(text: str, path: str, words: str) -> None:
    complaints = shipped().complaints("example", text)
    assert [one for one, _ in complaints] == [path]
    assert words in utter(complaints[0][1])
    assert utter(complaints[0][1], "fr")


def test_every_mistake_of_a_profile_is_told_at_once() -> None:
    text = "name: example\nscalars:\n  device.model: sysFoo\n  cpu.load: {get: sysDescr, az: 1}\n  x: sysDescr\n"
    text += "tables:\n  t: {facts: {fan.state: {column: ifType, enum: {1: good}}}, rows: .1.1}\n"
    assert len(shipped().complaints("example", text)) == 5


def test_a_broken_profile_cannot_be_used() -> None:
    with pytest.raises(Broken, match="sysFoo"):
        Shelf(texts={"a": "name: a\nscalars: {device.model: sysFoo}"}).profile("a")
    with pytest.raises(Broken):
        Shelf(texts={"a": "name: ["})


def test_the_language_has_a_schema_in_which_every_reference_is_defined() -> None:
    schemas, components = msgspec.json.schema_components([Language], ref_template="#/$defs/{name}")
    assert schemas
    assert "Profile" in components
