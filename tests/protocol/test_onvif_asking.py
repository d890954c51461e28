"""Identity and clock are read from simulated cameras, whatever those do wrong and however they want the login."""

import ssl
import time
from typing import Any

import pytest
import trustme

from probes.errors import Malformed, ProbeError, Refused, Unreachable, Unsupported
from probes.onvif import clock, identity
from probes.onvif.calls import INFORMATION, PROFILES, SCOPES, Call
from probes.onvif.known import OnvifState
from probes.onvif.session import opened
from probes.probe import Shared
from tests.cameras import PASSWORD, aim_at, facts, outcome
from tests.site.clock import DriftingClock
from tests.site.onvif import Camera, CameraSpec, Quirks

USERS = Call(service="devicemgmt", operation="GetUsers")  # for administrators; our login is an operator


def camera(*, offset_s: float = 0.0, tls: ssl.SSLContext | None = None, **quirks: Any) -> Camera:
    return Camera(quirks=Quirks(**quirks), clock=DriftingClock(offset_s=offset_s), tls=tls)


def logins(seen: Camera) -> list[str]:
    return [asked.shown for asked in seen.log if asked.shown]


async def identified(seen: Camera) -> dict[str, object]:
    spec = seen.spec
    return {
        "reach.login": True,
        "device.vendor": spec.vendor,
        "device.model": spec.model,
        "device.firmware": spec.firmware,
        "device.serial": spec.serial,
        "device.name": spec.name,
        "device.location": spec.location,
    }


@pytest.mark.parametrize(
    "quirks",
    [
        {},
        {"auth": "token"},
        {"auth": "digest"},
        {"auth": "digest", "digest_algorithms": ("SHA-256", "MD5")},
        {"auth": "digest", "zero_date": True},
        {"zero_date": True},
        {"no_utc": True},
        {"no_utc": True, "no_timezone": True},
        {"local_as_utc": True},
        {"no_local": True, "no_timezone": True},
        {"clock_needs_login": True},
        {"clock_needs_login": True, "auth": "token"},
        {"soap11": True},
        {"reorder": True},
        {"vendor_extras": True},
        {"vendor_extras": True, "reorder": True},
        {"bare_fault_prefix": True},
        {"nul_bytes": "inside"},
        {"nul_bytes": "trailing"},
        {"max_connections": 1},
        {"unsupported": ("GetSystemDateAndTime",)},
        {"xaddr_authority": "192.0.2.99:80"},
    ],
    ids=str,
)
async def test_identity_is_read_in_full_from_a_camera_with(quirks: dict[str, Any]) -> None:
    async with camera(**quirks) as seen, Shared() as shared:
        target = aim_at(shared, seen)
        for _ in range(2):
            assert await facts(identity.PROBE, target) == await identified(seen)
        assert seen.doorkeeper.failures == {}
        assert "token-text" not in logins(seen)
        assert "http-basic" not in logins(seen)


async def test_a_camera_that_wants_both_gets_both() -> None:
    async with camera(auth="digest") as seen, Shared() as shared:
        judge = seen.doorkeeper.judge

        def both(request: Any, security: Any, **options: Any) -> Any:
            verdict = judge(request, security, **options)
            if verdict.account is not None and security is None:
                seen.quirks.denied = ("GetDeviceInformation",)
            elif security is not None:
                seen.quirks.denied = ()
            return verdict

        seen.doorkeeper.judge = both  # type: ignore[method-assign]
        target = aim_at(shared, seen)
        assert await facts(identity.PROBE, target) == await identified(seen)
        assert target.state[OnvifState].way == "both"


@pytest.mark.parametrize("offset_s", [0.0, 40.0, -7_200.5, 86_400.0 * 365, -86_400.0 * 365 * 20])
@pytest.mark.parametrize("auth", ["token", "digest", "both"])
async def test_a_clock_that_is_off_is_told_and_is_no_bad_password(offset_s: float, auth: str) -> None:
    async with camera(offset_s=offset_s, auth=auth) as seen, Shared() as shared:
        target = aim_at(shared, seen)
        assert (await facts(identity.PROBE, target))["reach.login"] is True
        assert (await facts(clock.PROBE, target))["clock.offset"] == pytest.approx(offset_s, abs=0.7)
        assert seen.doorkeeper.failures == {}


