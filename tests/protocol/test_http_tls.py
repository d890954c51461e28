"""On TLS an authority, a fingerprint or the first sight decides, before anything is said to the device."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from probes.errors import Malformed, ProbeError, Refused, Unreachable, Unsupported
from probes.net.http import Answer, HttpLine
from probes.net.tls import fingerprint
from probes.probe import Shared, Target
from tests.cameras import aim, login
from tests.site.wire import Port, Reply, Request

CA = trustme.CA()


class Served:
    """A TLS server that remembers what it was asked."""

    def __init__(self, certificate: trustme.LeafCert) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        shown = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())
        self.fingerprint = hashlib.sha256(shown).hexdigest()
        self.asked: list[Request] = []
        self.reply = Reply(body=b"in")

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.reply

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[int]:
        bound = Port(address="127.0.0.1", port=port, answer=self.answer, limit=lambda: None, tls=self.context)
        await bound.become("open")
        try:
            yield bound.port
        finally:
            await bound.aclose()


@pytest.fixture
def served() -> Served:
    return Served(CA.issue_cert("127.0.0.1"))


async def ask(target: Target) -> Answer:
    async with target.shared.get(HttpLine).talk(target, "onvif") as talk:
        return await talk.ask("GET", "/x", login=target.login("onvif"))


async def fault(target: Target) -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        await ask(target)
    return caught.value


async def test_what_is_seen_first_is_pinned_and_kept(served: Served) -> None:
    kept: dict[str, str] = {}
    async with served.listening() as port, Shared() as shared:
        target = aim(shared, port=port, tls=True, kept=kept)
        assert (await ask(target)).body == b"in"
        assert (await ask(target)).body == b"in"
    assert kept == {"tls.onvif": served.fingerprint}


async def test_another_certificate_later_is_refused_before_anything_is_said(served: Served) -> None:
    other = Served(CA.issue_cert("127.0.0.1"))
    kept = {"tls.onvif": served.fingerprint}
    async with other.listening() as port, Shared() as shared:
        caught = await fault(aim(shared, port=port, tls=True, kept=kept))
    assert (type(caught), caught.phrase.key) == (Malformed, "answer.certificate_changed")
    assert other.asked == []
    assert kept == {"tls.onvif": served.fingerprint}


@pytest.mark.parametrize("form", ["{}", "sha256:{}", "SHA256={}"])
async def test_a_given_fingerprint_decides_whatever_was_kept(served: Served, form: str) -> None:
    written = form.format(":".join(served.fingerprint[at : at + 2] for at in range(0, 64, 2)).upper())
    kept = {"tls.onvif": "00" * 32}
    async with served.listening() as port, Shared() as shared:
        assert (await ask(aim(shared, port=port, tls=True, fingerprint=written, kept=kept))).status == 200
        caught = await fault(aim(shared, port=port, tls=True, fingerprint="11" * 32))
    assert caught.phrase.key == "answer.certificate_other"
    assert len(served.asked) == 1


async def test_a_given_authority_decides_and_nothing_is_pinned(served: Served, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    CA.cert_pem.write_to_path(str(ca))
    kept: dict[str, str] = {}
    async with served.listening() as port, Shared() as shared:
        assert (await ask(aim(shared, port=port, tls=True, ca=str(ca), kept=kept))).status == 200
    assert kept == {}


@pytest.mark.parametrize(
    ("certificate", "authority"),
    [(CA.issue_cert("127.0.0.1"), trustme.CA()), (CA.issue_cert("127.0.0.9"), CA), (CA.issue_cert("cam.example"), CA)],
    ids=["another authority", "another address", "a name"],
)
async def test_a_certificate_that_the_authority_does_not_vouch_for_is_refused(
    tmp_path: Path, certificate: trustme.LeafCert, authority: trustme.CA
) -> None:
    served = Served(certificate)
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    async with served.listening() as port, Shared() as shared:
        caught = await fault(aim(shared, port=port, tls=True, ca=str(ca)))
    assert (type(caught), caught.phrase.key) == (Malformed, "answer.certificate_untrusted")
    assert served.asked == []


@pytest.mark.parametrize("content", [None, "", "no certificate"])
async def test_an_authority_that_cannot_be_read_is_named(served: Served, tmp_path: Path, content: str | None) -> None:
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_text(content)
    async with served.listening() as port, Shared() as shared:
        caught = await fault(aim(shared, port=port, tls=True, ca=str(ca)))
    assert isinstance(caught, Unsupported)
    assert str(ca) in str(caught)


@pytest.mark.parametrize("written", ["", "12", "zz" * 32, "11" * 33])
def test_what_is_no_fingerprint_is_refused(written: str) -> None:
    with pytest.raises(Unsupported):
        fingerprint(written)


@pytest.mark.parametrize("kept", [{}, {"tls.onvif": "00" * 32}])
async def test_tls_on_a_plain_port_is_malformed(kept: dict[str, str]) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server, Shared() as shared:
        target = aim(shared, port=server.sockets[0].getsockname()[1], tls=True, kept=kept)
        caught = await fault(target)
    assert (type(caught), caught.phrase.key) == (Malformed, "answer.tls")
    async with Shared() as shared:
        target.shared = shared
        assert isinstance(await fault(target), Unreachable)


async def test_over_tls_basic_is_given_once(served: Served) -> None:
    served.reply = Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="cam"'})
    async with served.listening() as port, Shared() as shared:
        caught = await fault(aim(shared, port=port, tls=True))
    assert isinstance(caught, Refused)
    assert caught.login
    shown = [request.headers.get("authorization", "") for request in served.asked]
    assert [told.split(" ")[0] for told in shown] == ["", "Basic"]
    assert login().secret is not None
