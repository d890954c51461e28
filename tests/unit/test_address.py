"""An ADDRESS: what it means, and what is said of one that means nothing."""

import pytest

from agent.address import AUTH, COMMUNITY, PASSWORD, PRIVACY, Address, Bad, Need, parse, schemes
from probes.probe import Secret

KNOWN = schemes({"onvif", "snmp", "http", "isapi"})


def read(text: str) -> Address:
    return parse(text, known=KNOWN)


@pytest.mark.parametrize(
    ("text", "protocol", "host", "port", "username", "needs"),
    [
        ("onvif://admin@192.0.2.7:80", "onvif", "192.0.2.7", 80, "admin", (PASSWORD,)),
        ("onvif://192.0.2.7", "onvif", "192.0.2.7", 80, "", ()),
        ("ONVIF://cam.example.:8080/", "onvif", "cam.example.", 8080, "", ()),
        ("onvif://us%40er@[2001:db8::7]:8080", "onvif", "2001:db8::7", 8080, "us@er", (PASSWORD,)),
        ("onvif://[::1]", "onvif", "::1", 80, "", ()),
        ("onvif://[fe80::1%25eth0]", "onvif", "fe80::1%eth0", 80, "", ()),
        ("onvif://u@h?tls=true", "onvif", "h", 443, "u", (PASSWORD,)),
        ("snmp://192.0.2.8:161", "snmp", "192.0.2.8", 161, "", (COMMUNITY,)),
        ("snmp://192.0.2.8", "snmp", "192.0.2.8", 161, "", (COMMUNITY,)),
        ("snmpv3://super@192.0.2.8?auth=sha256&privacy=aes128", "snmp", "192.0.2.8", 161, "super", (AUTH, PRIVACY)),
        ("snmpv3://super@192.0.2.8?auth=sha256", "snmp", "192.0.2.8", 161, "super", (AUTH,)),
        ("snmpv3://super@192.0.2.8", "snmp", "192.0.2.8", 161, "super", ()),
        ("rtsp://u@h/Streaming/Channels/101", "rtsp", "h", 554, "u", (PASSWORD,)),
        ("http://h/path", "http", "h", 80, "", ()),
        ("https://h", "http", "h", 443, "", ()),
        ("isapi://admin@h", "isapi", "h", 80, "admin", (PASSWORD,)),
    ],
)
def test_an_address_names_a_device_and_the_secrets_that_it_needs(
    text: str, *, protocol: str, host: str, port: int, username: str, needs: tuple[Need, ...]
) -> None:
    address = read(text)
    assert (address.protocol, address.device.protocols) == (protocol, (protocol,))
    assert (address.device.address, address.device.port(protocol)) == (host, port)
    assert (address.login.username, address.needs) == (username, needs)
    assert address.device.id == text


def test_a_login_of_v3_takes_both_pass_phrases_where_they_belong() -> None:
    address = read("snmpv3://super@h?auth=SHA-256&privacy=aes")
    login = address.entered({AUTH: Secret("one"), PRIVACY: Secret("two")})
    assert (login.snmp, login.username, login.auth, login.privacy) == ("v3", "super", "sha256", "aes128")
    assert (login.secret, login.privacy_secret) == (Secret("one"), Secret("two"))


def test_a_scheme_exists_once_a_probe_speaks_it() -> None:
    assert schemes(()) == ("onvif", "snmp", "snmpv3", "rtsp")
    assert "vapix" in schemes({"vapix"})
    assert {"http", "https"} <= set(schemes({"http"}))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("htp://192.0.2.7", "scheme"),
        ("dahua://192.0.2.7", "scheme"),
        ("://192.0.2.7", "scheme"),
        ("onvif://admin:hunter22@192.0.2.7", "secret"),
        ("onvif://admin:@192.0.2.7", "secret"),
        ("onvif://:hunter22@192.0.2.7", "secret"),
        ("onvif://admin%3Ahunter22@192.0.2.7", "secret"),
        ("onvif://admin:hun/ter22@192.0.2.7", "secret"),
        ("onvif://admin:hun?ter22@192.0.2.7", "secret"),
        ("onvif://admin:hun#ter22@192.0.2.7", "secret"),
        ("onvif://admin:hun@ter22@192.0.2.7", "secret"),
        ("onvif://192.0.2.7?password=hunter22", "secret"),
        ("snmp://192.0.2.7?community=hunter22", "secret"),
        ("snmpv3://super@192.0.2.7?auth=sha256&auth_password=hunter22", "secret"),
        ("snmp://hunter22@192.0.2.7", "community"),
        ("snmpv3://super@192.0.2.7?auth=hunter22", "algorithms"),
        ("snmpv3://super@192.0.2.7?privacy=aes128", "algorithms"),
        ("snmpv3://192.0.2.7", "v3_user"),
        ("snmpv3://super@192.0.2.7?hunter22", "options"),
        ("snmpv3://super@192.0.2.7?auth=", "options"),
        ("snmpv3://super@192.0.2.7?auth=md5&auth=sha1", "options"),
        ("snmp://192.0.2.7?hunter22=1", "no_options"),
        ("onvif://192.0.2.7?tls=yes", "tls"),
        ("onvif://192.0.2.7/onvif/device_service", "path"),
        ("onvif://", "host"),
        ("onvif://@", "host"),
        ("onvif://192.0.2", "host"),
        ("onvif://192.0.2.256", "host"),
        ("onvif://-h", "host"),
        ("onvif://[::1", "host"),
        ("onvif://[::g]", "host"),
        ("onvif://[fe80::1%25]", "host"),
        ("onvif://[::1]8080", "port"),
        ("onvif://::1", "brackets"),
        ("onvif://h:", "port"),
        ("onvif://h:0", "port"),
        ("onvif://h:65536", "port"),
        ("onvif://h:8o", "port"),
        ("onvif://us%zzer@h", "username"),
        ("onvif://us%00er@h", "username"),
        ("onvif://us%ffer@h", "username"),
        ("onvif://h\n", "characters"),
        ("onvif://h hunter22", "characters"),
        ("onvif://\u0661", "characters"),
        ("onvif://" + "h" * 600, "characters"),
    ],
)
def test_what_is_no_address_is_told_by_one_sentence_that_does_not_repeat_it(text: str, key: str) -> None:
    with pytest.raises(Bad) as bad:
        read(text)
    assert bad.value.phrase.key == f"address.{key}"
    assert "hunter22" not in str(bad.value)
    assert "ter22" not in str(bad.value)
