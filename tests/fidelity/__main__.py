"""Print, per field and family, how often the profiles agree with the truth of the recorded devices."""

import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from probes.profile import shipped
from tests.fidelity.walks import profile_for, understood, walk_of

CORPUS = Path(os.environ.get("SITEWARDEN_CORPUS", Path(__file__).parents[2].parent / "shared" / "corpus")) / "snmp"
FIELDS = {"version": "device.firmware", "hardware": "device.model", "serial": "device.serial"}
GENERIC = {0: "normal", 1: "degraded", 2: "failed"}
WORST = ("failed", "degraded", "normal")


def plain(value: object) -> str:
    """Return a value as it is compared: trimmed, any case."""
    return " ".join(str(value or "").split()).casefold()


def true_worst(truth: dict[str, Any]) -> str:
    """Return the worst state of the truth's sensors; what is unknown or not there does not count."""
    states = {GENERIC.get(one.get("generic")) for one in truth["sensors"] if one["sensor_class"] == "state"}
    return next((state for state in WORST if state in states), "")


def main() -> int:
    """Compare all captures."""
    shelf = shipped()
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    disagreements: list[str] = []
    only = sys.argv[1:]
    for path in sorted(CORPUS.glob("*.json")):
        truth = json.loads(path.read_text("utf-8"))
        if only and not any(path.stem.startswith(name) for name in only):
            continue
        walk = walk_of(path.with_suffix(".snmprec"))
        profile = profile_for(shelf, walk)
        seen = understood(profile, walk)
        facts = {(one.name, one.subject): one for one in seen}
        compared = [
            (field, truth.get(field), str(facts[name, ""].value) if (name, "") in facts else "")
            for field, name in FIELDS.items()
        ]
        states = [one for one in seen if one.name.endswith(".state") and one.name not in {"poe.state", "door.state"}]
        worst = next((state for state in WORST if any(one.value == state for one in states)), "")
        compared.append(("worst", true_worst(truth), worst))
        for field, wanted, got in compared:
            if not plain(wanted):
                continue
            agrees = plain(wanted) == plain(got)
            for family in (truth["family"], "ALL"):
                counts[field, family][0] += agrees
                counts[field, family][1] += 1
            if not agrees:
                bad = ""
                if field == "worst":
                    bad = (
                        " ours: "
                        + ", ".join(
                            f"{one.name}[{one.subject}]={one.value}({one.detail})"
                            for one in states
                            if one.value in {"failed", "degraded"}
                        )[:200]
                    )
                    bad += (
                        " | truth: "
                        + ", ".join(
                            f"{one['descr']}={one.get('state')}/{one.get('generic')}@{one['oid'][13:]}"
                            for one in truth["sensors"]
                            if one["sensor_class"] == "state" and one.get("generic") in (1, 2)
                        )[:300]
                    )
                disagreements.append(f"{path.stem:34} {profile.name:16} {field:9} truth {wanted!r} ours {got!r}{bad}")
    sys.stdout.write("\n".join(disagreements) + "\n")
    for (field, family), (agreed, total) in sorted(counts.items()):
        if only or family == "ALL":
            sys.stdout.write(f"{field:9} {family:20} {agreed}/{total} {100 * agreed / total:.1f}%\n")
    return 0


sys.exit(main())
