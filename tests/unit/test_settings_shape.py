"""Each YAML mistake has its message, with file, line and path, and all are told at once."""

import datetime as dt
from pathlib import Path

import pytest

from agent.settings import Wrong, load
from tests.folders import INVENTORY, SITE, write

DEVICE = "devices:\n  - {id: cam-1, kind: camera, address: 192.0.2.21"

# fmt: off
MISTAKES: list[tuple[str, str, list[str]]] = [
    # unknown and missing keys
    ("inventory", DEVICE + ", onvif: {prot: 80}}\n",
     ["inventory.yaml:2 devices[0].onvif.prot: unknown key prot (did you mean port?)"]),
    ("inventory", DEVICE.replace("address", "adress") + "}\n",
     ["inventory.yaml:2 devices[0].adress: unknown key adress (did you mean address?)"]),
    ("inventory", "devices:\n  - id: cam-1\n    address: a\n",
     ["inventory.yaml:2 devices[0]: the key kind is missing"]),
    ("inventory", INVENTORY + "devcies: []\n",
     ["inventory.yaml:3 devcies: unknown key devcies"]),
    ("site", "sites: {id: depot}\n",
     ["site.yaml:1 sites: unknown key sites (did you mean site?)"]),
    ("policy", "retention: {min_day: 3}\nclock: {wran: 1s}\n",
     ["policy.yaml:1 retention.min_day: unknown key min_day (did you mean min_days?)",
      "policy.yaml:2 clock.wran: unknown key wran (did you mean warn?)"]),
    ("firmware", "rules:\n  - match: {vendr: axis}\n    minimun: '1'\n",
     ["firmware.yaml:2 rules[0].match.vendr: unknown key vendr (did you mean vendor?)",
      "firmware.yaml:3 rules[0].minimun: unknown key minimun (did you mean minimum?)"]),
    ("firmware", "rules:\n- defer: {until: 2027-01-31}\n",
     ["firmware.yaml:2 rules[0].defer: the key reason is missing"]),
    ("tiers", "premium: {evry: {}}\n",
     ["tiers.yaml:1 premium.evry: unknown key evry (did you mean every?)"]),
    ("tiers", "golden: {}\n",
     ["tiers.yaml:1 golden: must be one of: comfort, essential, premium"]),
    # wrong words
    ("inventory", DEVICE.replace("camera", "Camera") + "}\n",
     [("inventory.yaml:2 devices[0].kind: must be one of: access-controller, alarm-panel, camera, intercom, nas, nvr, "
      "router, server, switch, ups, vms (did you mean camera?)")]),
    ("site", "site: {id: depot, tier: premum}\n",
     ["site.yaml:1 site.tier: must be one of: comfort, essential, premium (did you mean premium?)"]),
    ("inventory", DEVICE.replace("cam-1", "cam 1") + "}\n",
     [("inventory.yaml:2 devices[0].id: must consist of letters, digits, dots, dashes and underscores, at most 64, "
      "and begin with a letter or digit")]),
    ("inventory", DEVICE.replace("cam-1", '"cam-1\\n"') + "}\n",
     [("inventory.yaml:2 devices[0].id: must consist of letters, digits, dots, dashes and underscores, at most 64, "
      "and begin with a letter or digit")]),
    ("inventory", DEVICE + ', name: "\\e[31m"}\n',
     ["inventory.yaml:2 devices[0].name: holds a control character"]),
    # numbers
    ("inventory", DEVICE + ", onvif: {port: 65536}}\n",
     ["inventory.yaml:2 devices[0].onvif.port: must be between 1 and 65535"]),
    ("inventory", DEVICE + ", onvif: {port: 0}}\n",
     ["inventory.yaml:2 devices[0].onvif.port: must be between 1 and 65535"]),
    ("inventory", DEVICE + ', onvif: {port: "80"}}\n',
     ["inventory.yaml:2 devices[0].onvif.port: must be a whole number (without the quotes)"]),
    ("inventory", DEVICE + ", onvif: {port: 0x50}}\n",
     ["inventory.yaml:2 devices[0].onvif.port: must be a whole number"]),
    ("inventory", DEVICE + ", onvif: {port: " + "9" * 5000 + "}}\n",
     ["inventory.yaml:2 devices[0].onvif.port: must be a whole number"]),
    ("inventory", DEVICE + ", onvif: {tls: yes}}\n",
     ["inventory.yaml:2 devices[0].onvif.tls: must be true or false (write true)"]),
    ("policy", "retention: {min_days: -1}\n",
     ["policy.yaml:1 retention.min_days: must be at least 0"]),
    ("policy", "retention: {max_days: 0}\n",
     ["policy.yaml:1 retention.max_days: must be more than 0"]),
    ("policy", "retention: {max_days: .inf}\n",
     ["policy.yaml:1 retention.max_days: must be a number"]),
    # durations and dates
    ("policy", "clock: {warn: 2}\n",
     ["policy.yaml:1 clock.warn: must be a duration such as 90s, 5m, 12h or 30d (write 2s)"]),
    ("policy", "clock: {crit: 5 minutes}\n",
     ["policy.yaml:1 clock.crit: must be a duration such as 90s, 5m, 12h or 30d (write 5m)"]),
    ("policy", "clock: {crit: 3 months}\n",
     ["policy.yaml:1 clock.crit: must be a duration such as 90s, 5m, 12h or 30d"]),
    ("policy", "retention: {slack: " + "9" * 400 + "d}\n",
     ["policy.yaml:1 retention.slack: the duration is longer than a hundred years"]),
    ("site", SITE + "heartbeat: 0s\n",
     ["site.yaml:5 heartbeat: the duration must be at least 0.1s"]),
    ("site", SITE + "every: {onvif.identity: 10}\n",
     ['site.yaml:5 every["onvif.identity"]: must be a duration such as 90s, 5m, 12h or 30d (write 10s)']),
    ("inventory", DEVICE + ", commissioned: 15.01.2026}\n",
     ["inventory.yaml:2 devices[0].commissioned: must be a date such as 2026-01-31"]),
    ("inventory", DEVICE + ", commissioned: 2026-02-30}\n",
     ["inventory.yaml:2 devices[0].commissioned: there is no such day"]),
    # wrong forms
    ("inventory", "devices: cam-1\n",
     ["inventory.yaml:1 devices: must be a list"]),
    ("inventory", "devices:\n",
     ["inventory.yaml:1 devices: nothing is written here: fill it, or write []"]),
    ("inventory", "devices:\n  -\n",
     ["inventory.yaml:2 devices[0]: nothing is written here: fill it, or leave the key out"]),
    ("inventory", "- id: cam-1\n",
     ["inventory.yaml:1: must be a mapping of keys to values"]),
    ("inventory", DEVICE + ", name: [a]}\n",
     ["inventory.yaml:2 devices[0].name: must be a text"]),
    ("inventory", DEVICE + ", uplink: sw-1}\n",
     ["inventory.yaml:2 devices[0].uplink: must be a mapping of keys to values"]),
    ("inventory", "devices:\n  - id: null\n    kind: camera\n    address: a\n",
     ["inventory.yaml:2 devices[0].id: nothing is written here: a text is needed"]),
    ("site", SITE + "listeners: {traps: }\ncommands: {allow: [reboot]}\n",
     ["site.yaml:6 commands.allow[0]: must be one of: bundle, check, discover, maintenance, retention"]),
]
# fmt: on


