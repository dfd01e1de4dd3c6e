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
from alerts.engine.detected import Detected
from alerts.engine.device_state import Instance, Watch
from alerts.engine.instances import BACKFILL, Crew
from alerts.engine.not_worn import ON_BODY, is_held
from alerts.engine.second_sensor import SecondSensor
from alerts.engine.storms.device_storms import Storms
from alerts.engine.uncollected import uncollected
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
        self._crew = Crew(detectors)
        self._storms = Storms()
        self._second_sensor = SecondSensor()
        self._watches: dict[tuple[str, str], Watch] = {}
        self._assigned: dict[str, WatchedDevice] = {}
        self.newest_ms = 0
        """When the newest message was received; 0 when there was none. [ms]"""

    def counters(self) -> Mapping[str, int]:
        """Return what was counted since the start.

        ``readings``, ``windows``, ``findings``, ``unassigned``, ``duplicates``, ``out_of_order``,
        ``not_worn`` (held back), ``too_old`` (windows), ``too_late`` (findings), ``detector_errors``, and ``watched``
        devices.
        """
        return {**self._crew.counts, "watched": len(self._watches)}

    def feed(self, reading: Reading | Numbers) -> list[Detected]:
        """Take one message; return what is found by it, and by the time that passed until it came."""
        now = reading.received_at_ms
        crew = self._crew
        due = crew.next_due_ms
        out = crew.advance(now) if due is not None and due <= now else []
        crew.counts["readings"] += 1
        if now >= self.newest_ms:
            self.newest_ms = now
        elif self.newest_ms - now > SET_BACK_MS:
            crew.counts["set_back"] += 1
            self.restore(moved(self.snapshot(), now - self.newest_ms))
        if not reading.resident_id:
            crew.counts["unassigned"] += 1
            return self._sifted(out, now)
        watch = self._watches.get((reading.device_id, reading.resident_id)) or self._meet(reading)
        if crew.checkpoint is not None:
            crew.about_to_change(watch)
        if isinstance(reading, Numbers) or _is_sign_of_life(reading):
            watch.heard_ms = max(now, watch.heard_ms)
            if watch.heard_wanted:
                crew.give(watch, heard_window(reading.device_id, now), out)
        if isinstance(reading, Numbers):
            self._take_numbers(watch, reading, out)
        else:
            self._take(watch, reading, out)
        storm_due = self._storms.due_ms
        return self._sifted(out, now) if out or (storm_due is not None and storm_due <= now) else out

    def _sifted(self, found: list[Detected], now_ms: int) -> list[Detected]:
        return self._storms.sift(self._second_sensor.sift(found), now_ms)

    def _take(self, watch: Watch, reading: Reading, out: list[Detected]) -> None:
        now, quiet = reading.received_at_ms, watch.quiet
        if not watch.clock.was_sane:
            first = reading.observations[0]
            watch.clock.rule_time(first.observed_at_ms, first.time_quality, now)
        at = t = -1
        for one in reading.observations:
            if type(one) is Scalar:
                if one.observed_at_ms != at or one.time_quality:  # one message's numbers mostly share their time
                    at = one.observed_at_ms
                    t = watch.clock.rule_time(at, one.time_quality, now)
                low, high, noters = quiet.get(one.quantity) or self._crew.quiet(watch, one.quantity)
                good = not (one.quality or one.context or watch.off_body or now - t > _FRESH_MS)
                if not low < one.value < high or (noters and not good):
                    self._take_scalar(watch, one, t, now, out, good=good)
                elif noters:
                    self._tell(watch, noters, one.quantity, one.value, t, now, out)
            elif type(one) is Event:
                self._take_event(watch, one, now, out)
            elif type(one) is Waveform:
                self._take_wave(watch, one, now, out)

    def _take_numbers(self, watch: Watch, numbers: Numbers, out: list[Detected]) -> None:
        """Take what most messages are, without making an object of each number."""
        now, at, time_quality = numbers.received_at_ms, numbers.observed_at_ms, numbers.time_quality
        quiet, crew = watch.quiet, self._crew
        t = watch.clock.rule_time(at, time_quality, now)
        good = not watch.off_body and now - t <= _FRESH_MS
        for quantity, value in numbers.values.items():
            low, high, noters = quiet.get(quantity) or crew.quiet(watch, quantity)
            if not low < value < high or (noters and not good):
                self._take_scalar(watch, Scalar(quantity, value, at, time_quality), t, now, out, good=good)
            elif noters:
                self._tell(watch, noters, quantity, value, t, now, out)

    def _tell(  # noqa: PLR0917 - by name they would cost a tenth of all that is done for a number
        self, watch: Watch, noters: tuple[Instance, ...], quantity: str, value: float, t: int, now: int,
        out: list[Detected],
    ) -> None:  # fmt: skip
        """Tell a number that decides nothing to those who want to know it."""
        last_ms = watch.last_ms
        last = last_ms.get(quantity)
        if last is not None and t <= last:
            self._crew.counts["duplicates" if t == last else "out_of_order"] += 1
            return
        last_ms[quantity] = t
        for instance in noters:
            if not instance.takes_note(quantity, t, value):
                window = scalar_window(Scalar(quantity, value, t), watch.device.device_id, t, now)
                self._crew.hand(instance, window, out)

    def advance(self, now_ms: int) -> list[Detected]:
        """Let time pass without a message: wake every detector that is due. [ms]."""
        return self._sifted(self._crew.advance(now_ms), now_ms)

    @property
    def next_due_ms(self) -> int | None:
        """When `advance` is next wanted, at the earliest. [ms]."""
        due, storm_due = self._crew.next_due_ms, self._storms.due_ms
        return storm_due if due is None else due if storm_due is None else min(due, storm_due)

    def start(self, devices: Iterable[WatchedDevice], raw: bytes) -> None:
        """Take over the whole directory, and the state that `snapshot` returned; empty for none.

        The same as `update_roster` and `restore`, but nobody's silence is counted from the enrolment in between.
        """
        self._take_over_roster(devices)
        if raw:
            self.restore(raw)
        for device in self._assigned.values():
            self._crew.listen(self._watches[device.device_id, device.resident_id])

    def update_roster(self, devices: Iterable[WatchedDevice]) -> None:
        """Take over enrolments, assignments and profiles; state is kept where the resident stays the same."""
        for watch in self._take_over_roster(devices):
            self._crew.listen(watch)

    def _take_over_roster(self, devices: Iterable[WatchedDevice]) -> list[Watch]:
        """Return who is watched of them."""
        watched: list[Watch] = []
        for device in devices:
            self._storms.know(device)
            former = self._assigned.pop(device.device_id, None)
            if former is not None and former.resident_id != device.resident_id:
                left = self._watches.pop((former.device_id, former.resident_id), None)
                if left is not None:
                    self._crew.about_to_change(left)
                    self._crew.part(left)
            if not device.resident_id:
                continue
            self._assigned[device.device_id] = device
            watch = self._watches.setdefault((device.device_id, device.resident_id), Watch(device))
            self._reprofile(watch, device)
            watched.append(watch)
        return watched

    def _reprofile(self, watch: Watch, device: WatchedDevice) -> None:
        self._crew.about_to_change(watch)
        states = watch.detectors_snapshot()
        self._crew.dismiss_all(watch)
        watch.device = device
        watch.heard_ms = max(watch.heard_ms, device.enrolled_at_ms)
        self._crew.rebuild(watch, states)
        self._crew.reprofile_resident(watch)

    def excuse_silence(self, gap_ms: int, now_ms: int) -> None:
        """Do not count a time in which nobody could be heard, because the platform itself was down. [ms]."""
        self._finish_checkpoint()
        for watch in self._watches.values():
            watch.heard_ms = min(now_ms, watch.heard_ms + gap_ms)

    def _meet(self, reading: Reading | Numbers) -> Watch:
        known = self._assigned.get(reading.device_id)
        if known is None or known.resident_id != reading.resident_id:
            known = WatchedDevice(reading.device_id, reading.resident_id, Profile())
        watch = self._watches[reading.device_id, reading.resident_id] = Watch(known)
        return watch

    def _take_scalar(self, watch: Watch, scalar: Scalar, t: int, now: int, out: list[Detected], *, good: bool) -> None:
        if watch.off_body and is_held(scalar.quantity, scalar.context):
            self._crew.counts["not_worn"] += 1
            return
        last = watch.last_ms.get(scalar.quantity)
        if last is not None and t <= last:
            self._crew.counts["duplicates" if t == last else "out_of_order"] += 1
            return
        watch.last_ms[scalar.quantity] = t
        window = scalar_window(scalar, watch.device.device_id, t, now)
        self._crew.give_number(watch, window, scalar.value, out, good=good)

    def _take_event(self, watch: Watch, event: Event, now: int, out: list[Detected]) -> None:
        t = watch.clock.rule_time(event.observed_at_ms, event.time_quality, now)
        vendor_type = event.attributes.get("vendor_type", "")
        if watch.is_repeated_event(f"{event.kind}/{event.state}/{vendor_type}", t):
            self._crew.counts["duplicates"] += 1
            return
        newest = watch.last_ms.get(event.kind, t)
        watch.last_ms[event.kind] = max(t, newest)
        if event.kind == "worn" and t >= newest and not event.quality & _RETAINED:
            watch.off_body = event.state == "off"
        window = event_window(event, watch.device.device_id, t, now, room=watch.device.room)
        self._crew.give(watch, window, out, in_order=t >= newest)

    def _take_wave(self, watch: Watch, wave: Waveform, now: int, out: list[Detected]) -> None:
        if watch.off_body and wave.quantity in ON_BODY:
            self._crew.counts["not_worn"] += 1
            return
        end = watch.clock.rule_time(wave.observed_at_ms + wave.duration_ms, wave.time_quality, now)
        start = end - wave.duration_ms
        ends = watch.waves_end_ms.setdefault(wave.quantity, [0, 0])
        lane = 0 if start >= ends[0] - _JITTER_MS else 1
        if lane and start < ends[1] - _JITTER_MS:
            if start == ends[1] - wave.duration_ms or start == ends[0] - wave.duration_ms:
                self._crew.counts["duplicates"] += 1
                return
            self._crew.dismiss_backfill(watch, wave.quantity)
        elif ends[lane] - _JITTER_MS <= start < ends[lane]:
            start = ends[lane]  # devices stamp chunks with some jitter: their samples do not overlap
        ends[lane] = start + wave.duration_ms
        window = wave_window(wave, watch.device.device_id, start, now, watch.device.position)
        self._crew.give(watch, window, out, lane=BACKFILL if lane else "")

    def snapshot(self) -> bytes:
        """Return the whole state."""
        checkpoint = self._checkpoint()
        checkpoint.go_on()
        return checkpoint.encoded()

    def begin_checkpoint(self) -> Checkpoint:
        """Return the present state, which whoever asked for it writes down little by little between messages."""
        self._crew.checkpoint = checkpoint = self._checkpoint()
        return checkpoint

    def _checkpoint(self) -> Checkpoint:
        head = {
            "version": _VERSION,
            "newest": self.newest_ms,
            "storms": self._storms.snapshot(),
            "second_sensor": self._second_sensor.snapshot(),
        }
        return Checkpoint(head, self._watches.values(), self._crew.residents())

    def _finish_checkpoint(self) -> None:
        """Write down at once what is left, when everything is about to change."""
        if self._crew.checkpoint is not None:
            self._crew.checkpoint.go_on()
            self._crew.checkpoint = None

    def restore(self, raw: bytes) -> None:
        """Take over a state in place of what there is; call it after `update_roster`.

        A state of another version is not taken over: the detectors then start afresh, and no alert that is in the
        database is lost by it.
        """
        self._finish_checkpoint()
        with uncollected():
            state: dict[str, Any] = msgspec.msgpack.decode(raw)
            if state.get("version") == _VERSION:
                self._take_over(state)

    def _take_over(self, state: Mapping[str, Any]) -> None:
        self.newest_ms = state["newest"]
        for device_id, resident_id, kept in state["devices"]:
            watch = self._watches.get((device_id, resident_id))
            if watch is None:
                watch = self._watches[device_id, resident_id] = Watch(WatchedDevice(device_id, resident_id, Profile()))
            self._crew.dismiss_all(watch)
            watch.restore(kept)
            self._crew.rebuild(watch, kept["detectors"])
            if device_id in self._assigned:
                self._crew.listen(watch)
        self._crew.restore_residents(state["residents"], self._watches.values())
        if "storms" in state:
            self._storms.restore(state["storms"])
        if "second_sensor" in state:
            self._second_sensor.restore(state["second_sensor"])


def _is_sign_of_life(reading: Reading) -> bool:
    """Tell whether the device itself spoke: the end of its connection, or a broker's old copy, is no sign of life."""
    first = reading.observations[0]
    if first.quality & _RETAINED:
        return False
    return not (type(first) is Event and first.kind == "connection" and first.state == "off")
