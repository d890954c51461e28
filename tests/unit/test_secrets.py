"""Secrets are found where the contract says, refused where others can read them, and shown to nobody."""

import json
import logging
import os
import pickle
from pathlib import Path

import msgspec
import pytest

from agent.secrets import Secrets, Untold, check_secrets, logins, variable_of
from agent.settings import Wrong, load
from probes.probe import Secret
from probes.words import utter
from tests.folders import conceal, write

HIDDEN = "hunter2-Ünïq"
SITE = (
    "site: {id: depot}\ncredentials:\n  cams: {username: eye}\n  lan: {snmp: v2c}\n"
    "  core: {snmp: v3, username: super, auth: sha256, privacy: aes128}\n  half: {snmp: v3, username: u, auth: md5}\n"
    "  open: {snmp: v3, username: anyone}\n"
)
INVENTORY = (
    "devices:\n  - {id: cam, kind: camera, address: x, onvif: {credential: cams}, rtsp: {credential: cams}, http: }\n"
    "  - {id: sw, kind: switch, address: y, snmp: {credential: core}}\n"
    "  - {id: nvr, kind: nvr, address: z, snmp: {credential: lan}}\n"
    "  - {id: ups, kind: ups, address: w, snmp: {credential: half}}\n"
    "  - {id: nas, kind: nas, address: v, snmp: {credential: open}}\n"
)
NEEDED = ("cams", "lan", "core.auth", "core.privacy", "half.auth")


def refusal(secrets: Secrets, name: str) -> str:
    with pytest.raises(Untold) as caught:
        secrets.get(name)
    assert secrets.fault(name) == caught.value.phrase
    assert str(caught.value) == utter(caught.value.phrase)
    return str(caught.value).replace(str(secrets._folder), "DIR/secrets")


def test_systemd_goes_before_the_folder_and_the_folder_before_the_environment(tmp_path: Path) -> None:
    handed = tmp_path / "handed"
    handed.mkdir()
    environment = {"CREDENTIALS_DIRECTORY": str(handed), "SITEWARDEN_SECRET_CAMS": "third"}
    secrets = Secrets(tmp_path, environment)
    assert secrets.get("cams").reveal() == "third"
    conceal(tmp_path, "cams", "second\n")
    assert secrets.get("cams").reveal() == "second"
    (handed / "cams").write_text("first\n")
    (handed / "cams").chmod(0o644)  # systemd guards that folder itself
    assert secrets.get("cams").reveal() == "first"


def test_without_an_environment_that_of_the_process_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITEWARDEN_SECRET_CAMS", "x")
    assert Secrets(tmp_path).get("cams") == Secret("x")


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("cams", "SITEWARDEN_SECRET_CAMS"),
        ("cam-hall_1", "SITEWARDEN_SECRET_CAM_HALL_1"),
        ("core.auth", "SITEWARDEN_SECRET_CORE_AUTH"),
        ("core.privacy", "SITEWARDEN_SECRET_CORE_PRIVACY"),
    ],
)
def test_the_variable_is_the_name_in_capitals(tmp_path: Path, name: str, variable: str) -> None:
    assert variable_of(name) == variable
    assert Secrets(tmp_path, {variable: "x"}).get(name) == Secret("x")


@pytest.mark.parametrize(
    ("written", "secret"),
    [("x", "x"), ("x\n", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), (" x \n", " x "), ("a\nb\n", "a\nb"), ("é", "é")],
)
def test_one_newline_at_the_end_is_not_part_of_it(tmp_path: Path, written: str, secret: str) -> None:
    conceal(tmp_path, "cams", written)
    assert Secrets(tmp_path, {}).get("cams").reveal() == secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])
def test_a_secret_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    conceal(tmp_path, "cams", HIDDEN, mode)
    assert refusal(Secrets(tmp_path, {"SITEWARDEN_SECRET_CAMS": "x"}), "cams") == (
        f"others than its owner may read DIR/secrets/cams (mode {mode:04o}): chmod 600 DIR/secrets/cams"
    )


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_secret_that_only_its_owner_can_reach_is_taken(tmp_path: Path, mode: int) -> None:
    conceal(tmp_path, "cams", HIDDEN, mode)
    assert Secrets(tmp_path, {}).get("cams").reveal() == HIDDEN


