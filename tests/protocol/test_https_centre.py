"""The https sink against a real centre: certificates, signatures, and answers that no centre should give."""

import base64
import contextlib
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent.sinks.https import HttpsSink
from agent.sinks.sink import Permanent, Transient
from probes.probe import Secret
from tests.site.centre import DEAD, GARBAGE, LOST, PAGE, Centre, Mood, Pki, redirect, refuse
from tests.site.ledger import entry

BATCH = [entry(1), entry(2)]


@contextlib.asynccontextmanager
async def sink(centre: Centre, **options: Any) -> AsyncIterator[HttpsSink]:
    made = HttpsSink(name="centre", url=options.pop("url", centre.url), **options)
    try:
        yield made
    finally:
        await made.aclose()


@pytest.fixture(scope="module")
def ours() -> Pki:
    return Pki()


@pytest.fixture
def authorities(ours: Pki, tmp_path: Path) -> Path:
    path = tmp_path / "authorities.pem"
    path.write_bytes(ours.authority_pem)
    return path


async def test_over_tls_with_an_authority_of_our_own_it_delivers(ours: Pki, authorities: Path) -> None:
    async with Centre(tls=ours.server()) as centre, sink(centre, authorities=authorities) as https:
        await https.deliver(BATCH)
        assert centre.distinct == 2


async def test_a_foreign_certificate_is_never_trusted(ours: Pki) -> None:
    async with Centre(tls=ours.server()) as centre, sink(centre) as https:
        with pytest.raises(Transient, match="not trusted") as caught:
            await https.deliver(BATCH)
        assert caught.value.operator
        assert centre.batches == []


async def test_a_certificate_for_another_name_is_never_trusted(ours: Pki, authorities: Path) -> None:
    tls = ours.server("elsewhere.example")
    async with Centre(tls=tls) as centre, sink(centre, authorities=authorities) as https:
        with pytest.raises(Transient, match="not trusted"):
            await https.deliver(BATCH)


async def test_a_client_certificate_opens_the_door_that_demands_one(ours: Pki, authorities: Path) -> None:
    clients = Pki()
    async with Centre(tls=ours.server(clients=clients)) as centre:
        async with sink(centre, authorities=authorities) as bare:
            with pytest.raises(Transient) as caught:
                await bare.deliver(BATCH)
            assert caught.value.phrase.key in {"forward.tls", "forward.cut"}
        certificate = Secret(clients.client_pem())
        async with sink(centre, authorities=authorities, client_certificate=certificate) as https:
            await https.deliver(BATCH)
        assert centre.distinct == 2


@pytest.mark.parametrize("compression", [None, "gzip", "zstd"])
async def test_a_signed_batch_is_verified_before_it_is_unpacked(compression: str | None) -> None:
    key = b"0123456789abcdef0123456789abcdef"
    secret = Secret("whsec_" + base64.b64encode(key).decode())
    async with Centre(signing=key) as centre:
        async with sink(centre, hmac=secret, compression=compression) as https:
            await https.deliver(BATCH)
        async with sink(centre, hmac=Secret("another"), compression=compression) as forger:
            with pytest.raises(Permanent) as caught:
                await forger.deliver([entry(3)])
        assert caught.value.blame == "door"
        assert centre.distinct == 2


@pytest.mark.parametrize("mood", [GARBAGE, PAGE, DEAD, LOST, refuse(503), Mood(status=200, flood=1 << 20)])
async def test_nothing_but_a_proper_2xx_acknowledges(mood: Mood) -> None:
    async with Centre() as centre, sink(centre) as https:
        centre.mood = mood
        with pytest.raises(Transient):
            await https.deliver(BATCH)
        centre.mood = Mood()
        await https.deliver(BATCH)
        assert centre.acknowledged == {"a/e/1", "a/e/2"}


@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_of_three_gigabytes_is_read_no_further_than_its_cap(status: int) -> None:
    async with Centre() as centre, sink(centre) as https:
        centre.mood = Mood(status=status, flood=3 << 30)
        tracemalloc.start()
        try:
            with pytest.raises(Transient):
                await https.deliver(BATCH)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # Both ends live in this process, so the peak holds the centre's buffers as well.
        assert peak < 8 << 20


async def test_a_redirect_is_followed_nowhere_and_takes_no_token_along() -> None:
    async with Centre() as elsewhere, Centre() as centre, sink(centre, token=Secret("tok-en")) as https:
        for status in (301, 302, 303, 307, 308):
            centre.mood = redirect(elsewhere.url, status)
            with pytest.raises(Transient, match=str(status)):
                await https.deliver(BATCH)
        assert elsewhere.batches == []


async def test_a_centre_that_never_answers_is_given_up_in_time() -> None:
    async with Centre() as centre, sink(centre, timeout=0.2) as https:
        centre.mood = Mood(delay=30.0)
        with pytest.raises(Transient) as caught:
            await https.deliver(BATCH)
        assert caught.value.phrase.key == "forward.timeout"


async def test_a_port_that_nobody_listens_on_is_unreachable() -> None:
    async with Centre() as centre:
        url = centre.url
    async with sink(centre, url=url) as https:
        with pytest.raises(Transient, match="cannot be reached"):
            await https.deliver(BATCH)


async def test_a_proxy_of_the_environment_never_sees_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Centre() as proxy, Centre() as centre:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        async with sink(centre, token=Secret("tok-en")) as https:
            await https.deliver(BATCH)
        assert proxy.batches == []
        assert centre.distinct == 2
