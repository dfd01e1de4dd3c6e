"""The one decode: from a device's frame to the records that the LOG keeps, or to its raw bytes with the reason."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from anhu.contract.errors import FieldError
from anhu.contract.observation import Decoded, Event, Observation, PlainNumbers, one_by_one
from anhu.contract.record import Numbers, Reading, Undecoded, decode_as_written, encode_record
from anhu.log.port import Keyed
from gateway.announcements import Announcements
from gateway.codec import Codec, Frame, Sources
from gateway.command_answers import CommandAnswers
from gateway.counters import IntakeCounters
from gateway.device_limits import EXPECTED, DeviceLimits
from gateway.directory import DeviceEntry
from gateway.heard_sensors import HeardSensors
from gateway.own_time import EventMoments
from gateway.repeats import Repeats
from gateway.salvage import Salvage
from gateway.sources import readings_of
from gateway.unmapped import Unmapped
from gateway.wearers import FormerWearers

_logger = logging.getLogger(__name__)
_DESCRIBES = re.compile(
    r"^\$SYS/|^(?:anhu/home_assistant_discovery/[^/]+/)?homeassistant/.*/config$|^tasmota/discovery/"
)
"""Topics on which programs describe sensors, or themselves: a sensor's kind is named there, and nothing is wrong."""
_MAX_RECORD_BYTES = 8 * 1_048_576


