"""How a fall goes on that a ceiling radar follows: one fall with one time, told again in each of its states.

The radar names a fall by the time at which it began, and tells its state anew: detected, confirmed (52 s later),
calling, finished; or the person got up. Every state that stands for a fall gives the same event at the same time, so
that the store has it once and the desk one alarm. What began when nobody was to be called (simulated, learning, silent)
is a record and never an alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from anhu.contract.device_clock import SANE_MS
from anhu.contract.errors import FieldError
from anhu.contract.observation import AttributeValue, Event, TimeQuality
from anhu.contract.payload import time_ms, truth, unknown_event

_SUSPECTED = frozenset({"fall_detected", "fall_suspected"})
_FINISHED = "finished"
_FALLEN = frozenset({"fall_confirmed", "calling", "on_call", _FINISHED})
_RISEN = frozenset({"fall_exit", "canceled", "cancelled"})
_ORDER = ("fall_detected", "fall_suspected", "fall_confirmed", "calling", "on_call", _FINISHED, *sorted(_RISEN))
_NOT_MEANT = {"isSimulated": "simulated", "isLearning": "learning", "isSilent": "silent"}


def fall_events(payload: Mapping[str, object], received_at_ms: int) -> Iterator[Event]:
    """Yield what one state of a fall says. [ms]."""
    status = _status(payload)
    at_ms, quality = _time(payload, "timestamp", received_at_ms)
    why = [word for name, word in _NOT_MEANT.items() if truth(payload.get(name)) is True]
    if why:
        name = f"{status or 'fall'}: {' '.join(why)}"
        yield unknown_event(
            name, at_ms=at_ms, state="off", time_quality=quality, details=dict.fromkeys(why, True), urgent=False
        )
    elif status in _SUSPECTED:
        yield Event("fall_suspected", at_ms, "on", {}, quality)
    elif status == _FINISHED and _reason(payload):  # the end of one that was taken back before: no news
        return
    elif status in _FALLEN:
        yield Event("fall", at_ms, "on", {}, quality)
    elif status in _RISEN:
        over_ms, over_quality = _ended(payload, received_at_ms)
        about = _reason(payload)
        for kind in ("fall_suspected", "fall"):
            yield Event(kind, over_ms, "off", about, over_quality)
    else:
        yield unknown_event(f"fall status {status}"[:64], at_ms=at_ms, time_quality=quality, urgent=True)


def fall_mark(payload: Mapping[str, object]) -> tuple[str, int] | None:
    """Return which fall a state is of, and which of its states is the newer one: by its time, else by its place."""
    began, told = payload.get("timestamp"), payload.get("statusUpdateTimestamp")
    if type(began) is not int or began <= 0:
        return None
    status = _status(payload)
    order = _ORDER.index(status) if status in _ORDER else len(_ORDER)
    return str(began), (told if type(told) is int and told > 0 else 0) * 16 + order


def _status(payload: Mapping[str, object]) -> str:
    return str(payload.get("status", ""))[:64].strip().lower().replace(" ", "_")


def _time(payload: Mapping[str, object], name: str, received_at_ms: int) -> tuple[int, TimeQuality]:
    with suppress(FieldError):
        at_ms = time_ms(payload.get(name), name)
        if at_ms <= received_at_ms + SANE_MS:
            return at_ms, TimeQuality.DEVICE
    return received_at_ms, TimeQuality.RECEIVED


def _ended(payload: Mapping[str, object], received_at_ms: int) -> tuple[int, TimeQuality]:
    for name in ("endTimestamp", "statusUpdateTimestamp"):
        at_ms, quality = _time(payload, name, received_at_ms)
        if quality is TimeQuality.DEVICE:
            return at_ms, quality
    return received_at_ms, TimeQuality.RECEIVED


def _reason(payload: Mapping[str, object]) -> dict[str, AttributeValue]:
    reason = payload.get("exitReason")
    return {"reason": str(reason)[:64]} if reason not in (None, "", 0, "0") else {}
