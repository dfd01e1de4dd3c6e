"""From a device's frame to the LOG: the one decode, and the promise that nothing acknowledged is ever lost.

A front door hands over a frame with its authenticated device and hears back once the LOG has it on disk. Frames that
come together share one append, and a message costs one callback, no task. What a codec cannot read is kept raw with the
reason; only a failing LOG leaves a message unacknowledged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import msgspec

from anhu.contract.clock import Clock
from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id
from anhu.contract.observation import Decoded, Event, Observation, PlainNumbers, Quality, TimeQuality, one_by_one
from anhu.contract.record import Numbers, Reading, Undecoded, bundled, decode_as_written, encode_record
from anhu.log.port import LogWriter
from gateway.codec import Codec, Frame
from gateway.directory import DeviceEntry
from gateway.own_time import OwnTimes

_logger = logging.getLogger(__name__)
_MAX_OWED = 10_000
_MAX_RECORD_BYTES = 8 * 1_048_576

Done = Callable[[Any, Exception | None], None]
"""Called with the caller's own token, and with the LOG's error if the message is not on disk."""


@dataclass(slots=True)
class IntakeCounters:
    """What went through since the start. [messages]."""

    decoded: int = 0
    undecoded: int = 0
    silent: int = 0
    log_failures: int = 0
    dropped: int = 0


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
    """

    def __init__(self, codecs: Mapping[str, Codec], log: LogWriter, clock: Clock) -> None:
        self._codecs = codecs
        self._log = log
        self._clock = clock
        self._records: list[bytes] = []
        self._waiting: list[tuple[Done, Any]] = []
        self._own: list[bytes] = []
        self._owed: list[bytes] = []
        self._pending_bytes = 0
        self._committer: asyncio.Task[None] | None = None
        self._own_times = OwnTimes()
        self._counters = IntakeCounters()

    @property
    def codecs(self) -> Mapping[str, Codec]:
        """Name -> codec: also says what a device of each family may publish."""
        return self._codecs

    @property
    def pending_bytes(self) -> int:
        """Bytes that wait for the LOG: a front door reads no more when this is large. [byte]."""
        return self._pending_bytes

    def counters(self) -> dict[str, int]:
        """Return what went through since the start, by name. [messages]."""
        return asdict(self._counters)

    def offer(self, frame: Frame, device: DeviceEntry, done: Done, token: object = None) -> None:
        """Decode a frame and queue it; ``done(token, error)`` is called once it is on disk, in the order offered."""
        own_ms = self._own_times.of(frame.device_id, frame.received_at_ms)
        if own_ms != frame.received_at_ms:
            frame = msgspec.structs.replace(frame, received_at_ms=own_ms)
        for record in self._records_of(frame, device):
            self._records.append(record)
            self._pending_bytes += len(record)
        self.in_turn(done, token)

    def in_turn(self, done: Done, token: object = None) -> None:
        """Call ``done`` after everything offered so far is on disk: keeps answers in the order of the questions."""
        self._waiting.append((done, token))
        if self._committer is None:
            self._wake()

    async def take(self, frame: Frame, device: DeviceEntry) -> None:
        """Decode a frame and return once it is on disk.

        Raises
        ------
        LogFullError, OSError
            When the LOG refused: the sender must not be told that all is well.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.offer(frame, device, _settle, future)
        await future

    def keep_undecoded(self, frame: Frame, reason: str, done: Done, token: object = None) -> None:
        """Queue a frame whose sender is unknown to us: kept raw, with the reason."""
        record = self._undecoded(frame, "", "", reason)
        self._records.append(record)
        self._pending_bytes += len(record)
        self.in_turn(done, token)

    def report_connection(self, device: DeviceEntry, state: str, reason: str) -> None:
        """Queue the event that a device came (``on``) or went (``off``), and why.

        Nobody would send it again, so if the LOG refuses, it goes with the next append that works.
        """
        now_ms = self._clock.now_ms()
        event = Event("connection", now_ms, state, {"reason": reason}, TimeQuality.RECEIVED)
        record = encode_record(Reading(device.device_id, device.resident_id, now_ms, (event,)))
        self._records.append(record)
        self._own.append(record)
        self._pending_bytes += len(record)
        self._wake()

    async def aclose(self) -> None:
        """Wait until everything queued is on disk; the LOG itself stays open."""
        while self._committer is not None:
            await self._committer

    def _wake(self) -> None:
        if self._committer is None:
            self._committer = asyncio.get_running_loop().create_task(self._commit_all(), name="intake commit")

    async def _commit_all(self) -> None:
        try:
            while self._waiting or self._records:
                await self._commit()
        finally:
            self._committer = None

    async def _commit(self) -> None:
        records, waiting, own, size = self._owed + self._records, self._waiting, self._own, self._pending_bytes
        own = self._owed + own
        self._records, self._waiting, self._own, self._owed = [], [], [], []
        error: Exception | None = None
        try:
            if records:
                await self._log.append_many(bundled(records))
        except Exception as failure:  # noqa: BLE001 - whatever the LOG says: not on disk is not acknowledged
            error = failure
            self._keep_owed(own, failure)
        self._pending_bytes -= size
        for done, token in waiting:
            try:
                done(token, error)
            except Exception:
                _logger.exception("a front door failed to take the LOG's answer")

    def _keep_owed(self, own: list[bytes], failure: Exception) -> None:
        self._counters.log_failures += 1
        self._counters.dropped += max(0, len(own) - _MAX_OWED)
        self._owed = own[-_MAX_OWED:]
        _logger.error("the LOG refused a batch, nothing of it is acknowledged: %s: %s", type(failure).__name__, failure)

    def _records_of(self, frame: Frame, device: DeviceEntry) -> list[bytes]:
        codec = self._codecs.get(device.codec)
        try:
            if codec is None:
                raise FieldError("codec", device.codec, "the name of an installed codec")  # noqa: TRY301
            records = [_readable(reading) for reading in readings_of(frame, device, codec.decode(frame))]
        except FieldError as error:
            return [self._undecoded(frame, device.resident_id, device.codec, str(error))]
        except Exception as error:
            _logger.exception("codec %s failed on a message of device %s", device.codec, device.device_id)
            reason = f"codec {device.codec} failed: {type(error).__name__}: {error}"
            return [self._undecoded(frame, device.resident_id, device.codec, reason)]
        if records:
            self._counters.decoded += 1
        else:
            self._counters.silent += 1
        return records

    def _undecoded(self, frame: Frame, resident_id: str, codec: str, reason: str) -> bytes:
        self._counters.undecoded += 1
        return encode_record(
            Undecoded(frame.device_id, resident_id, frame.received_at_ms, frame.topic, frame.payload, codec, reason)
        )


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _readable(reading: Reading | Numbers) -> bytes:
    """Encode, and read back: a codec's wrong type must show here, not stop every reader of the LOG.

    The same goes for a record that the LOG would refuse for its length: its neighbours must not suffer for it.
    """
    record = encode_record(reading)
    if len(record) > _MAX_RECORD_BYTES:
        raise FieldError("observations", f"{len(record)} bytes", f"at most {_MAX_RECORD_BYTES} bytes once decoded")
    decode_as_written(record)
    return record


@lru_cache(maxsize=65_536)
def _child(gateway: str, source: str) -> str:
    return child_device_id(gateway, source)


def _all_its_own(observations: tuple[Observation, ...]) -> bool:
    for seen in observations:  # noqa: SIM110 - a generator costs three times as much, for every message
        if seen.source:
            return False
    return True


def readings_of(frame: Frame, device: DeviceEntry, decoded: Decoded) -> list[Reading | Numbers]:
    """Return one reading per device that measured; a sensor behind a gateway goes by its own name from here on.

    Retained observations are flagged so: state, never a new event.
    """
    at_ms = frame.received_at_ms
    if type(decoded) is PlainNumbers and not frame.retained:
        own = (decoded.observed_at_ms, decoded.time_quality, decoded.values)
        return [Numbers(device.device_id, device.resident_id, at_ms, *own)]
    given_all = tuple(one_by_one(decoded))
    if given_all and not frame.retained and _all_its_own(given_all):
        return [Reading(device.device_id, device.resident_id, at_ms, given_all)]
    by_owner: dict[tuple[str, str], list[Observation]] = {}
    for given in given_all:
        seen = given
        owner = (device.device_id, device.resident_id)
        if seen.source:
            if seen.source != device.device_id:
                known = device.children.get(seen.source)
                owner = known or (_child(device.device_id, seen.source), device.resident_id)
            seen = msgspec.structs.replace(seen, source="")
        if frame.retained:
            seen = msgspec.structs.replace(seen, quality=seen.quality | Quality.RETAINED)
        by_owner.setdefault(owner, []).append(seen)
    return [Reading(device_id, resident_id, at_ms, tuple(seen)) for (device_id, resident_id), seen in by_owner.items()]
