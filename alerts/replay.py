"""The engine over stored history, with history's own time: what would these rules have said? Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from alerts.engine.engine import Engine
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.watched_device import WatchedDevice
from alerts.rules.detector import Detector
from anhu.contract.observation import Observation, Scalar
from anhu.contract.quantities import Kind, of_kind
from anhu.contract.record import Reading
from ingest.store.port import Range, StoreQuery

_PAGE = 10_000


def replay(
    readings: Iterable[Reading],
    detectors: Sequence[type[Detector]],
    *,
    roster: Iterable[WatchedDevice] = (),
    until_ms: int | None = None,
) -> Iterator[ResidentFinding]:
    """Yield what the detectors find in readings, in the order received.

    Parameters
    ----------
    roster : iterable of WatchedDevice
        Profiles to use; enrolment times before the readings, so that silence is judged fairly.
    until_ms : int or None
        Let time pass up to here at the end; None stops with the last reading. [ms]
    """
    engine = Engine(detectors)
    engine.update_roster(roster)
    for one in readings:
        yield from engine.feed(one)
    if until_ms is not None:
        yield from engine.advance(until_ms)


def replay_resident(
    store: StoreQuery,
    resident_id: str,
    within: Range,
    detectors: Sequence[type[Detector]],
    *,
    roster: Iterable[WatchedDevice] = (),
) -> Iterator[ResidentFinding]:
    """Yield what the detectors find in a resident's stored history: numbers, events and waveforms. [ms]."""
    known = [
        device._replace(enrolled_at_ms=max(device.enrolled_at_ms, within.start_ms))
        for device in roster
        if device.resident_id == resident_id
    ]
    readings = stored_readings(store, resident_id, within)
    return replay(readings, detectors, roster=known, until_ms=within.end_ms)


def stored_readings(store: StoreQuery, resident_id: str, within: Range) -> Iterator[Reading]:
    """Yield a resident's stored history as readings received when they were observed, in that order. [ms].

    Notes
    -----
    The whole range is held in memory: a day of vital signs every minute is about 1 MB, a day of acceleration 50 MB.
    """
    found: list[tuple[int, str, Observation]] = []
    for row in of_kind(Kind.SCALAR):
        found += _numbers(store, resident_id, row.code, within)
    found += [(event.observed_at_ms, device, event) for device, event in store.events(resident_id, within, limit=_PAGE)]
    for row in of_kind(Kind.WAVEFORM):
        waves = store.waveforms(resident_id, row.code, within, limit=_PAGE)
        found += [(wave.observed_at_ms + wave.duration_ms, device, wave) for device, wave in waves]
    for at_ms, device_id, one in sorted(found, key=itemgetter(0)):
        yield Reading(device_id, resident_id, at_ms, (one,))


def _numbers(
    store: StoreQuery, resident_id: str, quantity: str, within: Range
) -> Iterator[tuple[int, str, Observation]]:
    start = within.start_ms
    while start < within.end_ms:
        page = store.points(resident_id, quantity, Range(start, within.end_ms), limit=_PAGE)
        for point in page:
            scalar = Scalar(quantity, point.value, point.observed_at_ms, quality=point.quality)
            yield point.observed_at_ms, point.device_id, scalar
        if len(page) < _PAGE:
            return
        start = page[-1].observed_at_ms + 1
