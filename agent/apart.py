"""What one lane knows of entries that must go alone: which were refused, which went ahead of them, and who is to blame.

A refusal that speaks of the door (401, 403, 404) or a failure over one request (500) proves nothing about the entry by
itself. It does once the centre takes others in the meantime; until then the entry is a suspect, and stays.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from agent.record import Entry
from probes.words import Phrase

#: Entries that are sent one by one before the other lane is looked at again.
CHUNK: Final = 16
#: Entries that may be delivered ahead of a suspect, which the cursor cannot pass.
AHEAD: Final = 256
#: Entries in a row that are told the door is closed, before we believe it. Suspects are always tried with one fewer, so
#: that an entry which was not yet tried has its turn.
DOORS: Final = 8
#: Likewise, entries in a row over which the centre fails, before we believe that it fails over all.
FAILURES: Final = 3
#: Failures (500) over one entry, the centre taking others between any two of them, after which it is set aside. One
#: that took an entry after failing over it fails at random: it must do so more often before it is believed.
STRIKES: Final = 8
STRIKES_MOST: Final = 64


def epoch(entry: Entry) -> str:
    """Return `AGENT/EPOCH`, within which numbers count."""
    return entry.id.rpartition("/")[0]


class Suspect(msgspec.Struct, kw_only=True):
    """An entry that was refused alone. `taken` is how many entries the centre had taken by then."""

    phrase: Phrase
    taken: int
    strikes: int = 1
    not_before: float = 0.0  # monotonic seconds; heeded while the centre takes others


class Apart(msgspec.Struct, kw_only=True):
    """The state of one lane; `until` is the number up to which entries go alone."""

    epoch: str = ""
    until: int = 0
    failed: int = 0  # failures (500) in a row
    need: int = STRIKES
    tolerant: bool = False  # go past an entry over which the centre fails
    ahead: set[int] = msgspec.field(default_factory=set)  # delivered or set aside beyond the cursor
    suspects: dict[int, Suspect] = msgspec.field(default_factory=dict)

    def wants(self, entries: Sequence[Entry]) -> bool:
        """Tell whether the first of `entries` must go alone; forgets what the cursor has passed."""
        first = entries[0].seq
        current = epoch(entries[0])
        if current != self.epoch:  # the journal was set aside and counts anew: nothing that we know holds
            self.until, self.failed, self.tolerant, self.epoch = 0, 0, False, current
            self.ahead.clear()
            self.suspects.clear()
        self.ahead = {seq for seq in self.ahead if seq >= first}
        self.suspects = {seq: suspect for seq, suspect in self.suspects.items() if seq >= first}
        if self.suspects or len(entries) == 1:
            self.until = max(self.until, entries[-1].seq)
        return first <= self.until

    def due(self, entries: Iterable[Entry], *, now: float, troubled: bool) -> list[Entry]:
        """Return those to try now: suspects whose time has come (all, while the centre takes nothing), then others."""
        known = [entry for entry in entries if entry.seq in self.suspects]
        fresh = [entry for entry in entries if entry.seq not in self.suspects and entry.seq not in self.ahead]
        ready = [entry for entry in known if troubled or self.suspects[entry.seq].not_before <= now]
        ready.sort(key=lambda entry: self.suspects[entry.seq].not_before)
        # With the room used up one more may still go beside a suspect, to see whether the centre takes anything.
        room = max(AHEAD - len(self.ahead), 1 if ready else 0)
        ready = ready[: FAILURES - 1 if self.tolerant else DOORS - 1]
        fresh = [entry for entry in fresh if entry.seq <= self.until][: min(room, CHUNK)]
        return sorted(ready + fresh, key=lambda entry: entry.seq)

    def strike(self, seq: int, *, phrase: Phrase, taken: int) -> Suspect:
        """Note that `seq` failed alone; counts only where the centre took others since it last did."""
        suspect = self.suspects.get(seq)
        if suspect is None:
            suspect = self.suspects[seq] = Suspect(phrase=phrase, taken=taken)
        elif taken > suspect.taken:
            suspect.strikes += 1
            suspect.taken = taken
        return suspect

    def settle(self, seq: int, *, taken: bool) -> None:
        """Note that `seq` is decided: taken, or set aside."""
        suspect = self.suspects.pop(seq, None)
        if taken and self.tolerant and suspect is not None:
            self.need = min(STRIKES_MOST, self.need * 2)
        self.ahead.add(seq)

    def reached(self, entries: Iterable[Entry]) -> Entry | None:
        """Return the last entry up to which all of `entries` are decided, None where the first is not."""
        last = None
        for entry in entries:
            if entry.seq not in self.ahead:
                break
            last = entry
        return last

    def next_due(self) -> float | None:
        """Return the moment (monotonic) at which a suspect is to be tried again, None without suspects."""
        return min((suspect.not_before for suspect in self.suspects.values()), default=None)