@pytest.mark.parametrize("quirks", [{}, {"no_utc": True}, {"no_local": True, "no_timezone": True}, {"reorder": True}])
async def test_the_clock_is_read_without_a_login(quirks: dict[str, Any]) -> None:
    async with camera(offset_s=-90.0, **quirks) as seen, Shared() as shared:
        told = await facts(clock.PROBE, aim_at(shared, seen))
        assert told == {"clock.offset": pytest.approx(-90.0, abs=0.7)}
        assert logins(seen) == []


async def test_the_offset_is_corrected_by_half_the_round_trip_and_half_a_second() -> None:
    stopped = 1_800_000_000.0
    slow = Camera(quirks=Quirks(delay_s=0.4), clock=DriftingClock(truth=lambda: stopped))
    async with slow as seen, Shared() as shared:
        target = aim_at(shared, seen)
        target.clock = lambda: stopped
        told = await facts(clock.PROBE, target)
    # It was asked for in the middle of 0.4 s, and whole seconds are on average half a second old.
    assert told["clock.offset"] == pytest.approx(0.5 - 0.2, abs=0.08)


@pytest.mark.parametrize(
    ("quirks", "key"),
    [({"zero_date": True}, "answer.clock_void"), ({"no_utc": True, "no_timezone": True}, "answer.clock_zone")],
)
async def test_a_clock_that_tells_nothing_is_no_fact_but_a_clear_sentence(quirks: dict[str, Any], key: str) -> None:
    async with camera(**quirks) as seen, Shared() as shared:
        told, fault = await outcome(clock.PROBE, aim_at(shared, seen))
    assert told == {}
    assert isinstance(fault, Malformed)
    assert fault.phrase.key == key


async def test_a_clock_behind_a_login_waits_for_one_that_is_known_to_work() -> None:
    async with camera(clock_needs_login=True, offset_s=40.0) as seen, Shared() as shared:
        target = aim_at(shared, seen)
        _, fault = await outcome(clock.PROBE, target)
        assert isinstance(fault, Refused)
        assert not fault.login
        assert logins(seen) == []
        await facts(identity.PROBE, target)
        assert (await facts(clock.PROBE, target))["clock.offset"] == pytest.approx(40.0, abs=0.7)


@pytest.mark.parametrize(
    "quirks",
    [
        {},
        {"auth": "token"},
        {"auth": "digest"},
        {"auth": "token", "fault_status": 401},
        {"auth": "token", "fault_status": 200},
        {"auth": "token", "bare_fault_prefix": True, "soap11": True},
        {"clock_needs_login": True},
        {"zero_date": True},
        {"lockout_after": 2, "lockout_manner": "401"},
        {"lockout_after": 2, "auth": "digest"},
    ],
    ids=str,
)
async def test_a_wrong_password_is_tried_once_and_said(quirks: dict[str, Any]) -> None:
    async with camera(**quirks) as seen, Shared() as shared:
        told, fault = await outcome(identity.PROBE, aim_at(shared, seen, password="wrong"))
        assert isinstance(fault, Refused)
        assert fault.login
        assert told == {"reach.login": False}
        assert seen.doorkeeper.failures == {"127.0.0.1": 1}
        assert "wrong" not in str(fault)


async def test_after_a_refused_login_nothing_more_is_asked_with_it() -> None:
    async with camera() as seen, Shared() as shared:
        async with opened(aim_at(shared, seen, password="wrong")) as session:
            for call in (INFORMATION, SCOPES, PROFILES):
                with pytest.raises(Refused) as caught:
                    await session.ask(call)
                assert caught.value.login
        assert seen.doorkeeper.failures == {"127.0.0.1": 1}
        assert len(logins(seen)) == 1


