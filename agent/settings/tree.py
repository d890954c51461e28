"""What must hold between the devices of the inventory: one id each, uplinks and recorders that exist, no loops."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

from agent.settings.complaint import shown
from agent.settings.document import Mapping as MappingNode
from agent.settings.document import Scalar, Sequence
from agent.settings.rules import Case
from agent.settings.shape import Mark
from probes.device import RecordedBy, Uplink

_FILE: Final = "inventory.yaml"
_LONGEST_LOOP: Final = 24
_MOST_LOOPS: Final = 100  # of a tangle, which may hold very many


def judge(case: Case) -> None:
    """Complain of ids given twice, of devices that are named and not there, and of loops of uplinks."""
    walker = case.walkers.get("inventory")
    if walker is None:
        return
    ids = dict(_ids(case))
    known = _once(case, ids)
    pointers: list[Mark[Uplink] | Mark[RecordedBy]] = [*walker.marks(Uplink), *walker.marks(RecordedBy)]
    for mark in pointers:
        if mark.value.device not in known:
            hint = case.ledger.hint(mark.value.device, known)
            case.wrong(mark, ("device",), "unknown_device", hint, name=mark.value.device)
    for mark in walker.marks(RecordedBy):
        if mark.value.device == _owner(mark, ids):
            case.wrong(mark, ("device",), "own_recorder")
    above: dict[str, dict[str, Mark[Uplink]]] = {}
    for link in walker.marks(Uplink):
        owner = _owner(link, ids)
        if owner is not None and link.value.device in known:
            above.setdefault(owner, {}).setdefault(link.value.device, link)
    found = loops({device: tuple(links) for device, links in above.items()})
    for loop in itertools.islice(found, _MOST_LOOPS):
        names = loop if len(loop) <= _LONGEST_LOOP else (*loop[: _LONGEST_LOOP - 2], "…", loop[-1])
        case.wrong(above[loop[0]][loop[1]], ("device",), "uplink_loop", loop=" -> ".join(names))


def _once(case: Case, ids: Mapping[int, Scalar]) -> Mapping[str, Scalar]:
    """Return where each id stands first; complain of one that was given before."""
    first: dict[str, Scalar] = {}
    for at, written in ids.items():
        known = first.setdefault(written.text, written)
        if known is not written:
            path = ("devices", at, "id")
            case.ledger.add(_FILE, written.line, path, "id_twice", name=shown(written.text), line=known.line)
    return first


def loops(above: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield loops as `(a, b, ..., a)`, at least one of each tangle, in the order of the inventory.

    `above` maps a device to those that it hangs on. Linear in the number of uplinks, without recursion.
    """
    done: set[str] = set()
    for start in above:
        if start in done:
            continue
        trail = [start]
        places = {start: 0}
        branches = [iter(above[start])]
        while trail:
            step = next(branches[-1], None)
            if step is None:
                branches.pop()
                finished = trail.pop()
                del places[finished]
                done.add(finished)
            elif step in places:
                yield (*trail[places[step] :], step)
            elif step not in done:
                places[step] = len(trail)
                trail.append(step)
                branches.append(iter(above.get(step, ())))


def _ids(case: Case) -> Iterator[tuple[int, Scalar]]:
    """Yield each device's id by its place, also where the rest of the device is wrong."""
    root = case.roots.get("inventory")
    devices = root.get("devices") if isinstance(root, MappingNode) else None
    for at, device in enumerate(devices.items if isinstance(devices, Sequence) else ()):
        written = device.get("id") if isinstance(device, MappingNode) else None
        if isinstance(written, Scalar) and not written.empty:
            yield at, written


def _owner(mark: Mark[Uplink] | Mark[RecordedBy], ids: Mapping[int, Scalar]) -> str | None:
    found = ids.get(mark.path[1]) if isinstance(mark.path[1], int) else None
    return found.text if found else None
