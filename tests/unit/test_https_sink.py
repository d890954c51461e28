"""What the https sink puts on the wire, and what it makes of each answer."""

import base64
import contextlib
import gzip
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import zstandard

from agent.sinks.answer import LIMIT, judge, seconds_to_wait
from agent.sinks.https import HttpsSink
from agent.sinks.proof import Signer, Unfit, fit
from agent.sinks.sink import Permanent, Transient
from probes.probe import Secret
from probes.words import theme
from tests.site.ledger import entry

URL = "https://centre.example/ingest"
BATCH = [entry(4), entry(5), entry(9)]
JOINED = b"[" + b",".join(one.body for one in BATCH) + b"]"


@pytest.fixture
def centre() -> Iterator[respx.Route]:
    with respx.mock(assert_all_called=False) as router:
        yield router.post(URL).respond(202)


@contextlib.asynccontextmanager
async def sink(**options: Any) -> AsyncIterator[HttpsSink]:
    made = HttpsSink(name="centre", url=URL, clock=lambda: 1_000_000.9, **options)
    try:
        yield made
    finally:
        await made.aclose()


def sent(centre: respx.Route) -> httpx.Request:
    request: httpx.Request = centre.calls.last.request
    return request


async def test_a_batch_is_the_entries_bytes_joined_and_never_encoded_again(centre: respx.Route) -> None:
    async with sink() as https:
        await https.deliver(BATCH)
    assert sent(centre).content == JOINED
    assert sent(centre).headers["content-type"] == "application/cloudevents-batch+json"
    assert "content-encoding" not in sent(centre).headers
    assert "authorization" not in sent(centre).headers


async def test_a_token_travels_as_bearer_and_a_newline_that_ends_its_file_does_not(centre: respx.Route) -> None:
    async with sink(token=Secret("tok-en\n")) as https:
        await https.deliver(BATCH)
    assert sent(centre).headers["authorization"] == "Bearer tok-en"


async def test_gzip_and_zstd_unpack_to_the_same_bytes(centre: respx.Route) -> None:
    async with sink(compression="gzip") as https:
        await https.deliver(BATCH)
    assert sent(centre).headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent(centre).content) == JOINED
    async with sink(compression="zstd") as https:
        await https.deliver(BATCH)
    assert sent(centre).headers["content-encoding"] == "zstd"
    assert zstandard.decompress(sent(centre).content) == JOINED


@pytest.mark.parametrize(
    ("secret", "key"),
    [("whsec_" + base64.b64encode(b"k\x00ey").decode(), b"k\x00ey"), ("plain words\n", b"plain words")],
)
@pytest.mark.parametrize("compression", [None, "gzip"])
async def test_a_signature_covers_id_time_and_the_bytes_on_the_wire(
    centre: respx.Route, secret: str, key: bytes, compression: str | None
) -> None:
    async with sink(hmac=Secret(secret), compression=compression) as https:
        await https.deliver(BATCH)
    request = sent(centre)
    assert request.headers["webhook-id"] == "a/e/4-9"
    assert request.headers["webhook-timestamp"] == "1000000"
    signed = b"a/e/4-9.1000000." + request.content
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"