def complaints(folder: Path) -> list[str]:
    with pytest.raises(Wrong) as caught:
        load(folder)
    assert str(caught.value) == caught.value.said("en")
    return caught.value.said("en").split("\n")


@pytest.mark.parametrize(("file", "text", "expected"), MISTAKES)
def test_each_mistake_is_told_with_its_place(tmp_path: Path, file: str, text: str, expected: list[str]) -> None:
    assert complaints(write(tmp_path, **{file: text})) == expected


def test_every_error_of_every_file_is_told_in_one_run(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        site="site: {id: depot, tier: best}\nsinks: [{kind: https}]\n",
        inventory="devices:\n  - {id: a, kind: camera, address: 'x y', onvif: {port: 0}}\n"
        "  - {id: b, kind: camra, address: x, uplink: {device: c}}\n  - {id: a, kind: nvr, address: x}\n",
        policy="clock: {warn: 2}\n",
        firmware="rules: {}\n",
    )
    assert [one.partition(": ")[0] for one in complaints(folder)] == [
        "site.yaml:1 site.tier",
        "site.yaml:2 sinks[0]",
        "inventory.yaml:2 devices[0].onvif.port",
        "inventory.yaml:2 devices[0].address",
        "inventory.yaml:3 devices[1].kind",
        "inventory.yaml:3 devices[1].uplink.device",
        "inventory.yaml:4 devices[2].id",
        "policy.yaml:1 clock.warn",
        "firmware.yaml:1 rules",
    ]


