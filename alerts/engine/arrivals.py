"""What arrives: its time, its order, whether it came before; what is new goes on as a window to those who want it."""

from __future__ import annotations

from collections import Counter

from alerts.engine.device_state import DeviceState, Instance
from alerts.engine.instances import BACKFILL, DetectorInstances
from alerts.engine.lateness import CALLS
from alerts.engine.not_worn import ON_BODY, is_held
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.runs import DetectorRuns
from alerts.engine.wanted import Wanted
from alerts.engine.windows import event_window, heard_window, scalar_window, wave_window
from anhu.contract.device_clock import BUFFER_MS, KEPT_MS, LATE_MS, SANE_MS, until_ms
from anhu.contract.observation import Event, Quality, Scalar, Waveform
from anhu.contract.record import Numbers, Reading

_JITTER_MS = 250
_OF_ITS_CONNECTION = frozenset({"flapping", "shared_credential"})
_RETAINED, _KEPT, _LATE = int(Quality.RETAINED), int(Quality.KEPT), int(Quality.LATE)


class Arrivals:
    """Takes what a device sent.

    Parameters
    ----------
    wanted : Wanted
        Brings windows to detectors.
    instances : DetectorInstances
        Where the late lane of waveforms is cleared.
    runs : DetectorRuns
        For the one detector that did not take note of a number.
    counts : Counter
        ``duplicates``, ``out_of_order``, ``not_worn`` (held back), ``late_taken_for_live`` (calls for help).
    """

    def __init__(self, wanted: Wanted, instances: DetectorInstances, runs: DetectorRuns, counts: Counter[str]) -> None:
        self._wanted = wanted
        self._instances = instances
        self._runs = runs
        self._counts = counts

    def take_numbers(self, state: DeviceState, numbers: Numbers, found: list[ResidentFinding]) -> None:
        """Take what most messages are, without making an object of each number; collect what is found by it."""
        now, at, time_quality = numbers.received_at_ms, numbers.observed_at_ms, numbers.time_quality
        state.heard_ms = max(now, state.heard_ms)
        if state.heard_wanted:
            self._wanted.give(state, heard_window(state.name_of(numbers.device_id), now), found)
        quiet, wanted = state.quiet, self._wanted
        t = state.clock.hear_one(at, time_quality, now)
        good = not state.off_body and now - t <= LATE_MS
        for quantity, value in numbers.values.items():
            low, high, noted_by = quiet.get(quantity) or wanted.quiet(state, quantity)
            if not low < value < high or (noted_by and not good):
                self._take_scalar(state, Scalar(quantity, value, at, time_quality), t, now, found, good=good)
            elif noted_by:
                self._note(state, noted_by, quantity, value, t, now, found)

    def take(self, state: DeviceState, reading: Reading, found: list[ResidentFinding]) -> None:
        """Take a message of any observations; collect what is found by it."""
        now, quiet = reading.received_at_ms, state.quiet
        if _is_sign_of_life(reading):
            state.heard_ms = max(now, state.heard_ms)
            if state.heard_wanted:
                self._wanted.give(state, heard_window(state.name_of(reading.device_id), now), found)
        state.clock.hear(reading.observations, now)
        at = t = -1
        for one in reading.observations:
            if type(one) is Scalar:
                if one.observed_at_ms != at or one.time_quality:  # one message's numbers mostly share their time
                    at = one.observed_at_ms
                    kept = one.quality & _KEPT
                    t = at if kept else state.clock.rule_time(at, one.time_quality, now)
                low, high, noted_by = quiet.get(one.quantity) or self._wanted.quiet(state, one.quantity)
                good = not (one.quality or one.context or state.off_body or now - t > LATE_MS)
                if not low < one.value < high or (noted_by and not good):
                    self._take_scalar(state, one, t, now, found, good=good)
                elif noted_by:
                    self._note(state, noted_by, one.quantity, one.value, t, now, found)
            elif type(one) is Event:
                self._take_event(state, one, now, found)
            elif type(one) is Waveform:
                self._take_wave(state, one, now, found)

    def _note(  # noqa: PLR0917 - by name they would cost a tenth of all that is done for a number
        self, state: DeviceState, noted_by: tuple[Instance, ...], quantity: str, value: float, t: int, now: int,
        found: list[ResidentFinding],
    ) -> None:  # fmt: skip
        """Have a number that decides nothing noted by those who want to know it."""
        last_ms = state.last_ms
        last = last_ms.get(quantity)
        if last is not None and t <= last:
            self._counts["duplicates" if t == last else "out_of_order"] += 1
            return
        last_ms[quantity] = t
        for instance in noted_by:
            if not instance.takes_note(quantity, t, value):
                window = scalar_window(Scalar(quantity, value, t), state.device.device_id, t, now)
                self._runs.hand(instance, window, found)

    def _take_scalar(
        self, state: DeviceState, scalar: Scalar, t: int, now: int, found: list[ResidentFinding], *, good: bool
    ) -> None:
        if state.off_body and is_held(scalar.quantity, scalar.context):
            self._counts["not_worn"] += 1
            return
        last = state.last_ms.get(scalar.quantity)
        if last is not None and t <= last:
            self._counts["duplicates" if t == last else "out_of_order"] += 1
            return
        state.last_ms[scalar.quantity] = t
        window = scalar_window(scalar, state.device.device_id, t, now)
        self._wanted.give_number(state, window, scalar.value, found, good=good)

    def _take_event(self, state: DeviceState, event: Event, now: int, found: list[ResidentFinding]) -> None:
        t = self._event_time(state, event, now)
        if event.kind == "connection" and not event.quality & _RETAINED:
            state.connected_ms = now if event.state == "on" else 0
        vendor_type, room = event.attributes.get("vendor_type", ""), event.attributes.get("room", "")
        key = f"{event.kind}/{event.state}/{vendor_type}{room and f'/{room}'}"
        if state.is_repeated_event(key, t):
            if not _is_of_a_clock_that_stands(state, event, t, now):
                self._counts["duplicates"] += 1
                return
            t = now
        newest = state.last_ms.get(event.kind, t)
        state.last_ms[event.kind] = max(t, newest)
        if event.kind == "worn" and t >= newest and not event.quality & _RETAINED:
            state.off_body = event.state == "off"
        window = event_window(event, state.device.device_id, t, now, room=state.device.room)
        self._wanted.give(state, window, found, in_order=t >= newest)

    def _event_time(self, state: DeviceState, event: Event, now: int) -> int:
        """Return the time that rules use: of a call for help it is now, unless it is sure to be an old one."""
        if event.quality & _LATE:  # it waited here, until somebody said whose it is
            return event.observed_at_ms
        clock = state.clock
        if event.quality & _KEPT:  # the device says itself that it kept this
            return event.observed_at_ms
        t = clock.rule_time(event.observed_at_ms, event.time_quality, now)
        if now - t <= SANE_MS or event.kind not in CALLS:
            return t
        if now - t <= KEPT_MS and clock.is_surely_late(now, state.connected_ms):
            return t
        self._counts["late_taken_for_live"] += 1
        return now

    def _take_wave(self, state: DeviceState, wave: Waveform, now: int, found: list[ResidentFinding]) -> None:
        if state.off_body and wave.quantity in ON_BODY:
            self._counts["not_worn"] += 1
            return
        end = state.clock.rule_time(until_ms(wave), wave.time_quality, now)
        start = end - wave.duration_ms
        ends = state.wave_ends(wave.quantity)
        lane = 0 if start >= ends[0] - _JITTER_MS else 1
        if lane and start < ends[1] - _JITTER_MS:
            if start == ends[1] - wave.duration_ms or start == ends[0] - wave.duration_ms:
                self._counts["duplicates"] += 1
                return
            self._instances.dismiss_backfill(state, wave.quantity)
        elif ends[lane] - _JITTER_MS <= start < ends[lane]:
            start = ends[lane]  # devices stamp chunks with some jitter: their samples do not overlap
        ends[lane] = start + wave.duration_ms
        window = wave_window(wave, state.device.device_id, start, now, state.device.position)
        self._wanted.give(state, window, found, lane=BACKFILL if lane else "")


def _is_of_a_clock_that_stands(state: DeviceState, event: Event, t: int, now: int) -> bool:
    """Tell whether a call whose very time came before is another one all the same. [ms].

    A device sends again what nobody acknowledged, at once or just after it has connected anew. On a connection that has
    lasted for longer it is a press of a button whose clock does not run.
    """
    lasts = 0 < state.connected_ms <= now - BUFFER_MS
    return lasts and event.kind in CALLS and now - t > BUFFER_MS


def _is_sign_of_life(reading: Reading) -> bool:
    """Tell whether the device itself spoke: neither we of its connection, which may flap, nor a broker's old copy."""
    first = reading.observations[0]
    if first.quality & _RETAINED:
        return False
    if type(first) is not Event:
        return True
    return first.kind != "connection" and not (
        first.kind == "sensor_fault" and first.attributes.get("reason") in _OF_ITS_CONNECTION
    )
