"""Both SNMP libraries against Debian's snmpd."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from probes.errors import ProbeError, Refused, Unreachable
from probes.model import Observation
from probes.probe import Login, Secret, Target
from probes.snmp.client import AUTHS, PRIVACIES
from probes.snmp.identity import PROBE
from probes.snmp.session import Adapter, session, uptime
from tests.integration.sealed import failing
from tests.integration.snmpd import LOCATION, V3User, snmpd
from tests.site.relay import relay
from tests.site.snmp_target import target

PLACE = "1.3.6.1.2.1.1.6.0"
AUTH_WORDS = ("MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
WORDS = dict(zip(AUTHS, AUTH_WORDS, strict=True)) | {
    "": "",
    "des": "DES",
    "aes128": "AES",
    "aes192": "AES192",
    "aes192c": "AES192C",
    "aes256": "AES256",
    "aes256c": "AES256C",
}
SUPER = V3User(name="super")
PAIRS = [(auth, privacy) for auth in AUTHS for privacy in ("", *PRIVACIES) if privacy != "3des"]
ADAPTERS = pytest.mark.parametrize("adapter", ["gufo", "pysnmp"])


@pytest.fixture(autouse=True)
def _library(request: pytest.FixtureRequest) -> None:
    if "gufo" in request.node.name:
        pytest.importorskip("gufo.snmp", reason="gufo-snmp has no wheel for this machine")


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    async with snmpd(tmp_path, SUPER) as running:
        yield running


def login(user: V3User = SUPER, /, **changed: str) -> Login:
    said = {"name": user.name, "auth": "sha256", "privacy": "aes128", "secret": user.secret, **changed}
    return Login(
        name="core",
        snmp="v3",
        username=said["name"],
        auth=said["auth"],
        privacy=said["privacy"],
        secret=Secret(said["secret"]),
        privacy_secret=Secret(said.get("privacy_secret", user.privacy_secret)),
    )


async def place(subject: Target, adapter: Adapter) -> object:
    async with session(subject, adapter=adapter) as snmp:
        return (await snmp.get([PLACE])).get(PLACE)


@ADAPTERS
@pytest.mark.parametrize("version", ["v1", "v2c"])
async def test_a_community_reads_the_system_group(port: int, adapter: Adapter, version: str) -> None:
    subject = target(port, Login(secret=Secret("maple"), snmp=version))
    assert await place(subject, adapter) == LOCATION.encode()


@ADAPTERS
async def test_a_v3_user_reads_and_walks_encrypted(port: int, adapter: Adapter) -> None:
    async with session(target(port, login()), adapter=adapter) as snmp:
        assert await snmp.get([PLACE, "1.3.6.1.2.1.99.9.0"]) == {PLACE: LOCATION.encode()}
        assert await snmp.get(["1.3.6.1.2.1.99.9.0"]) == {}
        walked = await snmp.walk("1.3.6.1.2.1.1")
        assert (PLACE, LOCATION.encode()) in walked
        assert len(walked) > 30
        assert await snmp.walk("1.3.6.1.2.1.99") == []
        assert await snmp.walk(PLACE) == [], "a scalar has nothing below it"
        assert await snmp.walk("1.3.6.1.6.99") == [], "the end of everything"


@ADAPTERS
async def test_every_pair_of_algorithms_that_snmpd_knows_is_understood(tmp_path: Path, adapter: Adapter) -> None:
    users = {
        (auth, privacy): V3User(name=f"{auth}-{privacy}", auth=WORDS[auth], privacy=WORDS[privacy])
        for auth, privacy in PAIRS
    }
    users["", ""] = V3User(name="nobody", auth="", privacy="")
    async with snmpd(tmp_path, *users.values()) as port:
        for (auth, privacy), user in users.items():
            subject = target(port, login(user, auth=auth, privacy=privacy))
            assert await place(subject, adapter) == LOCATION.encode(), (auth, privacy)


@ADAPTERS
@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"name": "nobody"}, "login.user"),
        ({"secret": "another-harbour"}, "login.password"),
        ({"auth": "sha512"}, "login.password"),
        ({"privacy": ""}, "answer.no_access"),
    ],
)
async def test_a_login_that_snmpd_refuses_is_named(
    port: int, adapter: Adapter, changed: dict[str, str], key: str
) -> None:
    with pytest.raises(Refused) as caught:
        await place(target(port, login(SUPER, **changed)), adapter)
    assert caught.value.phrase.key == key
    assert caught.value.login is key.startswith("login.")
    assert "harbour" not in repr(caught.value)


@ADAPTERS
async def test_a_wrong_privacy_phrase_which_snmpd_passes_over_in_silence_is_suspected(
    port: int, adapter: Adapter
) -> None:
    subject = target(port, login(SUPER, privacy_secret="another-lantern"))
    with pytest.raises(Refused) as caught:
        async with session(subject, adapter=adapter, tries=(0.1, 0.1)) as snmp:
            await snmp.get([PLACE])
    assert caught.value.phrase.key == "login.unheard"
    assert not caught.value.login, "a lost datagram looks the same: the credential does not rest"


@ADAPTERS
async def test_a_device_with_another_engine_is_read_on(tmp_path: Path, adapter: Adapter) -> None:
    async with snmpd(tmp_path, SUPER, engine="one") as port:
        subject = target(port, login())
        async with session(subject, adapter=adapter) as snmp:
            assert await snmp.get([PLACE])
    async with snmpd(tmp_path, SUPER, engine="two", port=port):
        assert await place(subject, adapter) == LOCATION.encode()


@ADAPTERS
async def test_an_engine_that_changes_in_the_middle_of_a_session_is_learnt_anew(
    tmp_path: Path, adapter: Adapter
) -> None:
    async with snmpd(tmp_path, SUPER, engine="one") as port:
        opened = session(target(port, login()), adapter=adapter)
        snmp = await opened.__aenter__()
    try:
        async with snmpd(tmp_path, SUPER, engine="two", port=port):
            assert (await snmp.get([PLACE]))[PLACE] == LOCATION.encode()
            assert len(await snmp.walk("1.3.6.1.2.1.1")) > 30
    finally:
        await opened.__aexit__(None, None, None)


@ADAPTERS
async def test_a_device_that_restarted_in_the_middle_of_a_session_is_read_on(tmp_path: Path, adapter: Adapter) -> None:
    async with snmpd(tmp_path, SUPER) as port:
        opened = session(target(port, login()), adapter=adapter)
        snmp = await opened.__aenter__()
    try:
        async with snmpd(tmp_path, SUPER, port=port):  # the same engine, its boots counted on
            assert (await snmp.get([PLACE]))[PLACE] == LOCATION.encode()
    finally:
        await opened.__aexit__(None, None, None)


async def test_the_identity_of_a_real_server_is_noted(port: int) -> None:
    noted: list[Observation] = []
    await PROBE.observe(target(port, login()), noted.append)
    told = {fact.name: fact.value for fact in noted}
    assert told["device.name"] == "site-server"
    assert told["device.location"] == LOCATION
    assert await uptime(target(port, login())) >= 0


@ADAPTERS
async def test_a_signed_answer_that_was_changed_on_its_way_is_not_believed(tmp_path: Path, adapter: Adapter) -> None:
    signer = V3User(name="signer", privacy="")
    async with (
        snmpd(tmp_path, signer) as port,
        relay(port, lambda answer: answer.replace(LOCATION.encode(), b"Local technique 3")) as between,
    ):
        subject = target(between, login(signer, privacy=""))
        async with session(subject, adapter=adapter, tries=(0.1, 0.1)) as snmp:
            assert await snmp.get(["1.3.6.1.2.1.1.5.0"]) == {"1.3.6.1.2.1.1.5.0": b"site-server"}
            with pytest.raises(Unreachable):
                await snmp.get([PLACE])


@ADAPTERS
async def test_a_corrected_pass_phrase_is_used_at_the_next_probing(port: int, adapter: Adapter) -> None:
    subject = target(port, login(SUPER, secret="another-harbour"))
    with pytest.raises(Refused):
        await place(subject, adapter)
    subject.logins["snmp"] = login()
    assert await place(subject, adapter) == LOCATION.encode()


@ADAPTERS
async def test_an_encrypted_error_is_not_taken_for_absence(port: int, adapter: Adapter) -> None:
    async with relay(port, failing(SUPER, status=5)) as between:
        subject = target(between, login())
        async with session(subject, adapter=adapter, tries=(0.3, 0.3)) as snmp:
            with pytest.raises(ProbeError):
                await snmp.walk("1.3.6.1.2.1.1")
        async with session(subject, adapter=adapter, tries=(0.3, 0.3)) as snmp:
            if adapter == "gufo":  # it does not tell which error it was
                with pytest.raises(Refused):
                    await snmp.get([PLACE])
            else:
                assert await snmp.get([PLACE]) == {}


@ADAPTERS
async def test_encrypted_bulks_that_are_too_big_cost_no_row(port: int, adapter: Adapter) -> None:
    async with session(target(port, login()), adapter=adapter) as snmp:
        whole = [oid for oid, _ in await snmp.walk("1.3.6.1.2.1.1")]
    async with relay(port, failing(SUPER, status=1, above=600)) as between:
        subject = target(between, login())
        async with session(subject, adapter=adapter, tries=(0.3, 0.3)) as snmp:
            assert [oid for oid, _ in await snmp.walk("1.3.6.1.2.1.1")] == whole
    many = [f"1.3.6.1.2.1.1.{leaf}.0" for leaf in (1, 4, 5, 6)]
    async with (
        relay(port, failing(SUPER, status=1, above=200)) as between,
        session(target(between, login()), adapter=adapter, tries=(0.3, 0.3)) as snmp,
    ):
        assert list(await snmp.get(many)) == many