async def test_a_locked_camera_is_a_refused_login() -> None:
    async with camera(lockout_after=1) as seen, Shared() as shared:
        await outcome(identity.PROBE, aim_at(shared, seen, password="wrong"))
        _, fault = await outcome(identity.PROBE, aim_at(shared, seen))
    assert isinstance(fault, Refused)
    assert fault.login


@pytest.mark.parametrize("auth", ["token", "digest", "both"])
async def test_one_call_that_is_refused_leaves_the_login_alone(auth: str) -> None:
    async with camera(auth=auth, denied=("GetScopes",)) as seen, Shared() as shared:
        target = aim_at(shared, seen)
        told = await facts(identity.PROBE, target)
        assert told["reach.login"] is True
        assert told["device.model"] == seen.spec.model
        assert "device.name" not in told
        async with opened(target) as session:  # nothing has worked yet in this probing, but before
            with pytest.raises(Refused) as caught:
                await session.ask(USERS)
            assert not caught.value.login
            assert (await session.ask(INFORMATION)).text("Model") == seen.spec.model


async def test_a_digest_login_that_may_not_ask_for_identity_is_still_a_login() -> None:
    async with camera(auth="digest", denied=("GetDeviceInformation",)) as seen, Shared() as shared:
        target = aim_at(shared, seen)
        for _ in range(2):
            told, fault = await outcome(identity.PROBE, target)
            assert told == {"reach.login": True}
            assert isinstance(fault, Refused)
            assert not fault.login


@pytest.mark.parametrize("quirks", [{"zero_date": True}, {"no_utc": True, "no_timezone": True}])
async def test_a_token_refused_beside_an_unreadable_clock_blames_the_clock_and_rests(quirks: dict[str, Any]) -> None:
    async with camera(auth="token", offset_s=3_333.0, **quirks) as seen, Shared() as shared:
        target = aim_at(shared, seen)
        for _ in range(3):
            told, fault = await outcome(identity.PROBE, target)
            assert told == {}
            assert isinstance(fault, Refused)
            assert not fault.login
            assert fault.phrase.key == "login.clock"
        assert len(logins(seen)) == 1
        target.clock = lambda: time.time() + 1_801
        await outcome(identity.PROBE, target)
        assert len(logins(seen)) == 2


async def test_local_time_told_as_utc_is_seen_through_at_the_second_try() -> None:
    async with camera(auth="token", local_as_utc=True) as seen, Shared() as shared:
        target = aim_at(shared, seen)
        _, fault = await outcome(identity.PROBE, target)
        assert isinstance(fault, Refused)
        assert not fault.login
        assert len(logins(seen)) == 1
        assert await facts(identity.PROBE, target) == await identified(seen)


async def test_a_wrong_password_is_found_out_although_the_clock_looks_like_local_time() -> None:
    async with camera(auth="token", local_as_utc=True) as seen, Shared() as shared:
        target = aim_at(shared, seen, password="wrong")
        first = (await outcome(identity.PROBE, target))[1]
        second = (await outcome(identity.PROBE, target))[1]
    assert isinstance(first, Refused)
    assert isinstance(second, Refused)
    assert (first.login, second.login) == (False, True)


async def test_a_401_for_want_of_connections_is_no_bad_password_and_gets_none() -> None:
    async with camera() as seen, Shared() as shared:
        target = aim_at(shared, seen)
        await facts(identity.PROBE, target)
        before = len(logins(seen))
        await seen.switch(exhausted_401=0)
        told, fault = await outcome(identity.PROBE, target)
        assert told == {}
        assert isinstance(fault, Refused)
        assert not fault.login
        assert fault.phrase.key == "answer.exhausted"
        assert len(logins(seen)) == before
        await seen.switch(exhausted_401=None)
        assert await facts(identity.PROBE, target) == await identified(seen)


async def test_without_a_login_the_clock_is_read_and_identity_says_what_is_missing() -> None:
    async with camera() as seen, Shared() as shared:
        target = aim_at(shared, seen, password=None)
        assert "clock.offset" in await facts(clock.PROBE, target)
        told, fault = await outcome(identity.PROBE, target)
        assert told == {}
        assert isinstance(fault, Refused)
        assert not fault.login
        assert fault.phrase.key == "login.absent"