def test_a_device_that_is_wrong_elsewhere_is_still_known_by_its_id(tmp_path: Path) -> None:
    text = "devices:\n  - {id: sw, kind: swich, address: x}\n  - {id: a, kind: nvr, address: x, uplink: {device: sw}}\n"
    assert [one.split()[1] for one in complaints(write(tmp_path, inventory=text))] == ["devices[0].kind:"]


def test_errors_are_told_in_french(tmp_path: Path) -> None:
    with pytest.raises(Wrong) as caught:
        load(write(tmp_path, policy="clock: {wran: 2s, crit: 30}\n"))
    assert caught.value.said("fr").split("\n") == [
        "policy.yaml:1 clock.wran : clé inconnue wran (vouliez-vous dire warn ?)",
        "policy.yaml:1 clock.crit : doit être une durée telle que 90s, 5m, 12h ou 30d (écrire 30s)",
    ]


def test_thousands_of_errors_are_counted_beyond_the_first_thousand(tmp_path: Path) -> None:
    told = complaints(write(tmp_path, inventory="devices:\n" + "  - 1\n" * 3000))
    assert len(told) == 1001
    assert told[-1] == "inventory.yaml: 2000 further errors"


def test_text_is_taken_as_it_is_written(tmp_path: Path) -> None:
    """A YAML 1.1 reader would make of these the number 24, 5.1, the boolean True and a date."""
    settings = load(
        write(
            tmp_path,
            inventory="devices:\n  - {id: on, kind: camera, address: a, channels: [01, 2], model: 2026-01-01,\n"
            "     uplink: {device: no, port: 24}}\n"
            "  - {id: no, kind: switch, address: b, commissioned: '2026-01-15'}\n",
            firmware="rules: [{minimum: 5.10, end_of_life: 2027-12-31}]\n",
        )
    )
    first, second = settings.devices
    assert (first.id, first.channels, first.model) == ("on", ("01", "2"), "2026-01-01")
    assert first.uplink is not None
    assert not isinstance(first.uplink, tuple)
    assert (first.uplink.device, first.uplink.port) == ("no", "24")
    assert second.commissioned == dt.date(2026, 1, 15)
    assert settings.firmware.rules[0].minimum == "5.10"
    assert settings.firmware.rules[0].end_of_life == dt.date(2027, 12, 31)


def test_a_protocol_with_nothing_below_it_is_spoken(tmp_path: Path) -> None:
    text = "devices:\n  - id: a\n    kind: camera\n    address: a\n    onvif:\n    recorder:\n"
    device = load(write(tmp_path, inventory=text)).devices[0]
    assert device.protocols == ("onvif",)
    assert device.recorder is None


def test_several_uplinks_may_be_given(tmp_path: Path) -> None:
    text = INVENTORY.replace("}", ", uplink: [{device: b}, {device: c, port: 7}]}")
    text += "".join(f"  - {{id: {name}, kind: switch, address: x}}\n" for name in "bc")
    uplinks = load(write(tmp_path, inventory=text)).devices[0].uplink
    assert isinstance(uplinks, tuple)
    assert [(one.device, one.port) for one in uplinks] == [("b", None), ("c", "7")]
