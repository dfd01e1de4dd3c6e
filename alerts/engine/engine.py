"""From a LOG record to findings: detectors made when needed, fed in rule time, woken when due.

The engine has no clock and does no input or output: the same records and the same calls of `advance` give the same
findings, live, after a restart, and in a replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from alerts.engine.checkpoint import Checkpoint
from alerts.engine.clock_set_back import SET_BACK_MS, moved
from alerts.engine.collector import collector_paused
from alerts.engine.device_state import DeviceState, Instance
from alerts.engine.instances import BACKFILL, DetectorInstances
from alerts.engine.not_worn import ON_BODY, is_held
from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.second_sensor import SecondSensor
from alerts.engine.storms.device_storms import DeviceStorms
from alerts.engine.watched_device import WatchedDevice
from alerts.engine.windows import event_window, heard_window, scalar_window, wave_window
from alerts.rules.detector import Detector, Profile
from anhu.contract.observation import Event, Quality, Scalar, Waveform
from anhu.contract.record import Numbers, Reading

_VERSION = 1
_JITTER_MS = 250
_FRESH_MS = 120_000
_RETAINED = int(Quality.RETAINED)


class Engine:
    """All detectors of all residents.

    Parameters
    ----------
    detectors : sequence of Detector subclasses
        From `alerts.detectors.discover`.
    """

    def __init__(self, detectors: Sequence[type[Detector]]) -> None:
        self._instances = DetectorInstances(detectors)
        self._storms = DeviceStorms()
        self._second_sensor = SecondSensor()
        self._states: dict[tuple[str, str], DeviceState] = {}
        self._assigned: dict[str, WatchedDevice] = {}
        self.newest_ms = 0
        """When the newest message was received; 0 when there was none. [ms]"""

    def counters(self) -> Mapping[str, int]:
        """Return what was counted since the start.

        ``readings``, ``windows``, ``findings``, ``unassigned``, ``duplicates``, ``out_of_order``,
        ``not_worn`` (held back), ``too_old`` (windows), ``too_late`` (findings), ``detector_errors``, and ``watched``
        devices.
        """
        return {**self._instances.counts, "watched": len(self._states)}

    def feed(self, reading: Reading | Numbers) -> list[ResidentFinding]:
        """Take one message; return what is found by it, and by the time that passed until it came."""
        now = reading.received_at_ms
        instances = self._instances
        due = instances.next_due_ms
        out = instances.advance(now) if due is not None and due <= now else []
        instances.counts["readings"] += 1
        if now >= self.newest_ms:
            self.newest_ms = now
        elif self.newest_ms - now > SET_BACK_MS:
            instances.counts["set_back"] += 1
            self.restore(moved(self.snapshot(), now - self.newest_ms))
        if not reading.resident_id:
            instances.counts["unassigned"] += 1
            return self._sifted(out, now)
        state = self._states.get((reading.device_id, reading.resident_id)) or self._meet(reading)
        if instances.checkpoint is not None:
            instances.about_to_change(state)
        if isinstance(reading, Numbers) or _is_sign_of_life(reading):
            state.heard_ms = max(now, state.heard_ms)
            if state.heard_wanted:
                instances.give(state, heard_window(reading.device_id, now), out)
        if isinstance(reading, Numbers):
            self._take_numbers(state, reading, out)
        else:
            self._take(state, reading, out)
        storm_due = self._storms.due_ms
        return self._sifted(out, now) if out or (storm_due is not None and storm_due <= now) else out

    def _sifted(self, found: list[ResidentFinding], now_ms: int) -> list[ResidentFinding]:
        return self._storms.pass_on(self._second_sensor.pass_on(found), now_ms)

    def _take(self, state: DeviceState, reading: Reading, out: list[ResidentFinding]) -> None:
        now, quiet = reading.received_at_ms, state.quiet
        if not state.clock.was_sane:
            first = reading.observations[0]
            state.clock.rule_time(first.observed_at_ms, first.time_quality, now)
        at = t = -1
        for one in reading.observations:
            if type(one) is Scalar:
                if one.observed_at_ms != at or one.time_quality:  # one message's numbers mostly share their time
                    at = one.observed_at_ms
                    t = state.clock.rule_time(at, one.time_quality, now)
                low, high, noted_by = quiet.get(one.quantity) or self._instances.quiet(state, one.quantity)
                good = not (one.quality or one.context or state.off_body or now - t > _FRESH_MS)
                if not low < one.value < high or (noted_by and not good):
                    self._take_scalar(state, one, t, now, out, good=good)
                elif noted_by:
                    self._tell(state, noted_by, one.quantity, one.value, t, now, out)
            elif type(one) is Event:
                self._take_event(state, one, now, out)
            elif type(one) is Waveform:
                self._take_wave(state, one, now, out)

    def _take_numbers(self, state: DeviceState, numbers: Numbers, out: list[ResidentFinding]) -> None:
        """Take what most messages are, without making an object of each number."""
        now, at, time_quality = numbers.received_at_ms, numbers.observed_at_ms, numbers.time_quality
        quiet, instances = state.quiet, self._instances
        t = state.clock.rule_time(at, time_quality, now)
        good = not state.off_body and now - t <= _FRESH_MS
        for quantity, value in numbers.values.items():
            low, high, noted_by = quiet.get(quantity) or instances.quiet(state, quantity)
            if not low < value < high or (noted_by and not good):
                self._take_scalar(state, Scalar(quantity, value, at, time_quality), t, now, out, good=good)
            elif noted_by:
                self._tell(state, noted_by, quantity, value, t, now, out)

    def _tell(  # noqa: PLR0917 - by name they would cost a tenth of all that is done for a number
        self, state: DeviceState, noted_by: tuple[Instance, ...], quantity: str, value: float, t: int, now: int,
        out: list[ResidentFinding],
    ) -> None:  # fmt: skip
        """Tell a number that decides nothing to those who want to know it."""
        last_ms = state.last_ms
        last = last_ms.get(quantity)
        if last is not None and t <= last:
            self._instances.counts["duplicates" if t == last else "out_of_order"] += 1
            return
        last_ms[quantity] = t
        for instance in noted_by:
            if not instance.takes_note(quantity, t, value):
                window = scalar_window(Scalar(quantity, value, t), state.device.device_id, t, now)
                self._instances.hand(instance, window, out)

    def advance(self, now_ms: int) -> list[ResidentFinding]:
        """Let time pass without a message: wake every detector that is due. [ms]."""
        return self._sifted(self._instances.advance(now_ms), now_ms)

    @property
    def next_due_ms(self) -> int | None:
        """When `advance` is next wanted, at the earliest. [ms]."""
        due, storm_due = self._instances.next_due_ms, self._storms.due_ms
        return storm_due if due is None else due if storm_due is None else min(due, storm_due)

    def start(self, devices: Iterable[WatchedDevice], raw: bytes) -> None:
        """Take over the whole directory, and the state that `snapshot` returned; empty for none.

        The same as `update_roster` and `restore`, but nobody's silence is counted from the enrolment in between.
        """
        self._take_over_roster(devices)
        if raw:
            self.restore(raw)
        for device in self._assigned.values():
            self._instances.listen(self._states[device.device_id, device.resident_id])

    def update_roster(self, devices: Iterable[WatchedDevice]) -> None:
        """Take over enrolments, assignments and profiles; state is kept where the resident stays the same."""
        for state in self._take_over_roster(devices):
            self._instances.listen(state)

    def _take_over_roster(self, devices: Iterable[WatchedDevice]) -> list[DeviceState]:
        """Return who is watched of them."""
        watched: list[DeviceState] = []
        for device in devices:
            self._storms.know(device)
            former = self._assigned.pop(device.device_id, None)
            if former is not None and former.resident_id != device.resident_id:
                left = self._states.pop((former.device_id, former.resident_id), None)
                if left is not None:
                    self._instances.about_to_change(left)
                    self._instances.part(left)
            if not device.resident_id:
                continue
            self._assigned[device.device_id] = device
            state = self._states.setdefault((device.device_id, device.resident_id), DeviceState(device))
            self._reprofile(state, device)
            watched.append(state)
        return watched

    def _reprofile(self, state: DeviceState, device: WatchedDevice) -> None:
        self._instances.about_to_change(state)
        states = state.detectors_snapshot()
        self._instances.dismiss_all(state)
        state.device = device
        state.heard_ms = max(state.heard_ms, device.enrolled_at_ms)
        self._instances.rebuild(state, states)
        self._instances.reprofile_resident(state)

    def excuse_silence(self, gap_ms: int, now_ms: int) -> None:
        """Do not count a time in which nobody could be heard, because the platform itself was down. [ms]."""
        self._finish_checkpoint()
        for state in self._states.values():
            state.heard_ms = min(now_ms, state.heard_ms + gap_ms)

    def _meet(self, reading: Reading | Numbers) -> DeviceState:
        known = self._assigned.get(reading.device_id)
        if known is None or known.resident_id != reading.resident_id:
            known = WatchedDevice(reading.device_id, reading.resident_id, Profile())
        state = self._states[reading.device_id, reading.resident_id] = DeviceState(known)
        return state

    def _take_scalar(
        self, state: DeviceState, scalar: Scalar, t: int, now: int, out: list[ResidentFinding], *, good: bool
    ) -> None:
        if state.off_body and is_held(scalar.quantity, scalar.context):
            self._instances.counts["not_worn"] += 1
            return
        last = state.last_ms.get(scalar.quantity)
        if last is not None and t <= last:
            self._instances.counts["duplicates" if t == last else "out_of_order"] += 1
            return
        state.last_ms[scalar.quantity] = t
        window = scalar_window(scalar, state.device.device_id, t, now)
        self._instances.give_number(state, window, scalar.value, out, good=good)

    def _take_event(self, state: DeviceState, event: Event, now: int, out: list[ResidentFinding]) -> None:
        t = state.clock.rule_time(event.observed_at_ms, event.time_quality, now)
        vendor_type = event.attributes.get("vendor_type", "")
        if state.is_repeated_event(f"{event.kind}/{event.state}/{vendor_type}", t):
            self._instances.counts["duplicates"] += 1
            return
        newest = state.last_ms.get(event.kind, t)
        state.last_ms[event.kind] = max(t, newest)
        if event.kind == "worn" and t >= newest and not event.quality & _RETAINED:
            state.off_body = event.state == "off"
        window = event_window(event, state.device.device_id, t, now, room=state.device.room)
        self._instances.give(state, window, out, in_order=t >= newest)

    def _take_wave(self, state: DeviceState, wave: Waveform, now: int, out: list[ResidentFinding]) -> None:
        if state.off_body and wave.quantity in ON_BODY:
            self._instances.counts["not_worn"] += 1
            return
        end = state.clock.rule_time(wave.observed_at_ms + wave.duration_ms, wave.time_quality, now)
        start = end - wave.duration_ms
        ends = state.waves_end_ms.setdefault(wave.quantity, [0, 0])
        lane = 0 if start >= ends[0] - _JITTER_MS else 1
        if lane and start < ends[1] - _JITTER_MS:
            if start == ends[1] - wave.duration_ms or start == ends[0] - wave.duration_ms:
                self._instances.counts["duplicates"] += 1
                return
            self._instances.dismiss_backfill(state, wave.quantity)
        elif ends[lane] - _JITTER_MS <= start < ends[lane]:
            start = ends[lane]  # devices stamp chunks with some jitter: their samples do not overlap
        ends[lane] = start + wave.duration_ms
        window = wave_window(wave, state.device.device_id, start, now, state.device.position)
        self._instances.give(state, window, out, lane=BACKFILL if lane else "")

    def snapshot(self) -> bytes:
        """Return the whole state."""
        checkpoint = self._checkpoint()
        checkpoint.go_on()
        return checkpoint.encoded()

    def begin_checkpoint(self) -> Checkpoint:
        """Return the present state, which whoever asked for it writes down little by little between messages."""
        self._instances.checkpoint = checkpoint = self._checkpoint()
        return checkpoint

    def _checkpoint(self) -> Checkpoint:
        head = {
            "version": _VERSION,
            "newest": self.newest_ms,
            "storms": self._storms.snapshot(),
            "second_sensor": self._second_sensor.snapshot(),
        }
        return Checkpoint(head, self._states.values(), self._instances.residents())

    def _finish_checkpoint(self) -> None:
        """Write down at once what is left, when everything is about to change."""
        if self._instances.checkpoint is not None:
            self._instances.checkpoint.go_on()
            self._instances.checkpoint = None

    def restore(self, raw: bytes) -> None:
        """Take over a state in place of what there is; call it after `update_roster`.

        A state of another version is not taken over: the detectors then start afresh, and no alert that is in the
        database is lost by it.
        """
        self._finish_checkpoint()
        with collector_paused():
            kept: dict[str, Any] = msgspec.msgpack.decode(raw)
            if kept.get("version") == _VERSION:
                self._take_over(kept)

    def _take_over(self, whole: Mapping[str, Any]) -> None:
        self.newest_ms = whole["newest"]
        for device_id, resident_id, kept in whole["devices"]:
            state = self._states.get((device_id, resident_id))
            if state is None:
                state = self._states[device_id, resident_id] = DeviceState(
                    WatchedDevice(device_id, resident_id, Profile())
                )
            self._instances.dismiss_all(state)
            state.restore(kept)
            self._instances.rebuild(state, kept["detectors"])
            if device_id in self._assigned:
                self._instances.listen(state)
        self._instances.restore_residents(whole["residents"], self._states.values())
        if "storms" in whole:
            self._storms.restore(whole["storms"])
        if "second_sensor" in whole:
            self._second_sensor.restore(whole["second_sensor"])


def _is_sign_of_life(reading: Reading) -> bool:
    """Tell whether the device itself spoke: the end of its connection, or a broker's old copy, is no sign of life."""
    first = reading.observations[0]
    if first.quality & _RETAINED:
        return False
    return not (type(first) is Event and first.kind == "connection" and first.state == "off")
