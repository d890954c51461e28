"""HTTP digest is computed as RFC 7616 shows it, and challenges are read however devices write them."""

import hashlib
import re

import pytest

from probes.errors import Unsupported
from probes.net.digest import LASTS_S, Challenge, Digest, challenges, strongest
from probes.probe import Login, Secret

MUFASA = Login(name="m", username="Mufasa", secret=Secret("Circle of Life"))
RFC = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def offered(header: str) -> Challenge:
    found = strongest(challenges([header]))
    assert found is not None
    return found


def answered(header: str, *, times: int = 1, login: Login = MUFASA) -> dict[str, str]:
    digest = Digest(draw=lambda: CNONCE)
    digest.take(offered(header))
    said = ""
    for _ in range(times):
        said = digest.answer("GET", "/dir/index.html", login)
    assert said.startswith("Digest ")
    return {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,]+))', said)}


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(algorithm: str, response: str) -> None:
    said = answered(RFC.format(algorithm=algorithm))
    assert said["response"] == response
    assert said["algorithm"] == algorithm
    assert said["nc"] == "00000001"
    assert said["qop"] == "auth"
    assert said["opaque"] == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


def test_the_count_goes_up_while_a_nonce_serves_and_starts_again_with_the_next() -> None:
    assert answered(RFC.format(algorithm="MD5"), times=3)["nc"] == "00000003"
    digest = Digest()
    digest.take(offered(RFC.format(algorithm="MD5")))
    digest.answer("GET", "/", MUFASA)
    digest.take(offered('Digest realm="r", nonce="other", qop="auth"'))
    assert "nc=00000001" in digest.answer("GET", "/", MUFASA)


def test_a_device_without_qop_gets_the_old_form() -> None:
    said = answered('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')
    ha1 = hashlib.md5(b"Mufasa:testrealm@host.com:Circle of Life").hexdigest()  # noqa: S324  what is under test
    ha2 = hashlib.md5(b"GET:/dir/index.html").hexdigest()  # noqa: S324
    told = f"{ha1}:dcd98b7102dd2f0e8b11d0f600bfb0c093:{ha2}".encode()
    assert said["response"] == hashlib.md5(told).hexdigest()  # noqa: S324
    assert "nc" not in said
    assert "algorithm" not in said


def test_a_session_variant_hashes_the_nonces_into_the_first_part() -> None:
    said = answered('Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess')
    first = hashlib.md5(b"Mufasa:r:Circle of Life").hexdigest()  # noqa: S324
    first = hashlib.md5(f"{first}:n:{CNONCE}".encode()).hexdigest()  # noqa: S324
    second = hashlib.md5(b"GET:/dir/index.html").hexdigest()  # noqa: S324
    told = f"{first}:n:00000001:{CNONCE}:auth:{second}".encode()
    assert said["response"] == hashlib.md5(told).hexdigest()  # noqa: S324


@pytest.mark.parametrize(
    ("headers", "nonce"),
    [
        (['Digest realm="r", nonce="a", algorithm=MD5', 'Digest realm="r", nonce="b", algorithm=SHA-256'], "b"),
        (['Digest realm="r", nonce="a", algorithm=MD5, Digest realm="r", nonce="b", algorithm=SHA-256'], "b"),
        (['Basic realm="r", Digest realm="r", nonce="a", qop="auth"'], "a"),
        (['digest nonce="a",realm="r",stale=FALSE'], "a"),
        (['Digest realm="comma, and \\"quote\\"", nonce=bare'], "bare"),
        (['Digest realm="r", nonce="a", algorithm=token', 'Digest realm="r", nonce="b"'], "b"),
    ],
)
def test_the_strongest_challenge_that_we_can_meet_is_taken(headers: list[str], nonce: str) -> None:
    found = strongest(challenges(headers))
    assert found is not None
    assert found.params["nonce"] == nonce


@pytest.mark.parametrize(
    "header",
    ["", "Basic realm=x", "Digest", 'Digest realm="no nonce"', 'Digest nonce="n", algorithm=SHA-512-256', "=,="],
)
def test_what_cannot_be_met_is_no_challenge(header: str) -> None:
    assert strongest(challenges([header])) is None


def test_body_protection_alone_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        answered('Digest realm="r", nonce="n", qop="auth-int"')


def test_stale_is_read_in_any_case() -> None:
    assert offered('Digest realm="r", nonce="n", stale=TRUE').stale
    assert not offered('Digest realm="r", nonce="n", stale=false').stale


@pytest.mark.parametrize(("later", "kept"), [(0.0, True), (LASTS_S, True), (LASTS_S + 1, False), (-1.0, False)])
def test_a_nonce_is_trusted_for_a_while_only(later: float, kept: bool) -> None:  # noqa: FBT001  a table
    digest = Digest()
    digest.take(offered('Digest realm="r", nonce="n"'))
    digest.let_in(at=1_000.0)
    digest.age(at=1_000.0 + later)
    assert digest.ready is kept


def test_the_password_shows_nowhere() -> None:
    digest = Digest()
    digest.take(offered(RFC.format(algorithm="MD5")))
    assert "Circle" not in digest.answer("GET", "/", MUFASA) + repr(vars(digest)) + repr(MUFASA)
