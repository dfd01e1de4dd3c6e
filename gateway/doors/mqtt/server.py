"""The MQTT front door: terminates devices' sessions and answers only for what the LOG has on disk."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from anhu.contract.clock import Clock
from anhu.contract.identity import new_id
from gateway.codec import Codec
from gateway.directory import CommandQueue, DeviceEntry, Directory
from gateway.doors.device_cache import DeviceCache
from gateway.doors.mqtt.counters import MqttCounters
from gateway.doors.mqtt.courier import Courier
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.presence import Presence
from gateway.doors.mqtt.reception import Reception
from gateway.doors.mqtt.session import FOR_EVER
from gateway.doors.mqtt.settings import MqttSettings
from gateway.doors.tls_listener import TlsListener
from gateway.intake import Intake
from gateway.mqtt.connection import Phase
from gateway.mqtt.packets import V5, Acknowledged, Connect
from gateway.mqtt.reason import Reason

_logger = logging.getLogger(__name__)
_SWEEP_S = 0.5
_GRACE = 1.5
_CLOSING_S = 5.0
_BACKLOG = 4_096
_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where to listen; port 0 takes a free one, a TLS context makes it ``mqtts``."""

    host: str = "127.0.0.1"
    port: int = 1883
    tls: ssl.SSLContext | None = None