def test_a_link_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    conceal(tmp_path, "real", HIDDEN, 0o644)
    (tmp_path / "secrets" / "cams").symlink_to(tmp_path / "secrets" / "real")
    assert refusal(Secrets(tmp_path, {}), "cams").startswith("others than its owner may read DIR/secrets/cams")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_root_may_read_what_belongs_to_the_service(tmp_path: Path) -> None:
    os.chown(conceal(tmp_path, "cams", HIDDEN), 12_345, 12_345)
    assert Secrets(tmp_path, {}).get("cams").reveal() == HIDDEN


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the secret cams is empty"),
        (b"\n", "the secret cams is empty"),
        (b"\r\n", "the secret cams is empty"),
        (b"\xff\xfe", "DIR/secrets/cams is not UTF-8 text"),
        (b"a\0b", "DIR/secrets/cams is not UTF-8 text"),
        (b"x" * 65_537, "DIR/secrets/cams is larger than 64 KiB"),
    ],
)
def test_a_useless_secret_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    conceal(tmp_path, "cams", content)
    assert refusal(Secrets(tmp_path, {"SITEWARDEN_SECRET_CAMS": "x"}), "cams") == told


def test_what_is_no_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets" / "folder").mkdir(parents=True)
    os.mkfifo(tmp_path / "secrets" / "pipe", 0o600)
    (tmp_path / "secrets" / "loop").symlink_to(tmp_path / "secrets" / "loop")
    secrets = Secrets(tmp_path, {})
    assert refusal(secrets, "folder") == "DIR/secrets/folder is not a regular file"
    assert refusal(secrets, "pipe") == "DIR/secrets/pipe is not a regular file"
    assert refusal(secrets, "loop") == "DIR/secrets/loop cannot be read: Too many levels of symbolic links"
    assert refusal(secrets, "none") == (
        "there is no secret none: put it into DIR/secrets/none (chmod 600) or into SITEWARDEN_SECRET_NONE"
    )
    assert refusal(Secrets(tmp_path, {"SITEWARDEN_SECRET_NONE": ""}), "none") == "the secret none is empty"


def test_logins_carry_what_each_protocol_needs(tmp_path: Path) -> None:
    settings = load(write(tmp_path, site=SITE, inventory=INVENTORY))
    made = logins(settings, Secrets(tmp_path, {variable_of(name): f"<{name}>" for name in NEEDED}))
    assert {device: set(by_protocol) for device, by_protocol in made.items()} == {
        "cam": {"onvif", "rtsp"}, "sw": {"snmp"}, "nvr": {"snmp"}, "ups": {"snmp"}, "nas": {"snmp"},
    }  # fmt: skip
    camera, switch, recorder = made["cam"]["onvif"], made["sw"]["snmp"], made["nvr"]["snmp"]
    assert (camera.name, camera.username, camera.secret) == ("cams", "eye", Secret("<cams>"))
    assert (recorder.snmp, recorder.secret, recorder.privacy_secret) == ("v2c", Secret("<lan>"), None)
    assert (switch.snmp, switch.username, switch.auth, switch.privacy) == ("v3", "super", "sha256", "aes128")
    assert (switch.secret, switch.privacy_secret) == (Secret("<core.auth>"), Secret("<core.privacy>"))
    assert (made["ups"]["snmp"].secret, made["ups"]["snmp"].privacy_secret) == (Secret("<half.auth>"), None)
    assert (made["nas"]["snmp"].snmp, made["nas"]["snmp"].secret) == ("v3", None)


def test_missing_secrets_are_told_with_the_line_of_their_credential(tmp_path: Path) -> None:
    folder = write(tmp_path, site=SITE, inventory=INVENTORY)
    secrets = Secrets(folder, {})
    told = [complaint.said().partition(": put")[0] for complaint in check_secrets(load(folder), secrets)]
    assert told == [
        "site.yaml:3 credentials.cams: there is no secret cams",
        "site.yaml:4 credentials.lan: there is no secret lan",
        "site.yaml:5 credentials.core: there is no secret core.auth",
        "site.yaml:5 credentials.core: there is no secret core.privacy",
        "site.yaml:6 credentials.half: there is no secret half.auth",
    ]
    with pytest.raises(Wrong) as caught:
        load(folder, secrets=secrets)
    assert [complaint.said().partition(": put")[0] for complaint in caught.value.complaints] == told
    with pytest.raises(Wrong) as refused:
        logins(load(folder), secrets)
    assert len(refused.value.complaints) == len(told)
    assert check_secrets(load(folder), Secrets(folder, {variable_of(name): "x" for name in NEEDED})) == ()


def test_missing_secrets_are_told_beside_all_other_errors(tmp_path: Path) -> None:
    folder = write(tmp_path, site=SITE + "heartbeet: 1\n", inventory="devices: 1\n")
    with pytest.raises(Wrong) as caught:
        load(folder, secrets=Secrets(folder, {variable_of(name): "x" for name in NEEDED[1:]}))
    assert [complaint.place for complaint in caught.value.complaints] == [
        "site.yaml:3 credentials.cams", "site.yaml:8 heartbeet", "inventory.yaml:1 devices",
    ]  # fmt: skip


