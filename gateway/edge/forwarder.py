"""All that is no call for help, to the centre in its turn: read from the LOG, and done with once the centre has it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from anhu.contract import relay
from anhu.contract.topics import for_device
from anhu.log.port import Entry, LogReader
from gateway.edge.sorting import parted, without_calls
from gateway.edge.uplink import Line, RefusedError

_logger = logging.getLogger(__name__)
_MOST_ENTRIES = 200
_MOST_BYTES = 262_144
_WAIT_S = 1.0


@dataclass(slots=True)
class Forwarded:
    """What became of the records so far."""

    records: int = 0
    unreadable: int = 0
    """Records that no codec of the edge could read; the centre has them with the reason."""
    refused: int = 0
    """How often the centre would not take what it was given: it is offered again."""


class Forwarder:
    """Hands the LOG on, a batch at a time.

    Parameters
    ----------
    reader : LogReader
        A consumer of its own: the LOG keeps what it has not committed.
    edge : str
        Who we are at the centre.
    refused_pause_s : float
        How long it waits before it offers again what the centre refused: somebody must put that right there. [s]
    """

    def __init__(self, reader: LogReader, line: Line, edge: str, *, refused_pause_s: float = 60.0) -> None:
        self._reader, self._line, self._refused_pause_s = reader, line, refused_pause_s
        self._topic, self._unreadable = for_device(relay.TOPIC, edge), for_device(relay.REFUSED, edge)
        self.counts = Forwarded()

    async def run(self) -> None:
        """Forward until cancelled."""
        while True:
            await self._line.wait_until_up()
            self._reader.seek(self._reader.committed)
            try:
                await self._while_up()
            except ConnectionError:
                await asyncio.sleep(0)
            except RefusedError as error:
                self.counts.refused += 1
                _logger.error("the centre does not take what this edge sends: %s", error)  # noqa: TRY400
                await asyncio.sleep(self._refused_pause_s)

    async def _while_up(self) -> None:
        while self._line.is_up:
            entries = self._reader.read(_MOST_ENTRIES, _MOST_BYTES)
            if entries:
                await self._hand_on(entries)
                self._reader.commit(entries[-1].next_position)
            else:
                await self._reader.wait(_WAIT_S)

    async def _hand_on(self, entries: Sequence[Entry]) -> None:
        good, unreadable = parted(record for entry in entries for record in without_calls(entry.record))
        for message in relay.messages(good):
            await self._line.publish(self._topic, message)
        for one in unreadable:
            await self._line.publish(self._unreadable, relay.packed([one]))
        self.counts.records += len(good)
        self.counts.unreadable += len(unreadable)
