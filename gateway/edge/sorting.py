"""What of the edge's LOG is a call for help, and what goes in its turn."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import msgspec

from anhu.contract.observation import Event, Quality
from anhu.contract.record import LogRecord, Reading, Undecoded, decode_entry
from gateway.device_limits import CALLS

_logger = logging.getLogger(__name__)


def calls_in(record: LogRecord) -> tuple[Event, ...]:
    """Return the calls for help that a record holds: what began, and is no broker's retained copy."""
    if not isinstance(record, Reading):
        return ()
    return tuple(one for one in record.observations if isinstance(one, Event) and _is_call(one))


def _is_call(event: Event) -> bool:
    named = event.kind in CALLS or event.attributes.get("urgent") is True
    return named and event.state == "on" and not event.quality & Quality.RETAINED


def without_calls(raw: bytes) -> Iterator[LogRecord]:
    """Return what of an entry goes in its turn: calls go before it, one by one."""
    for record in _records(raw):
        calls = calls_in(record)
        if not calls:
            yield record
        elif isinstance(record, Reading):
            rest = tuple(one for one in record.observations if one not in calls)
            if rest:
                yield msgspec.structs.replace(record, observations=rest)


def readings_with_calls(raw: bytes) -> Iterator[tuple[Reading, Event]]:
    """Return each call of an entry with the reading that it came in."""
    for record in _records(raw):
        if isinstance(record, Reading):
            yield from ((record, call) for call in calls_in(record))


def parted(records: Iterable[LogRecord]) -> tuple[list[LogRecord], list[Undecoded]]:
    """Return what can be read, and what the edge could not read: each of those goes alone."""
    good: list[LogRecord] = []
    refused: list[Undecoded] = []
    for record in records:
        if isinstance(record, Undecoded):
            refused.append(record)
        else:
            good.append(record)
    return good, refused


def _records(raw: bytes) -> Iterable[LogRecord]:
    try:
        return decode_entry(raw)
    except msgspec.DecodeError:
        _logger.exception("an entry of the LOG cannot be read and is not handed on")
        return ()