class FrameDecoder:
    """Has each frame read by its device's codec; what no codec can read is kept raw.

    Parameters
    ----------
    codecs : mapping
        Name -> codec.
    counters : IntakeCounters
        Counts what became of them.
    answers : CommandAnswers
        Told what answers a command.
    announcements : Announcements, optional
        What devices announced; without one it is forgotten with the process.
    """

    def __init__(
        self,
        codecs: Mapping[str, Codec],
        counters: IntakeCounters,
        answers: CommandAnswers,
        announcements: Announcements | None = None,
    ) -> None:
        self._answers = answers
        self._announcements = announcements or Announcements()
        self._codecs = codecs
        self._counters = counters
        self._moments = EventMoments()
        self._limits = DeviceLimits()
        self._heard = HeardSensors()
        self._salvage = Salvage(counters)
        self._unmapped = Unmapped()
        self._repeats = Repeats(counters)
        self._wearers = FormerWearers(counters)

    def records_of(self, frame: Frame, device: DeviceEntry) -> list[Keyed]:
        """Return the records to keep of a frame: none for a heartbeat."""
        codec, device = self._codecs.get(device.codec), self._as_used(device)
        try:
            if codec is None:
                raise FieldError("codec", device.codec, "the name of an installed codec")  # noqa: TRY301
            if codec.announces is not None:
                frame = self._announcements.learnt(frame, codec.announces, self._counters)
            decoded = codec.decode(frame)
            if codec.same is not None and self._repeats.is_one(frame, codec.same, decoded):
                self._counters.repeats += 1
                return []
            if frame.device_id not in self._limits.over and _are_numbers_of_its_own(decoded):
                readings = readings_of(frame, device, decoded, codec.sources_of(frame))
                readings = self._wearers.parted(device, readings) if device.worn else readings
                records = [(key, _readable(one)) for key, one in readings]
            else:
                said = one_by_one(decoded)
                self._answers.note(frame, codec, said)
                records = self._limited(frame, device, said, codec)
                if reason := self._unmapped.reason(frame, codec, said):
                    records.append(self.kept_raw(frame, reason, device))
        except FieldError as error:
            return self._refused(frame, device, codec, str(error))
        except Exception as error:
            _logger.exception("codec %s failed on a message of device %s", device.codec, device.device_id)
            reason = f"codec {device.codec} failed: {type(error).__name__}: {error}"
            return self._refused(frame, device, codec, reason)
        if records:
            self._counters.decoded += 1
        else:
            self._counters.silent += 1
        return records

    def _refused(self, frame: Frame, device: DeviceEntry, codec: Codec | None, reason: str) -> list[Keyed]:
        """Return the records of a refused message: what can be understood of it, and all of it raw."""
        try:
            found = () if _DESCRIBES.search(frame.route) else self._salvage.of(frame, codec, reason)
            records = self._limited(frame, device, found, codec) if found else []
        except FieldError:
            records = []
        return [*records, self.kept_raw(frame, reason, device)]

    def set_aside(self, frame: Frame, reason: str, device: DeviceEntry) -> list[Keyed]:
        """Return the records of a message no codec looks at: a call that it reads like; all of it for a reason."""
        codec, device = self._codecs.get(device.codec), self._as_used(device)
        kept = [self.kept_raw(frame, reason, device)] if reason else []
        if _DESCRIBES.search(frame.route):
            return kept
        try:
            found = self._salvage.of(frame, None, reason or "not its topic")
            return [*self._limited(frame, device, found, codec), *kept]
        except FieldError:
            return kept

    def _limited(
        self, frame: Frame, device: DeviceEntry, observations: Iterable[Observation], codec: Codec | None
    ) -> list[Keyed]:
        """Return the records of what a device may say; the rest is counted, and kept whole as far as there is room."""
        sources = codec.sources_of(frame) if codec is not None else Sources.PAIRED
        heard, given = sources is Sources.HEARD, tuple(observations)
        if heard:
            given, let_go = self._heard.within(device, given, frame.received_at_ms)
            self._counters.heard_let_go += let_go
        free, rest = _relayed(codec, device, given)
        refused = self._counters.log_failures
        kept = self._limits.within(device, rest, frame.received_at_ms, refused=refused, heard=heard)
        said = (*free, *kept.observations)
        readings = readings_of(frame, device, said, sources)
        readings = self._wearers.parted(device, readings) if device.worn else readings
        records = [(key, _readable(self._apart(one))) for key, one in readings]
        if kept.left_out:
            self._counters.over_limit += kept.left_out
            if kept.raw:
                reason = f"observations: got {kept.left_out} over this device's limits, expected {EXPECTED}"
                records.append(self.kept_raw(frame, reason, device))
        return records

    def _as_used(self, device: DeviceEntry) -> DeviceEntry:
        """Return a device as its family is used: what a kiosk says is never of a resident of its own, mended or raw."""
        codec = self._codecs.get(device.codec)
        by_users = codec is not None and codec.sources is Sources.USERS
        return replace(device, resident_id="", shared=True) if by_users else device

    def _apart(self, reading: Reading | Numbers) -> Reading | Numbers:
        if type(reading) is Numbers:
            return reading
        apart = self._moments.apart(reading.device_id, reading.observations)
        return msgspec.structs.replace(reading, observations=apart)

    def kept_raw(self, frame: Frame, reason: str, device: DeviceEntry | None = None) -> Keyed:
        """Return the record of a frame that could not be read, whole, with the reason; of a stranger, by its name."""
        self._counters.undecoded += 1
        whose, key = (frame.device_id, "", frame.received_at_ms), frame.device_id
        if device is not None:
            whose, key = (frame.device_id, device.resident_id, frame.received_at_ms), device.partition_key
        codec = device.codec if device is not None else ""
        raw = Undecoded(*whose, frame.route, frame.payload, codec, reason, frame.door.value, frame.retained)
        return key, encode_record(raw)


def _readable(reading: Reading | Numbers) -> bytes:
    """Encode, and read back: a codec's wrong type must show here, not stop every reader of the LOG.

    The same goes for a record that the LOG would refuse for its length: its neighbours must not suffer for it.
    """
    record = encode_record(reading)
    if len(record) > _MAX_RECORD_BYTES:
        raise FieldError("observations", f"{len(record)} bytes", f"at most {_MAX_RECORD_BYTES} bytes once decoded")
    decode_as_written(record)
    return record


def _are_numbers_of_its_own(decoded: Decoded) -> bool:
    """Tell whether there is nothing in a message that has limits: no event, and nobody else's measurement."""
    if type(decoded) is PlainNumbers:
        return True
    for seen in one_by_one(decoded):
        if type(seen) is Event or seen.source:
            return False
    return bool(decoded)


def _relayed(
    codec: Codec | None, device: DeviceEntry, observations: tuple[Observation, ...]
) -> tuple[Sequence[Observation], Sequence[Observation]]:
    """Return what a gateway of ours hands on of devices registered behind it, judged there; and the rest."""
    if codec is None or not codec.relays:
        return (), observations
    free: list[Observation] = []
    rest: list[Observation] = []
    for one in observations:
        (free if one.source in device.children else rest).append(one)
    return free, rest
