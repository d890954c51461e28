"""What must hold between the parts of a configuration: each breach has its line and its words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.settings import Settings, Wrong, load
from agent.settings.tree import loops
from tests.folders import SITE, write

PRINT = ":".join(["ab"] * 32)


def complaints(folder: Path, probes: tuple[str, ...] | None = None) -> list[str]:
    with pytest.raises(Wrong) as caught:
        load(folder, probes=probes)
    return caught.value.said("en").split("\n")


def device(name: str, *more: str, kind: str = "camera") -> str:
    return f"  - {{id: {name}, kind: {kind}, address: 192.0.2.1{''.join(', ' + one for one in more)}}}\n"


def devices(*lines: str) -> dict[str, str]:
    return {"inventory": "devices:\n" + "".join(lines)}


def site(*lines: str) -> dict[str, str]:
    return {"site": SITE + "".join(line + "\n" for line in lines)}


def credential(line: str) -> dict[str, str]:
    return {"site": f"site: {{id: depot}}\ncredentials:\n  {line}\n"}


LISTEN = "must be an address and a port, such as 127.0.0.1:8480 or [::1]:8480"
URL = "must be a URL with a host, such as https://centre.example/ingest"
ADDRESS = "must be an IP address or a host's name, without port or scheme"

# fmt: off
BREACHES: list[tuple[dict[str, str], list[str]]] = [
    # devices
    (devices(device("a"), device("b"), device("a")),
     ["inventory.yaml:4 devices[2].id: the id a is given twice, first in line 2"]),
    ({"inventory": "devices: [{id: a, kind: nvr, address: x}, {id: a, kind: nvr, address: y}]\n"},
     ["inventory.yaml:1 devices[1].id: the id a is given twice, first in line 1"]),
    (devices(device("cam", "uplink: {device: sw-2}"), device("sw-1")),
     ["inventory.yaml:2 devices[0].uplink.device: there is no device sw-2 (did you mean sw-1?)"]),
    (devices(device("cam", "uplink: [{device: sw-1}, {device: xyz}]"), device("sw-1")),
     ["inventory.yaml:2 devices[0].uplink[1].device: there is no device xyz"]),
    (devices(device("cam", "recorder: {device: nvr, channel: 1}")),
     ["inventory.yaml:2 devices[0].recorder.device: there is no device nvr"]),
    (devices(device("nvr", "recorder: {device: nvr, channel: 1}")),
     ["inventory.yaml:2 devices[0].recorder.device: a device cannot be its own recorder"]),
    (devices(device("a", "uplink: {device: b}"), device("b", "uplink: {device: a}")),
     ["inventory.yaml:2 devices[0].uplink.device: the uplinks go round in a loop: a -> b -> a"]),
    (devices(device("a", "uplink: {device: a}")),
     ["inventory.yaml:2 devices[0].uplink.device: the uplinks go round in a loop: a -> a"]),
    (devices(device("x", "uplink: {device: a}"), device("a", "uplink: [{device: r}, {device: b}]"),
             device("b", "uplink: {device: a}"), device("r")),
     ["inventory.yaml:3 devices[1].uplink[1].device: the uplinks go round in a loop: a -> b -> a"]),
    (devices(device("a", "channels: [1, 2, '1']")),
     ["inventory.yaml:2 devices[0].channels: a channel stands here twice"]),
    (devices(device("a", "profile: genric")),
     ["inventory.yaml:2 devices[0].profile: there is no such profile (did you mean generic?)"]),
    *((devices(device("a").replace("192.0.2.1", f"'{text}'")), [f"inventory.yaml:2 devices[0].address: {ADDRESS}"])
      for text in ("192.0.2.300", "192.0.2", "192.0.2.1:80", "http://x", "[::1]", "a b", "", "-x", "x" * 64,
                   "224.0.0.1", "admin:secret@x", "x/y", "é.example")),
    # blocks
    (devices(device("a", "onvif: {credential: cam}")),
     ["inventory.yaml:2 devices[0].onvif.credential: no such credential in site.yaml (did you mean cams?)"]),
    (devices(device("a", "onvif: {credential: lan}")),
     ["inventory.yaml:2 devices[0].onvif.credential: this credential is for SNMP"]),
    (devices(device("a", "snmp: {credential: cams}")),
     ["inventory.yaml:2 devices[0].snmp.credential: this credential is not for SNMP: it says no snmp: v1, v2c or v3"]),
    ({**credential("key: {}"), **devices(device("a", "sia: {credential: key}", "rtsp: {credential: key}"))},
     ["inventory.yaml:2 devices[0].rtsp.credential: this credential has no username"]),
    (devices(device("a", "http: {fingerprint: abcd, tls: true}")),
     [("inventory.yaml:2 devices[0].http.fingerprint: "
      "must be a SHA-256 fingerprint: 64 hexadecimal digits, colons allowed")]),
    (devices(device("a", f"http: {{fingerprint: '{PRINT}'}}")),
     ["inventory.yaml:2 devices[0].http.fingerprint: has no effect without tls: true"]),
    (devices(device("a", "http: {ca: gone.pem, tls: true}")),
     ["inventory.yaml:2 devices[0].http.ca: the file cannot be read: No such file or directory"]),
    # credentials
    (credential("core: {snmp: v3}"), ["site.yaml:3 credentials.core: SNMPv3 needs a username"]),
    (credential("core: {snmp: v3, username: u, privacy: aes128}"),
     ["site.yaml:3 credentials.core.privacy: privacy needs auth beside it"]),
    (credential("core: {snmp: v2c, auth: sha256}"), ["site.yaml:3 credentials.core.auth: is for snmp: v3 alone"]),
    (credential("core: {snmp: v2c, username: u}"), ["site.yaml:3 credentials.core.username: is for snmp: v3 alone"]),
    (credential("core: {snmp: v3, username: u, auth: sha265}"),
     [("site.yaml:3 credentials.core.auth: must be one of: md5, sha1, sha224, sha256, sha384, sha512 "
      "(did you mean sha256?)")]),
    # the site
    ({"site": "site: {id: a, timezone: Europe/Pari}\n"},
     ["site.yaml:1 site.timezone: unknown time zone; one is Europe/Paris (did you mean Europe/Paris?)"]),
    ({"site": "site: {id: a, timezone: Europe}\n"},  # a folder of the database
     ["site.yaml:1 site.timezone: unknown time zone; one is Europe/Paris (did you mean Europe/Rome?)"]),
    *(({"site": f"site: {{id: a, timezone: '{zone}'}}\n"},
       ["site.yaml:1 site.timezone: unknown time zone; one is Europe/Paris"])
      for zone in ("/etc/passwd", "../etc/passwd", "", "x" * 5000)),
    *((site(f"console: {{listen: '{text}'}}"), [f"site.yaml:5 console.listen: {LISTEN}"])
      for text in ("8480", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", "[x]:80", ":80", "http://x:80")),
    # sinks
    (site("sinks: [{kind: https}]"), ["site.yaml:5 sinks[0]: a sink of kind https needs a url"]),
    (site("sinks: [{kind: prometheus}]"), ["site.yaml:5 sinks[0]: a sink of kind prometheus needs listen"]),
    *((site(f"sinks: [{{kind: https, url: '{url}'}}]"), [f"site.yaml:5 sinks[0].url: {told}"]) for url, told in (
        ("http://centre.example/", "plain http is accepted for loopback addresses only: use https"),
        ("http://192.0.2.1/", "plain http is accepted for loopback addresses only: use https"),
        ("http://127.0.0.1.evil.example/", "plain http is accepted for loopback addresses only: use https"),
        ("mqtt://centre.example", "must begin with https://, http://"),
        ("https://user:hunter2@centre.example/",
         "no user or password may stand in a URL: use token, hmac or client_certificate"),
        ("https://", URL), ("centre.example", URL), ("https://a b/", URL), ("https://[::1", URL),
        ("https://x:99999/", URL), ("https:///x", URL), ("https://192.0.2.300/", URL))),
    (site("sinks: [{kind: https, url: 'https://a'}, {kind: https, url: 'https://b'}]"),
     ["site.yaml:5 sinks[1].name: the sink of line 5 is called https as well: give each a name of its own"]),
    (site("sinks: [{kind: https, url: 'https://a', token: centre}]"),
     ["site.yaml:5 sinks[0].token: no such credential in site.yaml"]),
    (site("sinks: [{kind: https, url: 'https://a', hmac: lan}]"),
     ["site.yaml:5 sinks[0].hmac: this credential is for SNMP"]),
    # thresholds
    ({"policy": "retention:\n  min_days: 31\n  max_days: 30\n"},
     ["policy.yaml:2 retention.min_days: min_days (31) is more than max_days (30)"]),
    ({"policy": "retention: {max_days: 30}\n", **devices(device("a", "retention: {min_days: 40}"))},
     ["inventory.yaml:2 devices[0].retention.min_days: min_days (40) is more than max_days (30)"]),
    ({"policy": "clock: {warn: 1m}\n"}, ["policy.yaml:1 clock.warn: warn is more than crit"]),
]
# fmt: on


@pytest.mark.parametrize(("files", "expected"), BREACHES, ids=range(len(BREACHES)))
def test_each_breach_is_told_with_its_place(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    assert complaints(write(tmp_path, **files)) == expected


def test_unknown_probes_are_told_where_the_known_ones_are_given(tmp_path: Path) -> None:
    folder = write(tmp_path, **site("every: {onvif.identiy: 10m, reach: 30s}"), tiers="premium: {every: {clock: 1m}}\n")
    assert load(folder).site.every == {"onvif.identiy": 600.0, "reach": 30.0}
    assert complaints(folder, ("onvif.identity", "reach")) == [
        'site.yaml:5 every["onvif.identiy"]: there is no such probe (did you mean onvif.identity?)',
        "tiers.yaml:1 premium.every.clock: there is no such probe",
    ]


def test_what_stands_in_a_wrong_file_is_not_missed_elsewhere(tmp_path: Path) -> None:
    """With site.yaml unreadable nobody can say which credentials there are."""
    files = devices(device("a", "onvif: {credential: cams}", "snmp: {credential: nope}"))
    assert complaints(write(tmp_path, site="[", **files)) == [
        "site.yaml:2: a [ or { is not closed, or a comma is missing"
    ]


RIGHT: list[tuple[dict[str, str], Callable[[Settings], object], object]] = [
    (devices(device("a").replace("192.0.2.1", "'fe80::1%eth0'")), lambda it: it.devices[0].address, "fe80::1%eth0"),
    (devices(device("a").replace("192.0.2.1", "cam-1.lan")), lambda it: it.devices[0].address, "cam-1.lan"),
    (site("sinks: [{kind: https, url: 'http://127.0.0.1:8080/x'}]"), lambda it: it.site.sinks[0].name, "https"),
    (site("sinks: [{kind: https, url: 'http://[::1]/x', name: b}]"), lambda it: it.site.sinks[0].name, "b"),
    (site("sinks: [{kind: mqtt, url: 'mqtts://b.example:8883'}]"), lambda it: it.site.sinks[0].kind, "mqtt"),
    (site("sinks: [{kind: prometheus, listen: '0.0.0.0:9100'}]"), lambda it: it.site.sinks[0].url, ""),
    (site("console: {listen: 'localhost:8480'}"), lambda it: it.site.console is not None, True),
    ({}, lambda it: (it.site.console, it.site.heartbeat, it.site.site.tier), (None, 300.0, "essential")),
    (site("console:"), lambda it: it.site.console and it.site.console.listen, "127.0.0.1:8480"),
    (devices(device("a", f"http: {{fingerprint: '{PRINT}', tls: true}}")), lambda it: it.devices[0].port("http"), 443),
    ({"inventory": "devices: []\n"}, lambda it: it.devices, ()),
]


@pytest.mark.parametrize(("files", "seen", "expected"), RIGHT, ids=range(len(RIGHT)))
def test_what_is_right_is_taken(
    tmp_path: Path, files: dict[str, str], seen: Callable[[Settings], object], expected: object
) -> None:
    assert seen(load(write(tmp_path, **files))) == expected


def test_a_cameras_retention_is_laid_over_the_policy(tmp_path: Path) -> None:
    policy = "retention: {min_days: 21, max_days: 30, slack: 2d, mode: motion}\n"
    lines = devices(device("a", "retention: {min_days: 15}"), device("b"), device("c", "retention: {max_days: null}"))
    first, second, third = load(write(tmp_path, policy=policy, **lines)).devices
    assert first.retention is not None
    assert (first.retention.min_days, first.retention.max_days, first.retention.slack) == (15, 30, 172_800)
    assert first.retention.stopped_after_s == 86_400
    assert second.retention is None
    assert third.retention is not None
    assert (third.retention.min_days, third.retention.max_days) == (21, None)


def test_files_that_are_named_are_seen_from_the_folder(tmp_path: Path) -> None:
    lines = devices(device("a", "http: {tls: true, ca: ca.pem}"))
    folder = write(tmp_path, **site("state_dir: state"), **lines)
    (folder / "ca.pem").write_text("x")
    settings = load(folder)
    block = settings.devices[0].http
    assert block is not None
    assert block.ca == str(tmp_path / "ca.pem")
    assert settings.state({}) == tmp_path / "state"
    assert settings.state({"STATE_DIRECTORY": "/var/lib/x:/var/lib/y"}) == Path("/var/lib/x")


def test_only_looping_devices_are_named_and_each_loop_once() -> None:
    above = {"x": ("a",), "a": ("b", "c"), "b": ("a",), "c": ("d",), "d": ("c", "e"), "e": ()}
    assert list(loops(above)) == [("a", "b", "a"), ("c", "d", "c")]


def test_a_loop_of_very_many_devices_is_found_and_told_briefly(tmp_path: Path) -> None:
    count = 5000
    lines = (device(f"d{n}", f"uplink: {{device: d{(n + 1) % count}}}") for n in range(count))
    (told,) = complaints(write(tmp_path, **devices(*lines)))
    assert told.endswith("d0 -> d1 -> " + " -> ".join(f"d{n}" for n in range(2, 22)) + " -> … -> d0")


def test_the_example_is_right_and_complete() -> None:
    """Every key of the contract's examples is typed: the example is the contract's, word for word, and more."""
    settings = load(Path(__file__).parents[2] / "config")
    assert [device.id for device in settings.devices] == ["nvr-1", "cam-1", "cam-2", "sw-1"]
    assert settings.demands.firmware.rules[0].defer is not None
    assert settings.site.commands.keys == ("centre.pub",)
