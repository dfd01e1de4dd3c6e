"""Calls for help: to the centre at once, and to the house when the centre has one not soon enough."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from anhu.contract import relay
from anhu.contract.clock import Clock
from anhu.contract.observation import AttributeValue, Event, TimeQuality
from anhu.contract.record import Reading
from anhu.contract.topics import for_device
from anhu.log.port import Entry, LogReader, Position
from gateway.edge.local_alarms import LocalAlarm, LocalAlarms
from gateway.edge.sorting import readings_with_calls
from gateway.edge.uplink import Line, RefusedError

_logger = logging.getLogger(__name__)
_MOST_UNDER_WAY = 500
_MOST_ENTRIES = 200
_WAIT_S = 0.5
_REFUSED_PAUSE_S = 10.0


@dataclass(slots=True)
class _Stretch:
    """A stretch of the LOG, and its calls that the centre has not."""

    next_position: Position
    calls: set[asyncio.Task[None]]


class CallLane:
    """Takes each call of the LOG to the centre; what the centre has not in time, the house is told.

    A call is done with, for the LOG, once the centre has it: after a restart the others are taken up again, and an
    alarm that the house has is the same alarm. Where too many are under way, the house is told of the rest at once,
    and the LOG is read again from there when the centre has the first ones.

    Parameters
    ----------
    reader : LogReader
        A consumer of its own.
    alarms : LocalAlarms
        What the house was told.
    label : callable
        What a carer knows a device by.
    wait_s : float
        How long the centre may take. [s]
    """

    def __init__(
        self,
        reader: LogReader,
        line: Line,
        edge: str,
        alarms: LocalAlarms,
        *,
        clock: Clock,
        label: Callable[[str], str],
        wait_s: float = 10.0,
    ) -> None:
        self._reader, self._line, self._alarms = reader, line, alarms
        self._topic = for_device(relay.URGENT, edge)
        self._clock, self._label, self._wait_s = clock, label, wait_s
        self._stretches: deque[_Stretch] = deque()
        self._parked_from: Position | None = None
        self._failure: BaseException | None = None

    @property
    def under_way(self) -> int:
        """Return how many calls are on their way to the centre."""
        return sum(len(stretch.calls) for stretch in self._stretches)

    async def run(self) -> None:
        """Take calls until cancelled."""
        try:
            while True:
                self._commit_done()
                self._read_again()
                entries = self._reader.read(_MOST_ENTRIES)
                for entry in entries:
                    self._begin(entry)
                if not entries:
                    await self._reader.wait(_WAIT_S)
                await asyncio.sleep(0)
        finally:
            for stretch in self._stretches:
                for task in stretch.calls:
                    task.cancel()

    def _begin(self, entry: Entry) -> None:
        found = list(readings_with_calls(entry.record))
        if found and (self._parked_from is not None or self.under_way >= _MOST_UNDER_WAY):
            if self._parked_from is None:
                self._parked_from = self._stretches[-1].next_position
            for reading, call in found:
                self._tell_house(reading, call)
        elif self._parked_from is None:
            self._follow(entry.next_position, found)

    def _follow(self, next_position: Position, found: Sequence[tuple[Reading, Event]]) -> None:
        if not found and self._stretches and not self._stretches[-1].calls:
            self._stretches[-1].next_position = next_position
            return
        stretch = _Stretch(next_position, set())
        for reading, call in found:
            task = asyncio.create_task(self._take(reading, call), name="call for help")
            stretch.calls.add(task)
            task.add_done_callback(partial(self._ended, stretch))
        self._stretches.append(stretch)

    def _ended(self, stretch: _Stretch, task: asyncio.Task[None]) -> None:
        """Take a call as done with only if it is: one that failed ends the lane, and is taken up again by the next."""
        if task.cancelled():
            return
        self._failure = self._failure or task.exception()
        if task.exception() is None:
            stretch.calls.discard(task)

    def _commit_done(self) -> None:
        if self._failure is not None:
            raise self._failure
        done: Position | None = None
        while self._stretches and not self._stretches[0].calls:
            done = self._stretches.popleft().next_position
        if done is not None:
            self._reader.commit(done)

    def _read_again(self) -> None:
        if self._parked_from is not None and self.under_way <= _MOST_UNDER_WAY // 2:
            self._reader.seek(self._parked_from)
            self._parked_from = None

    async def _take(self, reading: Reading, call: Event) -> None:
        """See that somebody knows of a call: the centre, or in the meantime the house."""
        at_centre = asyncio.create_task(self._to_centre(reading, call))
        try:
            done, _ = await asyncio.wait({at_centre}, timeout=self._wait_s)
            if not done:
                self._tell_house(reading, call)
            await at_centre
        finally:
            at_centre.cancel()
        known = self._told(reading, call)
        if known is not None:
            self._alarms.reached_centre(known, self._clock.now_ms())

    def _tell_house(self, reading: Reading, call: Event) -> None:
        now_ms = self._clock.now_ms()
        label = self._label(reading.device_id)
        at_ms = _at_ms(reading, call)
        told = self._alarms.tell(reading.device_id, call.kind, label, at_ms=at_ms, now_ms=now_ms)
        _logger.warning("the centre has not heard of %s of %s: the house is told", told.kind, told.device_id)

    def _told(self, reading: Reading, call: Event) -> LocalAlarm | None:
        return self._alarms.find(reading.device_id, call.kind, _at_ms(reading, call))

    async def _to_centre(self, reading: Reading, call: Event) -> None:
        while True:
            await self._line.wait_until_up()
            try:
                await self._line.publish(self._topic, self._message(reading, call))
            except ConnectionError:
                await asyncio.sleep(0)
            except RefusedError as error:
                _logger.error("the centre does not take a call for help: %s", error)  # noqa: TRY400
                await asyncio.sleep(_REFUSED_PAUSE_S)
            else:
                return

    def _message(self, reading: Reading, call: Event) -> bytes:
        told = self._told(reading, call)
        times: dict[str, AttributeValue] = {}
        if told is not None:
            times[relay.TOLD_LOCALLY] = told.raised_at_ms
            if told.answered_at_ms:
                times[relay.ANSWERED_LOCALLY] = told.answered_at_ms
        return relay.packed([msgspec.structs.replace(reading, observations=(relay.told(call, times),))])


def _at_ms(reading: Reading, call: Event) -> int:
    return call.observed_at_ms if call.time_quality is TimeQuality.DEVICE else reading.received_at_ms