def test_the_example_needs_five_secrets_and_no_more() -> None:
    folder = Path(__file__).parents[2] / "config"
    names = ("cams", "lan", "core.auth", "core.privacy", "centre")
    assert (
        load(folder, secrets=Secrets(folder, {variable_of(name): "x" for name in names})).site.site.id == "depot-nord"
    )
    with pytest.raises(Wrong) as caught:
        load(folder, secrets=Secrets(folder, {}))
    assert len(caught.value.complaints) == len(names)


def test_a_secret_shows_itself_to_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    conceal(tmp_path, "cams", HIDDEN)
    write(
        tmp_path,
        site="site: {id: a}\ncredentials: {cams: {username: eye}}\n",
        inventory=INVENTORY.partition("\n  - {id: sw")[0],
    )
    secrets = Secrets(tmp_path, {"SITEWARDEN_SECRET_LAN": HIDDEN})
    settings = load(tmp_path, secrets=secrets)
    made = logins(settings, secrets)
    login = made["cam"]["onvif"]
    assert login.secret is not None
    assert login.secret.reveal() == HIDDEN
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").warning("%s %r %s", login, made, login.secret)
    shown = [
        caplog.text, repr(login), str(login.secret), f"{login.secret}", repr(made), repr(settings), repr(secrets),
        repr(vars(secrets).get("_folder")), repr(secrets.get("lan")), json.dumps({"a": login.secret}, default=str),
    ]  # fmt: skip
    assert all("hunter2" not in one for one in shown)
    with pytest.raises(TypeError):
        pickle.dumps(login.secret)
    with pytest.raises(TypeError):
        msgspec.json.encode(login)


# fmt: off
ACCIDENTS: list[tuple[str, str]] = [
    ("site", "site: {id: a}\ncredentials: {cams: {username: eye, password: hunter2}}\n"),
    ("site", "site: {id: a}\ncredentials: {cams: {username: eye, pasword: hunter2}}\n"),
    ("site", "site: {id: a}\ncredentials: {cams: hunter2}\n"),
    ("site", "site: {id: a}\ncredentials: {cams: [hunter2]}\n"),
    ("site", "site: {id: a}\ncredentials: hunter2\n"),
    ("site", "site: {id: a}\ncredentials: {lan: {snmp: hunter2}}\n"),
    ("site", "site: {id: a}\ncredentials: {lan: {snmp: v3, username: u, auth: hunter2}}\n"),
    ("site", "site: {id: a}\nsinks: [{kind: https, url: 'https://a', token: hunter2}]\n"),
    ("site", "site: {id: a}\nsinks: [{kind: https, url: 'https://a', token: 'hunter2 with / strange + signs'}]\n"),
    ("site", "site: {id: a}\nsinks: [{kind: https, url: 'https://u:hunter2@a'}]\n"),
    ("site", "site: {id: a}\nsinks: [{kind: https, url: 'ftp://u:hunter2@a'}]\n"),
    ("site", "site: {id: a}\nsinks: [{kind: https, url: 'https://u:hunter2@[a'}]\n"),
    ("site", "site: {id: a, name: @hunter2}\n"),
    ("site", "site: {id: a, name: *hunter2}\n"),
    ("site", "site: {id: a}\ncredentials: {cams: {username: !!hunter2 x}}\n"),
    ("site", 'site: {id: a}\ncredentials: {cams: {username: "\\e hunter2"}}\n'),
    ("inventory", "devices: [{id: a, kind: camera, address: 'admin:hunter2@192.0.2.1'}]\n"),
    ("inventory", "devices: [{id: a, kind: camera, address: x, onvif: {credential: hunter2}}]\n"),
    ("inventory", "devices: [{id: a, kind: camera, address: x, onvif: {password: hunter2}}]\n"),
    ("inventory", "devices: [{id: a, kind: camera, address: x, snmp: {port: hunter2}}]\n"),
    ("inventory", "devices: [{id: a, kind: camera, address: x, http: {tls: true, ca: hunter2}}]\n"),
    ("policy", "clock: {warn: hunter2}\n"),
]
# fmt: on


@pytest.mark.parametrize(("file", "text"), ACCIDENTS, ids=range(len(ACCIDENTS)))
def test_a_secret_that_was_written_into_a_file_by_accident_is_not_repeated(
    tmp_path: Path, file: str, text: str
) -> None:
    with pytest.raises(Wrong) as caught:
        load(write(tmp_path, **{file: text}))
    for told in (caught.value.said("en"), caught.value.said("fr"), repr(caught.value), repr(caught.value.complaints)):
        assert "hunter2" not in told


def test_a_password_in_site_yaml_is_answered_with_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(Wrong) as caught:
        load(write(tmp_path, site=ACCIDENTS[0][1]))
    assert caught.value.said().startswith(
        "site.yaml:2 credentials.cams.password: unknown key password (secrets stand in none of these files"
    )
