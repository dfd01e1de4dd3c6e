"""One session of a broker, kept alive: its messages in their order, each with the device it comes from.

Ordinary messages have one lane and calls for help another: a lane waits for its own lookups and for what the broker
still holds for it, never for the other one's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import msgspec

from anhu.contract.clock import Clock
from gateway.directory import DeviceEntry
from gateway.doors.broker.counters import BrokerCounters
from gateway.doors.broker.link import BrokerLink
from gateway.doors.broker.routes import BrokerRoutes
from gateway.doors.broker.settings import BrokerSettings
from gateway.doors.device_cache import DeviceCache
from gateway.mqtt.packets import Publish
from gateway.mqtt.reason import FAILURES

_logger = logging.getLogger(__name__)
_CONNECT_S = 10.0


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """A message, the connection to answer on, when it came, and whose it is by its topic."""

    publish: Publish
    link: BrokerLink
    received_at_ms: int
    device_id: str
    bound: bool


class BrokerLane:
    """A persistent session of its own: connects for ever, and looks up who sent what.

    Parameters
    ----------
    settings : BrokerSettings
        With this lane's own client identifier.
    filters : sequence of str
        What it reads.
    handle : callable
        Told each message and its device, None for one that is not registered, in the broker's order.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        filters: Sequence[str],
        *,
        routes: BrokerRoutes,
        devices: DeviceCache,
        counters: BrokerCounters,
        clock: Clock,
        handle: Callable[[Arrived, DeviceEntry | None], None],
    ) -> None:
        self._settings, self._filters = settings, filters
        self._routes, self._devices, self._counters, self._clock, self._handle = (
            routes,
            devices,
            counters,
            clock,
            handle,
        )
        self._link: BrokerLink | None = None
        self._was_let_in = False
        self._inbox: list[Arrived] = []
        self._looking_up: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the broker is connected."""
        return self._link is not None and self._link.is_open

    async def run(self) -> None:
        """Connect for ever, with growing pauses while nobody answers."""
        settings, pause_s = self._settings, self._settings.min_delay_s
        prefix = f"$share/{settings.share}/" if settings.share else ""
        filters = [prefix + f for f in self._filters]
        while True:
            link = BrokerLink(settings, filters, self)
            self._was_let_in = False
            try:
                async with asyncio.timeout(_CONNECT_S):
                    loop = asyncio.get_running_loop()
                    await loop.create_connection(lambda link=link: link, settings.host, settings.port, ssl=settings.tls)
                self._link = link
                await link.ended
            except OSError as error:  # a timeout is one of them
                _logger.warning("the broker %s:%d is not there: %s", settings.host, settings.port, error)
            if self._was_let_in:
                pause_s = settings.min_delay_s
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, settings.max_delay_s)

    async def stop_looking_up(self) -> None:
        """Leave what waits for a lookup: the broker gives it again."""
        if self._looking_up is not None:
            self._looking_up.cancel()
            await asyncio.gather(self._looking_up, return_exceptions=True)

    def disconnect(self) -> None:
        """Say goodbye; the broker keeps the session."""
        if self._link is not None:
            self._link.disconnect()

    def connected(self) -> None:
        """Take that the broker let us in."""
        self._was_let_in = True
        self._counters.connected += 1

    def subscribed(self, filters: Sequence[str], reasons: Sequence[int]) -> None:
        """Take the broker's answer, one reason a filter."""
        refused = [f for f, reason in zip(filters, reasons, strict=True) if reason >= FAILURES]
        if refused:
            _logger.error("the broker does not let us read %s", ", ".join(refused))
        self._counters.subscribed += len(reasons) - len(refused)

    def arrived(self, link: BrokerLink, publishes: Sequence[Publish]) -> None:
        """Take messages: at once those of known devices, the others when they are looked up, all in their order."""
        now_ms, sender, known, handle = self._clock.now_ms(), self._routes.sender, self._devices.known, self._handle
        self._counters.received += len(publishes)
        batch = [Arrived(publish, link, now_ms, *sender(publish.topic)) for publish in publishes]
        handled = 0
        if self._looking_up is None:
            for one in batch:
                device = known(one.device_id)
                if device is None and one.device_id:
                    break
                handle(one, device)
                handled += 1
        self._inbox += batch[handled:]
        if self._inbox and self._looking_up is None:
            self._looking_up = asyncio.get_running_loop().create_task(self._look_up(), name="broker lookup")

    async def _look_up(self) -> None:
        try:
            while self._inbox:
                batch, self._inbox = self._inbox, []
                ids = list({one.device_id for one in batch if one.device_id})
                try:
                    devices = dict(zip(ids, await asyncio.gather(*map(self._devices.find, ids)), strict=True))
                except Exception:
                    _logger.exception("the directory did not answer; the broker will give the messages again")
                    for one in batch:
                        self._counters.log_failures += 1
                        one.link.abort()
                    continue
                for one in batch:
                    self._handle(one, devices.get(one.device_id))
        finally:
            self._looking_up = None
