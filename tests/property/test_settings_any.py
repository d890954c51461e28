"""Whatever stands in the files, reading them gives settings or complaints, never another exception."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.settings import Complaint, Settings, Wrong, load
from agent.settings.complaint import Ledger
from agent.settings.document import compose
from agent.settings.shape import FAULT, Walker
from agent.settings.types import SiteFile
from probes.device import Device
from probes.policy import FirmwarePolicy, Policy
from tests.folders import write

FILES = ("site", "inventory", "policy", "firmware", "tiers")
# fmt: off
WORDS = (  # noqa: SIM905  a hundred words read better so
    "site id name timezone tier credentials username snmp auth privacy sinks kind url token console listen listeners "
    "traps heartbeat every commands allow keys devices address onvif port credential tls ca channels uplink device "
    "recorder channel commissioned retention min_days max_days slack clock warn crit rules match vendor defer until "
    "reason premium v3 camera nvr https a b 5m 2026-01-01 Europe/Paris true null 80 1.5 127.0.0.1:80 https://a"
).split()
# fmt: on
SIGNS = [*WORDS, *"-:[]{},&*!%@'\"#|>?\n\t ", "  ", ": "]
leaf = st.sampled_from(WORDS) | st.text(max_size=5) | st.integers() | st.floats() | st.booleans() | st.none()
tree = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6)
)
text = st.lists(st.sampled_from(SIGNS))


def outcome(**files: str | bytes) -> Settings | Wrong:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return load(write(Path(folder), **files), probes=("reach",))
        except Wrong as wrong:
            told = wrong
    assert told.complaints
    assert all(told.said(lang) for lang in ("en", "fr"))
    assert all(complaint.place and complaint.line >= 0 for complaint in told.complaints)
    return told


@given(st.sampled_from(FILES), st.binary(max_size=200))
def test_any_bytes_are_settings_or_wrong(name: str, raw: bytes) -> None:
    outcome(**{name: raw})


@given(st.sampled_from(FILES), text.map("".join))
def test_any_text_that_looks_like_yaml_is_settings_or_wrong(name: str, written: str) -> None:
    outcome(**{name: written})


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FILES, tree)))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_documents_together_are_settings_or_wrong(documents: dict[str, Any]) -> None:
    outcome(**{name: yaml.safe_dump(document, allow_unicode=True) for name, document in documents.items()})


@given(text.map("".join))
def test_any_profile_is_settings_or_wrong(written: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = write(Path(place))
        (folder / "profiles").mkdir()
        (folder / "profiles" / "mine.yaml").write_text("name: mine\n" + written)
        told: tuple[Complaint, ...] = ()
        try:
            load(folder)
        except Wrong as wrong:
            told = wrong.complaints
    assert {complaint.file for complaint in told} <= {"profiles/mine.yaml"}


@given(
    st.sampled_from([Device, SiteFile, Policy, FirmwarePolicy]).flatmap(
        lambda kind: st.tuples(st.just(kind), st.dictionaries(st.sampled_from(WORDS), tree, max_size=6))
    )
)
def test_what_the_walker_builds_is_what_its_types_say(drawn: tuple[type[Any], dict[str, Any]]) -> None:
    """msgspec, which is not asked while we walk, finds nothing wrong with it afterwards."""
    kind, document = drawn
    ledger = Ledger()
    node = compose(yaml.safe_dump(document, allow_unicode=True), "x.yaml", ledger)
    if node is None:
        return
    built = Walker(file="x.yaml", ledger=ledger).walk(node, msgspec.inspect.type_info(kind))
    if not len(ledger):
        assert built is not FAULT
        assert msgspec.convert(msgspec.to_builtins(built), kind) == built
