"""The MQTT front door: terminates devices' sessions and answers only for what the LOG has on disk."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from anhu.contract.clock import Clock
from anhu.contract.proxies import Network
from gateway.directory import CommandQueue, Directory, NoteBook
from gateway.doors.closing import close_all, crowd_out, send_away
from gateway.doors.command_book import CommandBook
from gateway.doors.device_cache import DeviceCache
from gateway.doors.left_behind import LeftBehind
from gateway.doors.mqtt.admission import Admission
from gateway.doors.mqtt.courier import Courier
from gateway.doors.mqtt.link import Link, goes_on_as
from gateway.doors.mqtt.presence import Presence
from gateway.doors.mqtt.psk_entrance import PskEntrance
from gateway.doors.mqtt.reception import Reception
from gateway.doors.mqtt.settings import MqttSettings
from gateway.doors.mqtt.shared import Shared
from gateway.doors.mqtt.silence import MqttSilence
from gateway.doors.mqtt.wire import DRAINED
from gateway.doors.note_writer import NoteWriter
from gateway.doors.present import PresentDevices
from gateway.doors.proxy_protocol import Proxies, ProxyEntrance
from gateway.doors.psk_keys import PskKeys
from gateway.doors.revocation import Revocation
from gateway.doors.silence_watch import SilenceWatch
from gateway.doors.strangers import Strangers
from gateway.doors.switchboard import Switchboard
from gateway.doors.tasks import Tasks
from gateway.doors.tls_listener import TlsListener
from gateway.doors.websocket_entrance import WebSocketEntrance
from gateway.intake import Intake
from gateway.lines import MQTT
from gateway.mqtt.packets import Acknowledged, Connect
from gateway.mqtt.reason import Reason

_logger = logging.getLogger(__name__)
_BACKLOG = 4_096
_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where to listen; port 0 takes a free one, a TLS context makes it ``mqtts``, both can be inside WebSocket.

    With `by_psk` it is TLS by pre-shared keys, for which no context is given.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    tls: ssl.SSLContext | None = None
    is_websocket: bool = False
    by_psk: bool = False


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
    present, sessions : Path, optional
        Files in which it stands who is connected, and what sessions keep over an end of ours.
    board : Switchboard, optional
        Of a door among several: devices and sessions that are here now may be elsewhere next; then no files.
    trusted : sequence of network
        Proxies whose word on the caller's address counts (PROXY protocol, version 1 or 2).
    notes, unknown_login
        Where it is written down what came to nothing at the door; as of `Reception`.

    Attributes
    ----------
    shared : Shared
        What all connections have in common.
    silence : SilenceWatch
        Closes those that say nothing.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        directory: Directory,
        commands: CommandQueue,
        notes: NoteBook,
        clock: Clock,
        listeners: Sequence[Listener] = (Listener(),),
        settings: MqttSettings | None = None,
        present: Path | None = None,
        trusted: Sequence[Network] = (),
        sessions: Path | None = None,
        board: Switchboard | None = None,
        unknown_login: Callable[[str, str], None] = lambda _name, _address: None,
    ) -> None:
        self.shared = shared = Shared.made(settings or MqttSettings(), intake, clock, sessions, board)
        self._listeners, self._trusted = listeners, trusted
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="mqtt-lookup")
        self._devices = DeviceCache(directory, self._executor)
        self._links, self._servers = set[Link](), list[asyncio.Server | TlsListener]()
        self._strangers = Strangers(shared.settings, crowd_out)
        self.admitted = self._strangers.leave
        self._directory, self._present = directory, PresentDevices(present)
        self._presence = Presence(shared, self._present)
        if board is not None:
            board.serve(MQTT, self._presence)
        self._left_behind = LeftBehind(self._present, self._presence.is_here, shared.intake)
        self._courier = Courier(CommandBook(commands, self._executor, clock), shared)
        reception = Reception(self._devices, shared, unknown_login)
        self._admission = Admission(shared, reception, self._presence, self._courier)
        self._tasks, self._emptied = Tasks(), asyncio.Event()
        self._closing = self._draining = False
        self._psk = PskEntrance(PskKeys(directory, self._executor), reception, shared, self._tasks.spawn)
        self._revocation = Revocation(self._devices, self._presence.links_of, goes_on_as)
        self._notes = NoteWriter(shared.aside, notes, self._executor, shared.clock)
        self.silence = SilenceWatch(self._links, MqttSilence(self._presence, shared), shared.now_s)

    async def start(self) -> None:
        """Listen. Raises `OSError` where a port is taken."""
        await self._devices.start()
        lost = self._present.open()
        self._presence.restore(self.shared.kept_sessions.open(self.shared.now_s()))
        for listener in self._listeners:
            made = partial(Link, self.shared, self)
            self._servers.append(await _listen(listener, made, self.shared, self._trusted, self._psk))
        self._tasks.spawn(self._left_behind.tell(lost, self._directory, self._executor), "mqtt left behind")
        self._tasks.spawn(self._present.run(), "mqtt present")
        self._tasks.spawn(self._notes.run(), "mqtt notes")
        self._tasks.spawn(self.silence.run(), "mqtt sweep")
        self._tasks.spawn(self._revocation.run(self.shared.settings.directory_poll_s), "mqtt directory")
        self._tasks.spawn(self._courier.run(self._presence.listening), "mqtt commands")

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports listened on, in the listeners' order."""
        return tuple(server.sockets[0].getsockname()[1] for server in self._servers)

    def health(self) -> dict[str, int]:
        """Return counts since the start and the present numbers of connections and sessions, by name."""
        now = {
            "connected": len(self._links),
            "strangers": len(self._strangers),
            "strangers_put_out": self._strangers.were_put_out,
            "left_behind": self._left_behind.told,
            "present_unwritten": self._present.failed_writes,
            "restless": len(self._presence.restless),
            "sessions_unwritten": self.shared.kept_sessions.failed_writes,
            "notes_unwritten": self._notes.failed_writes,
            "psk_keys": len(self._psk.keys),
            "sessions": self._presence.sessions(),
            "pending_bytes": self.shared.intake.pending_bytes,
            "revoked": self._revocation.revoked,
            "failed_handshakes": sum(s.failed_handshakes for s in self._servers if isinstance(s, TlsListener)),
        }
        return asdict(self.shared.counters) | self._courier.book.counters | now

    async def drain(self, over_s: float) -> None:
        """Take nobody new, and send devices away over some time, each once what it said is answered. [s].

        They are not away: the door to which they come next takes their lines.
        """
        self._draining = True
        for server in self._servers:
            server.close()
        await send_away(self._links, over_s, self._send_away)

    def _send_away(self, link: Link) -> None:
        self._presence.hush(link)
        link.wire.hold(DRAINED)
        self.shared.intake.in_turn(_answered, link)

    async def close(self) -> None:
        """Answer what is on its way, tell MQTT 5 clients, and close. Not a device's absence: no events, no wills."""
        self._closing = True
        for server in self._servers:
            server.close()
        await self._tasks.cancel()
        await self.shared.intake.aclose()
        await self._present.write()
        await self._notes.write()
        await asyncio.sleep(0)  # the answers of the last commit leave
        await close_all(self._links, self._emptied, _say_goodbye)
        self.shared.kept_sessions.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def arrived(self, link: Link) -> None:
        """Take a new connection."""
        self.shared.counters.connections += 1
        self._links.add(link)
        self._strangers.arrive(link, link.wire.address)
        if self._closing:
            link.wire.abort()

    def login_asked(self, link: Link, connect: Connect) -> None:
        """Take a log-in."""
        self._tasks.spawn(self._admission.login(link, connect), "mqtt login")

    def subscriptions_changed(self, link: Link) -> None:
        """Take that a link's subscriptions changed."""
        self._presence.subscriptions_changed(link)
        self._courier.look_again()

    def command_acknowledged(self, link: Link, answer: Acknowledged) -> None:
        """Take the device's answer to a command."""
        self._courier.acknowledged(link, answer)
        self._courier.look_again()

    def gone(self, link: Link) -> None:
        """Take the end of a connection."""
        self._links.discard(link)
        self._strangers.leave(link)
        if not self._closing and not self._draining:
            self._presence.leave(link, self.shared.now_s())
        elif not self._links:
            self._emptied.set()