class MqttServer:
    """MQTT 3.1.1 and 5 for devices; routes nothing between them.

    Parameters
    ----------
    intake : Intake
        Decodes and keeps what devices publish.
    directory : Directory
        Whom to let in.
    commands : CommandQueue
        What waits for devices.
    clock : Clock
        Times what comes; keep-alive is measured on the event loop's own clock.
    listeners : sequence of Listener
        Where to listen.
    settings : MqttSettings
        Limits.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        directory: Directory,
        commands: CommandQueue,
        clock: Clock,
        listeners: Sequence[Listener] = (Listener(),),
        settings: MqttSettings | None = None,
    ) -> None:
        self.settings = settings or MqttSettings()
        self.intake = intake
        self.clock = clock
        self.counters = MqttCounters()
        self._listeners = listeners
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="mqtt-lookup")
        self._devices = DeviceCache(directory, self._executor)
        self._presence = Presence(intake, clock, self.counters, self.settings)
        self._reception = Reception(self._devices, self.counters, self.settings)
        self._courier = Courier(
            queue=commands,
            clock=clock,
            counters=self.counters,
            settings=self.settings,
            executor=self._executor,
            codecs=intake.codecs,
        )
        self._links: set[Link] = set()
        self._crowded: list[Link] = []
        self._to_flush: list[Link] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server | TlsListener] = []
        self._commands_wanted = asyncio.Event()
        self._stale: set[str] = set()
        self._closing = False
        self._emptied = asyncio.Event()

    async def start(self) -> None:
        """Listen. Raises `OSError` where a port is taken."""
        await self._devices.start()
        for listener in self._listeners:
            self._servers.append(await self._listen(listener))
        self._spawn(self._sweep_for_ever(), "mqtt sweep")
        self._spawn(self._watch_directory(), "mqtt directory")
        self._spawn(self._carry_commands(), "mqtt commands")

    async def _listen(self, listener: Listener) -> asyncio.Server | TlsListener:
        if listener.tls is not None:
            opened = TlsListener(listener.tls, lambda: Link(self))
            await opened.listen(listener.host, listener.port, _BACKLOG)
            return opened
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Link(self), listener.host, listener.port, backlog=_BACKLOG)

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports listened on, in the listeners' order."""
        return tuple(server.sockets[0].getsockname()[1] for server in self._servers)

    def health(self) -> dict[str, int]:
        """Return counts since the start and the present numbers of connections and sessions, by name."""
        now = {
            "connected": len(self._links),
            "sessions": self._presence.sessions(),
            "pending_bytes": self.intake.pending_bytes,
            "failed_handshakes": sum(s.failed_handshakes for s in self._servers if isinstance(s, TlsListener)),
        }
        return asdict(self.counters) | now

    async def close(self) -> None:
        """Answer what is on its way, tell MQTT 5 clients, and close. Not a device's absence: no events, no wills."""
        self._closing = True
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.intake.aclose()
        await asyncio.sleep(0)  # the answers of the last commit leave
        for link in tuple(self._links):
            link.close(Reason.SERVER_SHUTTING_DOWN, "", "server_closing")
        if not self._links:
            self._emptied.set()
        try:
            async with asyncio.timeout(_CLOSING_S):
                await self._emptied.wait()
        except TimeoutError:
            _logger.warning("%d connections did not close and are cut", len(self._links))
        for link in tuple(self._links):
            link.abort()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def now_s(self) -> float:
        """Return a time that only ever grows. [s]."""
        return time.monotonic()

    def codec_of(self, device: DeviceEntry) -> Codec | None:
        """Return a device's codec."""
        return self.intake.codecs.get(device.codec)

    def arrived(self, link: Link) -> None:
        """Take a new connection."""
        self.counters.connections += 1
        self._links.add(link)
        if self._closing:
            link.abort()

    def knock(self, link: Link, connect: Connect) -> None:
        """Take a login."""
        self._spawn(self._login(link, connect), "mqtt login")

    def listens(self, link: Link) -> None:
        """Take that a link's subscriptions changed."""
        self._presence.listens(link)
        self._commands_wanted.set()

    def command_acknowledged(self, link: Link, answer: Acknowledged) -> None:
        """Take the device's answer to a command."""
        self._courier.acknowledged(link, answer)
        self._commands_wanted.set()

    def flush_soon(self, link: Link) -> None:
        """Let a link speak after the present answers: one turn of the loop for all links, not one for each."""
        if not self._to_flush:
            asyncio.get_running_loop().call_soon(self._flush_links)
        self._to_flush.append(link)

    def _flush_links(self) -> None:
        links, self._to_flush = self._to_flush, []
        for link in links:
            link.flush()

    def crowded(self, link: Link) -> None:
        """Read from a link again once fewer bytes wait for the LOG."""
        if not self._crowded:
            self.intake.in_turn(self._read_on)
        self._crowded.append(link)

    def gone(self, link: Link) -> None:
        """Take the end of a connection."""
        self._links.discard(link)
        if not self._closing:
            self._presence.leave(link, self.now_s())
        elif not self._links:
            self._emptied.set()

    def _read_on(self, token: object, error: Exception | None) -> None:  # noqa: ARG002 - full or failed, read on
        if self.intake.pending_bytes * 2 > self.settings.max_pending_bytes:
            self.intake.in_turn(self._read_on)
            return
        links, self._crowded = self._crowded, []
        for link in links:
            link.release()

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _login(self, link: Link, connect: Connect) -> None:
        verdict = await self._reception.check(link.address, connect)
        if link.closing_since_s != FOR_EVER or link.core.phase is not Phase.WAITING:
            return
        if isinstance(verdict, DeviceEntry):
            self._let_in(link, connect, verdict)
        else:
            self.counters.logins_refused += 1
            link.refuse(verdict)

    def _let_in(self, link: Link, connect: Connect, device: DeviceEntry) -> None:
        self.counters.logins_accepted += 1
        client_id = connect.client_id or new_id("c")
        key = (device.device_id, client_id)
        session, present = self._presence.enter(link, device, key, clean=connect.clean_start, now_s=self.now_s())
        session.expiry_s = self._session_expiry_s(link, connect)
        keep_alive_s = connect.keep_alive_s
        limit_s = self.settings.max_keep_alive_s
        told_s = limit_s if connect.version == V5 and not 0 < keep_alive_s <= limit_s else 0
        link.core.accept(
            session_present=present,
            session_expiry_s=session.expiry_s,
            incoming=session.incoming,
            assigned_client_id="" if connect.client_id else client_id,
            server_keep_alive_s=told_s,
        )
        silent_limit_s = (told_s or keep_alive_s) * _GRACE or FOR_EVER
        link.admit(device, session, key, connect.will, silent_limit_s)
        self._courier.resend(link)
        self.listens(link)

    def _session_expiry_s(self, link: Link, connect: Connect) -> int:
        if connect.version == V5:
            return min(link.core.session_expiry_s, self.settings.max_session_expiry_s)
        return 0 if connect.clean_start else self.settings.max_session_expiry_s

    async def _sweep_for_ever(self) -> None:
        swept_s = self.now_s()
        while True:
            await asyncio.sleep(_SWEEP_S)
            now_s = self.now_s()
            self.excuse_silence(now_s - swept_s - 2 * _SWEEP_S)
            self.sweep(now_s)
            swept_s = now_s

    def excuse_silence(self, busy_s: float) -> None:
        """Do not count a time in which we read nothing: what the devices said then has still to be read. [s].

        When everybody is cut off at once, the ends of tens of thousands of connections come before the next CONNECT.
        """
        if busy_s > 0:
            for link in self._links:
                link.last_seen_s += busy_s

    def sweep(self, now_s: float) -> None:
        """Close what has been silent for too long, drop what does not close, and let sessions grow old. [s]."""
        for link in tuple(self._links):
            if now_s - link.closing_since_s > _CLOSING_S:
                link.abort()
            elif link.waits_for_us:
                link.last_seen_s = now_s
            elif now_s - link.last_seen_s > link.silent_limit_s:
                self.counters.silent_closed += 1
                link.close(Reason.KEEP_ALIVE_TIMEOUT, "nothing came for too long", "keep_alive")
        self._presence.pass_time(now_s)

    async def _watch_directory(self) -> None:
        while True:
            await asyncio.sleep(self.settings.directory_poll_s)
            try:
                self._stale.update(await self._devices.refresh())
                for device_id in tuple(self._stale):
                    await self._apply_change(device_id)
                    self._stale.discard(device_id)
            except Exception:
                _logger.exception("the directory did not say what changed; devices known so far stay")

    async def _apply_change(self, device_id: str) -> None:
        links = self._presence.links_of(device_id)
        device = await self._devices.find(device_id) if links else None
        for link in links:
            was = link.device
            if device is not None and device.enabled and was and device.secret_sha256 == was.secret_sha256:
                link.change_device(device)
            else:
                self.counters.revoked += 1
                link.close(Reason.ADMINISTRATIVE_ACTION, "the device's credentials were revoked", "revoked")

    async def _carry_commands(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self.settings.command_poll_s):
                    await self._commands_wanted.wait()
            except TimeoutError:
                pass
            self._commands_wanted.clear()
            try:
                await self._courier.round(self._presence.listening)
            except Exception:
                _logger.exception("the command queue did not answer; commands wait")
                await asyncio.sleep(self.settings.command_poll_s)
