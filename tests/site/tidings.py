"""What the centre has learnt from the reports that reached it: which findings hold, which were raised and cleared."""

import datetime as dt
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Turn = Literal["raised", "cleared"]


class Tiding(msgspec.Struct, frozen=True, kw_only=True):
    """One change: a finding that is no longer ok, or one that is again."""

    at: str
    turn: Turn
    device: str
    check: str
    severity: str
    summary: str


class Tidings:
    """Folds `sitewarden.report.v1` events; a finding is known by device, check and subject."""

    def __init__(self, *, tail: int = 8) -> None:
        """Keep the last `tail` changes in `latest`."""
        self.raised = 0
        self.cleared = 0
        self.latest: deque[Tiding] = deque(maxlen=tail)
        self._holds: dict[tuple[str, str, str], tuple[str, str]] = {}  # (device, check, subject): (severity, probe)

    def hear(self, event: Mapping[str, Any]) -> list[Tiding]:
        """Take one event as the centre keeps it; return what it changed."""
        if event.get("type") != "sitewarden.report.v1":
            return []
        report = event["data"]
        device, probe = report["device"], report["probe"]
        told = {(device, found["check"], found["subject"]): found for found in report["findings"]}
        changes = []
        for key, found in told.items():
            before = self._holds.get(key, ("ok", probe))[0]
            self._holds[key] = (found["severity"], probe)
            if (found["severity"] == "ok") != (before == "ok"):
                changes.append(self._note(report, found, "cleared" if before != "ok" else "raised"))
        # What this probe's reports said before and say no more has gone.
        gone = [
            key for key, (_, owner) in self._holds.items() if (key[0], owner) == (device, probe) and key not in told
        ]
        lapsed = [key for key in gone if self._holds.pop(key)[0] != "ok"]
        changes += [
            self._note(report, {"check": check, "severity": "ok", "summary": subject}, "cleared")
            for _, check, subject in lapsed
        ]
        return changes

    def _note(self, report: Mapping[str, Any], found: Mapping[str, Any], turn: Turn) -> Tiding:
        if turn == "raised":
            self.raised += 1
        else:
            self.cleared += 1
        tiding = Tiding(
            at=local(report["started_at"]),
            turn=turn,
            device=report["device"],
            check=found["check"],
            severity=found["severity"],
            summary=found["summary"],
        )
        self.latest.append(tiding)
        return tiding


def local(moment: str) -> str:
    """Return an RFC 3339 time as HH:MM:SS of this machine's zone."""
    return dt.datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S")