@pytest.mark.parametrize(
    ("quirks", "kind", "key"),
    [
        ({"html": True}, Malformed, "answer.html"),
        ({"empty": True}, Malformed, "answer.empty"),
        ({"truncated": True}, Malformed, "answer.truncated"),
        ({"cut_at": 300}, Malformed, "answer.truncated"),
        ({"garbage": "body"}, Malformed, "answer.not_xml"),
        ({"garbage": "line"}, Malformed, "answer.not_http"),
        ({"status": 503}, Malformed, "answer.http_status"),
        ({"status": 404}, Unsupported, "answer.call_unsupported"),
        ({"huge": 50 << 20}, Malformed, "answer.too_large"),
        ({"huge": 50 << 20, "huge_declared": False}, Malformed, "answer.too_large"),
        ({"gzip_bomb": 50 << 20}, Malformed, "answer.too_large"),
        ({"entity_bomb": True}, Malformed, "answer.doctype"),
        ({"external_entity": "file:///etc/passwd"}, Malformed, "answer.doctype"),
        ({"redirect": "http://127.0.0.9/"}, Malformed, "answer.redirects"),
        ({"wire": "refused"}, Unreachable, "answer.port_refused"),
    ],
    ids=lambda one: str(one) if isinstance(one, dict) else "",
)
@pytest.mark.parametrize("probe", [identity.PROBE, clock.PROBE], ids=lambda probe: probe.name)
async def test_a_spoilt_camera_is_one_clear_error_and_gets_no_password(
    probe: Any, quirks: dict[str, Any], kind: type[ProbeError], key: str
) -> None:
    async with camera(**quirks) as seen, Shared() as shared:
        told, fault = await outcome(probe, aim_at(shared, seen))
        if quirks.get("status") == 404 and probe is identity.PROBE:
            assert len(logins(seen)) <= 1  # a device without a clock may still have an identity
        else:
            assert logins(seen) == []
    assert told == {}
    assert (type(fault), fault.phrase.key if fault else "") == (kind, key)


async def test_services_are_asked_on_the_inventorys_host_whatever_the_camera_names() -> None:
    async with Camera(address="127.0.0.9") as rogue, Shared() as shared:
        for old in (False, True):
            async with camera(xaddr_authority=f"127.0.0.9:{rogue.port}", no_services=old) as seen:
                async with opened(aim_at(shared, seen)) as session:
                    assert len((await session.ask(PROFILES)).every("Profiles")) == seen.spec.profiles
                assert seen.counts["GetProfiles"] == 1
        assert not rogue.log


async def test_a_service_that_is_not_there_is_unsupported() -> None:
    async with camera() as seen, Shared() as shared, opened(aim_at(shared, seen)) as session:
        with pytest.raises(Unsupported):
            await session.ask(Call(service="doorcontrol", operation="GetServiceCapabilities"))


async def test_over_tls_all_is_the_same_and_the_certificate_is_pinned() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with camera(tls=context) as seen, Shared() as shared:
        kept: dict[str, str] = {}
        target = aim_at(shared, seen, tls=True, kept=kept)
        assert await facts(identity.PROBE, target) == await identified(seen)
        assert list(kept) == ["tls.onvif"]


async def test_a_hundred_and_twenty_eight_profiles_are_read() -> None:
    full = Camera(spec=CameraSpec(profiles=128))
    async with full as seen, Shared() as shared, opened(aim_at(shared, seen)) as session:
        assert len((await session.ask(PROFILES)).every("Profiles")) == 128


async def test_the_password_is_nowhere_in_what_is_kept_or_said() -> None:
    async with camera() as seen, Shared() as shared:
        target = aim_at(shared, seen)
        await facts(identity.PROBE, target)
        assert PASSWORD not in repr(target) + repr([vars(one) for one in target.state.values()])
