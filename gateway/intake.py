"""From a device's frame to the LOG: the one decode, and the promise that nothing acknowledged is ever lost.

A front door hands over a frame with its authenticated device and hears back once the LOG has it on disk. Frames that
come together share one append, and a message costs one callback, no task. What a codec cannot read is kept raw with the
reason; only a failing LOG leaves a message unacknowledged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import msgspec

from anhu.contract.clock import Clock
from anhu.contract.identity import child_device_id
from anhu.contract.observation import AttributeValue, Event, TimeQuality
from anhu.contract.record import Reading, encode_record
from anhu.log.port import LogWriter
from gateway.announcements import Announcements
from gateway.codec import Codec, Frame
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.decoding import FrameDecoder
from gateway.directory import DeviceEntry
from gateway.group_commit import Done, GroupCommit
from gateway.late_records import late_reading, late_records
from gateway.own_time import OwnTimes
from gateway.traced import traced


class Intake:
    """Decode frames and append them to the LOG, in the order given, one append for all that wait together.

    Parameters
    ----------
    codecs : mapping
        Name -> codec.
    log : LogWriter
        Where records go.
    clock : Clock
        Times the connection events.
    announcements : Announcements, optional
        What devices announced; whoever made it closes it. Without one it is forgotten with the process.

    Attributes
    ----------
    codecs : mapping
        Name -> codec: also says what a device of each family may publish.
    answers : CommandAnswers
        What devices answered to commands.
    commit : GroupCommit
        What waits for the LOG, and how the LOG takes it.
    """

    def __init__(
        self, codecs: Mapping[str, Codec], log: LogWriter, clock: Clock, announcements: Announcements | None = None
    ) -> None:
        self.codecs = codecs
        self.clock = self._clock = clock
        self._counters = IntakeCounters()
        self.answers = CommandAnswers()
        self._decoder = FrameDecoder(codecs, self._counters, self.answers, announcements)
        self.commit = GroupCommit(log, self._counters)
        self._own_times = OwnTimes()

    @property
    def pending_bytes(self) -> int:
        """Bytes that wait for the LOG: a front door reads no more when this is large. [byte]."""
        return self.commit.pending_bytes

    def counters(self) -> dict[str, int]:
        """Return what went through since the start, by name. [messages]."""
        return asdict(self._counters)

    def offer(self, frame: Frame, device: DeviceEntry, done: Done, token: object = None, *, timed: bool = False) -> int:
        """Decode a frame and queue it; ``done(token, error)`` is called once it is on disk, in the order offered.

        Returns the time it goes by; ``timed`` says that the frame has it already, from when it came before. [ms].
        """
        own_ms = frame.received_at_ms if timed else self._own_times.of(frame.device_id, frame.received_at_ms)
        if own_ms != frame.received_at_ms:
            frame = msgspec.structs.replace(frame, received_at_ms=own_ms)
        tracer = self.commit.delays.tracer
        begun_ms = self._clock.now_ms() if tracer is not None else 0
        records = self._decoder.records_of(frame, device)
        if tracer is not None:
            done = traced(tracer, self._clock, frame, records, begun_ms=begun_ms, codec=device.codec, done=done)
        self.commit.put(records, done, token)
        return own_ms

    def offer_late(self, frame: Frame, device: DeviceEntry, done: Done, token: object = None) -> None:
        """Queue a frame that waited until its device was registered: it is of then, and comes now."""
        now_ms = self._own_times.of(device.device_id, self._clock.now_ms())
        self.commit.put(late_records(self._decoder.records_of(frame, device), now_ms), done, token)

    def offer_reading(  # noqa: PLR0917 - by name it is no clearer
        self, reading: Reading, slot: str, resident_id: str, partition_key: str, done: Done, token: object = None
    ) -> None:
        """Queue what somebody measured with a shared device, now that it is known who."""
        device_id = child_device_id(reading.device_id, slot)
        now_ms = self._own_times.of(device_id, self._clock.now_ms())
        found = late_reading(reading, now_ms, device_id=device_id, resident_id=resident_id)
        self.commit.put(((partition_key, encode_record(found)),), done, token)

    def in_turn(self, done: Done, token: object = None) -> None:
        """Call ``done`` after everything offered so far is on disk: keeps answers in the order of the questions."""
        self.commit.put((), done, token)

    def keep_undecoded(self, frame: Frame, reason: str, done: Done, token: object = None) -> None:
        """Queue a frame whose sender is unknown to us: kept raw, with the reason."""
        self.commit.put((self._decoder.kept_raw(frame, reason),), done, token)

    def tell_of_stranger(self, device_id: str, call: Event, done: Done, token: object = None) -> None:
        """Queue the call for help of a device that nobody registered: it is nobody's, and every desk hears it."""
        record = encode_record(Reading(device_id, "", call.observed_at_ms, (call,)))
        self.commit.put(((device_id, record),), done, token)

    def set_aside(self, frame: Frame, reason: str, device: DeviceEntry, done: Done, token: object = None) -> None:
        """Queue what a device said where no codec is asked: a call that it reads like, and it raw if there is a reason.

        Who says it where we do not listen may still lie on a floor.
        """
        self.commit.put(self._decoder.set_aside(frame, reason, device), done, token)

    def report_connection(self, device: DeviceEntry, state: str, reason: str, detail: str = "") -> None:
        """Queue the event that a device came (``on``) or went (``off``), and why: in one word, perhaps in more.

        Nobody would send it again, so if the LOG refuses, it goes with the next append that works.
        """
        about: dict[str, AttributeValue] = {"reason": reason, "detail": detail} if detail else {"reason": reason}
        self._report(device, "connection", state, about)

    def report_fault(self, device: DeviceEntry, state: str, about: dict[str, AttributeValue]) -> None:
        """Queue a fault of a device that we see and it does not: it begins (``on``) or ends (``off``)."""
        self._report(device, "sensor_fault", state, about)

    def _report(self, device: DeviceEntry, kind: str, state: str, about: dict[str, AttributeValue]) -> None:
        now_ms = self._own_times.of(device.device_id, self._clock.now_ms())
        event = Event(kind, now_ms, state, about, TimeQuality.RECEIVED)
        record = encode_record(Reading(device.device_id, device.resident_id, now_ms, (event,)))
        self.commit.put_own((device.partition_key, record))

    async def aclose(self) -> None:
        """Wait until everything queued is on disk; the LOG itself stays open."""
        await self.commit.aclose()
