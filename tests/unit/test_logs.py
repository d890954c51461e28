"""What is logged: one line per event, no secret in it, nothing that a terminal acts on."""

import io
import json
import logging
from collections.abc import Iterator

import msgspec
import pytest
import structlog

from agent.exits import Stop
from agent.logs import Redactor, configure, wanted
from probes.probe import Login, Secret
from tests.calls import untouched_logging

HIDDEN = "Tr0ub4dor"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    with untouched_logging():
        yield


def logged(*, json: bool = True, level: str = "info", tracebacks: bool = False) -> io.StringIO:
    stream = io.StringIO()
    redactor = Redactor([Secret(HIDDEN)])
    configure(level=level, json=json, tracebacks=tracebacks, stream=stream, redactor=redactor)
    return stream


@pytest.mark.parametrize("json_", [True, False])
@pytest.mark.parametrize(
    "told",
    [
        HIDDEN,
        f"login with {HIDDEN} failed",
        Secret(HIDDEN),
        Login(username="u", secret=Secret(HIDDEN)),
        [HIDDEN, {"deep": (HIDDEN,)}],
        {HIDDEN: 1},
        ValueError(HIDDEN),
        "rtsp://admin:another0ne@192.0.2.7/",
    ],
)
def test_no_secret_is_ever_logged(told: object, json_: bool) -> None:  # noqa: FBT001  a parameter of the table
    stream = logged(json=json_)
    structlog.get_logger().warning("something", told=told)
    assert "something" in stream.getvalue()
    assert HIDDEN not in stream.getvalue()
    assert "another0ne" not in stream.getvalue()


def test_a_fault_is_logged_by_its_kind_and_with_its_trace_only_where_wanted() -> None:
    for tracebacks in (False, True):
        stream = logged(tracebacks=tracebacks)
        try:
            dict[str, str]()[HIDDEN]
        except KeyError:
            structlog.get_logger().exception("failed")
        assert ("Traceback" in stream.getvalue()) is tracebacks
        assert "KeyError" in stream.getvalue()
        assert HIDDEN not in stream.getvalue()


def test_what_libraries_log_comes_through_the_same_door() -> None:
    stream = logged()
    logging.getLogger("some.library").warning("said %s", HIDDEN)
    logging.getLogger("zeep.transports").warning("chatter")
    (told,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (told["event"], told["library"], told["said"]) == ("library", "some.library", "said ***")


def test_the_level_decides() -> None:
    stream = logged(level="warning")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


def test_an_event_is_one_line_without_control_characters() -> None:
    stream = logged(json=False)
    structlog.get_logger().warning("told", name="a\nb\x1b[31m\u202e")
    assert stream.getvalue().count("\n") == 1
    assert all(char.isprintable() for char in stream.getvalue().rstrip("\n"))


@pytest.mark.parametrize(
    ("said", "level", "json_"),
    [
        ("", "", False),
        ("debug", "debug", False),
        ("JSON", "", True),
        ("info json", "info", True),
        ("json,error", "error", True),
    ],
)
def test_the_variable_tells_level_and_form(said: str, level: str, json_: bool) -> None:  # noqa: FBT001  as above
    assert wanted({"SITEWARDEN_LOG": said}) == (level, json_)


@pytest.mark.parametrize("said", ["loud", "info debug", "info xml"])
def test_another_word_is_a_usage_error(said: str) -> None:
    with pytest.raises(Stop) as stop:
        wanted({"SITEWARDEN_LOG": said})
    assert stop.value.code == 64


def test_a_secret_shows_itself_in_no_struct() -> None:
    login = Login(secret=Secret(HIDDEN), privacy_secret=Secret(HIDDEN))
    assert HIDDEN not in repr(login)
    with pytest.raises(TypeError):
        msgspec.json.encode(login)