def _answered(link: Link, error: Exception | None) -> None:  # noqa: ARG001 - answered or not, it is sent away
    _say_goodbye(link)


def _say_goodbye(link: Link) -> None:
    link.wire.close(Reason.SERVER_SHUTTING_DOWN, "", "server_closing")


async def _listen(
    listener: Listener, new_link: Callable[..., Link], shared: Shared, trusted: Sequence[Network], keyed: PskEntrance
) -> asyncio.Server | TlsListener:
    def make_protocol(caller: str = "") -> asyncio.Protocol:
        link = new_link(caller)
        return WebSocketEntrance(link, trusted, shared.counters.count_refused_websocket) if inside else link

    inside = listener.is_websocket
    proxies = Proxies(trusted, make_protocol) if trusted else None
    if listener.tls is not None or listener.by_psk:
        by_certificate = TlsListener(listener.tls, make_protocol, proxies) if listener.tls is not None else None
        opened = by_certificate or keyed.listener(make_protocol, proxies)
        await opened.listen(listener.host, listener.port, _BACKLOG)
        return opened
    loop = asyncio.get_running_loop()
    made = make_protocol if proxies is None else partial(ProxyEntrance, proxies)
    return await loop.create_server(made, listener.host, listener.port, backlog=_BACKLOG)