def test_the_signature_is_that_of_the_standard_s_own_example() -> None:
    # Standard Webhooks' published test vector (its reference libraries carry it).
    signer = Signer(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    made = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_acknowledges(status: int) -> None:
    judge(status, b'{"ok": true}')


@pytest.mark.parametrize(
    ("status", "blame"),
    [
        (400, "entry"), (409, "entry"), (422, "entry"), (499, "entry"), (413, "size"),
        (401, "door"), (403, "door"), (404, "door"), (405, "door"), (407, "door"), (410, "door"), (415, "door"),
    ],
)  # fmt: skip
def test_a_4xx_is_permanent_and_says_whom_it_speaks_of(status: int, blame: str) -> None:
    with pytest.raises(Permanent, match=str(status)) as caught:
        judge(status, b"", retry_after=3)
    assert caught.value.blame == blame


@pytest.mark.parametrize(
    ("status", "choked", "operator", "wait"),
    [
        (408, False, False, 3), (425, False, False, 3), (429, False, False, 3), (500, True, False, 3),
        (501, True, False, 3), (502, False, False, 3), (503, False, False, 3), (504, False, False, 3),
        (301, False, True, 3), (307, False, True, 3), (304, False, True, 3),
        (599, True, False, 3), (999, True, False, 3),
    ],
)  # fmt: skip
def test_patience_failure_and_redirect_are_for_now(status: int, choked: bool, operator: bool, wait: float) -> None:  # noqa: FBT001  a table's column
    with pytest.raises(Transient, match=str(status)) as caught:
        judge(status, b"", retry_after=3)
    assert (caught.value.choked, caught.value.operator, caught.value.retry_after) == (choked, operator, wait)


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>hello", b"\n \xef\xbb\xbf<HTML lang=fr>", b"x" * (LIMIT + 1)])
def test_a_web_page_or_an_endless_body_acknowledges_nothing_even_with_200(page: bytes) -> None:
    with pytest.raises(Transient) as caught:
        judge(200, page)
    assert caught.value.operator


@pytest.mark.parametrize(
    ("header", "date", "seconds"),
    [
        ("120", None, 120.0),
        (" 0 ", None, 0.0),
        ("9" * 400, None, 999_999_999_999.0),
        ("Mon, 12 Jan 1970 13:47:40 GMT", None, 60.0),
        ("Mon, 23 Nov 2026 08:00:30 GMT", "Mon, 23 Nov 2026 08:00:00 GMT", 30.0),  # our clock stands in 1970
        ("Mon, 12 Jan 1970 13:00:00 GMT", None, 0.0),
        ("-5", None, None),
        ("soon", None, None),
        ("", None, None),
        (None, None, None),
        ("Mon, 99 Nov 2026 08:00:30 GMT", None, None),
        ("Mon, 23 Nov 99999999999999 08:00:30 GMT", None, None),
        ("²", None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    header: str | None, date: str | None, seconds: float | None
) -> None:
    assert seconds_to_wait(header, date, 1_000_000.0) == seconds


async def test_retry_after_of_the_centre_reaches_the_forwarder(centre: respx.Route) -> None:
    centre.respond(503, headers={"Retry-After": "7"})
    async with sink() as https:
        with pytest.raises(Transient) as caught:
            await https.deliver(BATCH)
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("error", "key", "unheard"),
    [
        (httpx.ConnectError("refused"), "forward.unreachable", False),
        (httpx.ReadTimeout("slow"), "forward.timeout", True),
        (httpx.ReadError("reset"), "forward.cut", True),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "forward.cut", True),
        (httpx.RemoteProtocolError("illegal status line: bytearray(b'SSH')"), "forward.garbage", False),
    ],
)
async def test_a_failing_line_is_for_now_and_its_words_are_ours(
    centre: respx.Route, error: Exception, key: str, unheard: bool  # noqa: FBT001  a table's column
) -> None:  # fmt: skip
    centre.side_effect = error
    async with sink(token=Secret("tok-en")) as https:
        with pytest.raises(Transient) as caught:
            await https.deliver(BATCH)
    assert (caught.value.phrase.key, caught.value.unheard) == (key, unheard)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://centre.example/ingest", "forward.plain"),
        ("http://192.0.2.1/", "forward.plain"),
        ("http://127.0.0.1.example/", "forward.plain"),
        ("ftp://127.0.0.1/", "forward.url"),
        ("https://", "forward.url"),
        ("https://user:hunter2@centre.example/", "forward.url"),
        ("https://centre.example:99999/", "forward.url"),
        ("https://[::1/", "forward.url"),
        ("https://centre example/", "forward.url"),
        ("https://centre.example/\nX-Evil: 1", "forward.url"),
        ("", "forward.url"),
    ],
)
def test_an_address_that_will_not_do_is_refused_and_its_login_not_repeated(url: str, key: str) -> None:
    with pytest.raises(Unfit) as caught:
        HttpsSink(name="centre", url=url)
    assert caught.value.phrase.key == key
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "http://[::1]:1/", "http://localhost/", "https://h/"])
def test_plain_http_is_fit_for_loopback_and_https_for_everywhere(url: str) -> None:
    assert fit(url).hostname


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"token": "two\r\nlines: x"}, "forward.secret"),
        ({"token": "clé"}, "forward.secret"),
        ({"token": " "}, "forward.secret"),
        ({"hmac": "whsec_not base64!"}, "forward.hmac"),
        ({"hmac": ""}, "forward.hmac"),
        ({"client_certificate": "-----BEGIN nothing"}, "forward.certificate"),
        ({"client_certificate": ""}, "forward.certificate"),
    ],
)
def test_a_secret_that_will_not_do_is_refused_at_once_and_not_repeated(options: dict[str, str], key: str) -> None:
    with pytest.raises(Unfit) as caught:
        HttpsSink(name="centre", url=URL, **{name: Secret(text) for name, text in options.items()})  # type: ignore[arg-type]  # one table for three options
    assert caught.value.phrase.key == key
    assert all(text.strip() not in str(caught.value) for text in options.values() if text.strip())


async def test_no_secret_is_seen_in_logs_errors_or_repr(
    centre: respx.Route, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    centre.respond(401, text="Bearer tok-en is wrong")
    async with sink(token=Secret("tok-en"), hmac=Secret("hush-hush")) as https:
        with pytest.raises(Permanent) as caught:
            await https.deliver(BATCH)
        seen = f"{https!r} {vars(https)['_signer']!r} {caught.value!r} {caught.value} {caplog.text}"
    assert "tok-en" not in seen
    assert "hush" not in seen
    assert "ingest" not in seen


def test_an_authority_that_cannot_be_read_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        HttpsSink(name="centre", url=URL, authorities=tmp_path / "none.pem")


def test_every_sentence_of_delivery_is_there_in_both_languages() -> None:
    assert all(set(said) == {"en", "fr"} for said in theme("forward").values())
