"""The line to the centre: what is published is done once the centre has it on disk; connects anew for ever."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from anhu.contract.settings import Secret

_logger = logging.getLogger(__name__)
_KEEP_ALIVE_S = 20
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
_FAILURES = 0x80


class RefusedError(Exception):
    """The centre has the message and does not take it."""


class Line(Protocol):
    """What hands messages to the centre."""

    @property
    def is_up(self) -> bool:
        """Whether the centre has let us in and is still there."""
        ...

    async def wait_until_up(self) -> None:
        """Return when there is a line."""
        ...

    async def publish(self, topic: str, payload: bytes) -> None:
        """Return once the centre has a message on disk.

        Raises
        ------
        ConnectionError
            If there is no line, or it went before the centre's word came: whether it has the message is not known.
        RefusedError
            If it will never take it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """Where the centre's MQTT door is, and who we are there."""

    host: str
    port: int
    edge: str
    secret: Secret = field(repr=False)
    tls: ssl.SSLContext | None = None


class Uplink:
    """A `Line` over MQTT 5. What waits is not in here but in the LOG: nothing is published while the line is down.

    Attributes
    ----------
    refused : str
        Why the centre did not let us in at the last try; empty once it does.
    """

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._client: paho.Client | None = None
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self.refused = ""

    @property
    def is_up(self) -> bool:
        """Whether the centre has let us in and is still there."""
        return self._up.is_set()

    async def wait_until_up(self) -> None:
        """Return when there is a line."""
        await self._up.wait()

    async def publish(self, topic: str, payload: bytes) -> None:
        """Return once the centre has a message on disk; see `Line`."""
        if self._client is None or not self.is_up:
            raise ConnectionError("no line to the centre")
        sent = self._client.publish(topic, payload, qos=1)
        done = self._waiting[sent.mid] = self._loop.create_future()
        await done

    async def run(self) -> None:
        """Keep a line until cancelled. Each try is a client of its own: one would send again what it does not own."""
        pause_s = _FIRST_PAUSE_S
        while True:
            client = self._client = self._made()
            self._down.clear()
            try:
                with suppress(OSError):
                    await asyncio.to_thread(client.connect, self._centre.host, self._centre.port, _KEEP_ALIVE_S)
                    client.loop_start()
                    await self._down.wait()
                pause_s = _FIRST_PAUSE_S if self.is_up else min(pause_s * 2, _LONGEST_PAUSE_S)
            finally:
                self._end(client)
            await asyncio.sleep(pause_s)

    def _made(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, self._centre.edge, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.username_pw_set(self._centre.edge, str(self._centre.secret))
        if self._centre.tls is not None:
            client.tls_set_context(self._centre.tls)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish = self._on_publish
        return client

    def _end(self, client: paho.Client) -> None:
        if self.is_up:
            _logger.warning("the line to the centre is down")
        self._up.clear()
        client.on_disconnect = None
        client.disconnect()
        client.loop_stop()
        waiting, self._waiting = self._waiting, {}
        for done in waiting.values():
            if not done.done():
                done.set_exception(ConnectionError("the line went down"))
                done.exception()  # nobody may be waiting any longer

    def _on_connect(self, _c: paho.Client, _u: object, _f: object, reason: ReasonCode, _p: object) -> None:
        self._loop.call_soon_threadsafe(self._answered_login, int(reason.value), str(reason))

    def _on_disconnect(self, *_: Any) -> None:  # noqa: ANN401 - as paho calls it
        self._loop.call_soon_threadsafe(self._down.set)

    def _on_publish(self, _c: paho.Client, _u: object, mid: int, reason: ReasonCode, _p: Properties) -> None:
        self._loop.call_soon_threadsafe(self._answered, mid, int(reason.value), str(reason))

    def _answered_login(self, reason: int, text: str) -> None:
        self.refused = text if reason >= _FAILURES else ""
        if self.refused:
            _logger.error("the centre does not let us in: %s", text)
            self._down.set()
        else:
            _logger.info("the line to the centre is up")
            self._up.set()

    def _answered(self, mid: int, reason: int, text: str) -> None:
        done = self._waiting.pop(mid, None)
        if done is None or done.done():
            return
        if reason >= _FAILURES:
            done.set_exception(RefusedError(text))
            done.exception()
        else:
            done.set_result(None)
