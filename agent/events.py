"""The envelope in which everything travels: CloudEvents 1.0 as JSON."""

from typing import Final

import msgspec

BATCH: Final = "application/cloudevents-batch+json"


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    specversion: str
    id: str
    source: str
    type: str
    time: str
    datacontenttype: str
    data: msgspec.Raw


def event_id(agent: str, epoch: str, seq: int) -> str:
    """Return AGENT/EPOCH/SEQUENCE, which no other event ever has."""
    return f"{agent}/{epoch}/{seq}"


def event(*, agent: str, epoch: str, seq: int, source: str, kind: str, time: str, data: bytes) -> bytes:
    """Return one event in the JSON event format (CloudEvents 1.0.2, JSON format 3): UTF-8, keys in a fixed order.

    Args:
        agent: drawn once for this installation.
        epoch: drawn once for this journal.
        seq: from 1 by one within the epoch.
        source: `sitewarden/SITE`, as it stands in the event.
        kind: report, incident, heartbeat or loss; the type is `sitewarden.KIND.v1`.
        time: RFC 3339 UTC.
        data: a JSON value, spliced in byte by byte.

    Raises:
        ValueError: `data` is not one JSON value in UTF-8.
    """
    try:
        data.decode("utf-8")
        msgspec.json.decode(data, type=msgspec.Raw)
    except msgspec.DecodeError as fault:
        raise ValueError(str(fault)) from None
    return msgspec.json.encode(
        _Event(
            specversion="1.0",
            id=event_id(agent, epoch, seq),
            source=source,
            type=f"sitewarden.{kind}.v1",
            time=time,
            datacontenttype="application/json",
            data=msgspec.Raw(data),
        )
    )
