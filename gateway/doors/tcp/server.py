"""The TCP door: takes what families send that have a protocol of their own, and answers for what is on disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from anhu.contract.clock import Clock
from anhu.contract.proxies import Network
from gateway.directory import CommandQueue, Directory, NoteBook
from gateway.door_specs import Credentials
from gateway.doors.closing import close_all, crowd_out, send_away
from gateway.doors.command_book import CommandBook
from gateway.doors.device_cache import DeviceCache
from gateway.doors.left_behind import LeftBehind
from gateway.doors.note_writer import NoteWriter
from gateway.doors.present import PresentDevices
from gateway.doors.proxy_protocol import Proxies, ProxyEntrance
from gateway.doors.revocation import Revocation
from gateway.doors.silence_watch import SilenceWatch
from gateway.doors.strangers import Strangers
from gateway.doors.switchboard import Switchboard
from gateway.doors.tasks import Tasks
from gateway.doors.tcp.admission import Admission
from gateway.doors.tcp.courier import Courier
from gateway.doors.tcp.cutting import Family
from gateway.doors.tcp.link import Link, goes_on_as
from gateway.doors.tcp.presence import Presence
from gateway.doors.tcp.settings import TcpSettings
from gateway.doors.tcp.shared import Shared
from gateway.doors.tcp.silence import TcpSilence
from gateway.doors.tcp.unknown import Hearing
from gateway.intake import Intake
from gateway.lines import TCP

_logger = logging.getLogger(__name__)
_BACKLOG = 4_096
_THREADS = 2


class TcpServer:
    """One port for all families; routes nothing between devices.

    Parameters
    ----------
    intake : Intake
        Decodes and keeps what devices say.
    directory : Directory
        Whom to let in.
    commands : CommandQueue
        Commands waiting for devices.
    notes : NoteBook
        Where it is written down what came to nothing at the door.
    clock : Clock
        Times what comes; silence is measured on the event loop's own clock.
    host, port
        Where to listen; port 0 takes a free one.
    settings : TcpSettings
        Limits.
    present : Path, optional
        File in which it stands who is connected.
    trusted : sequence of network
        Proxies whose word on the caller's address counts (PROXY protocol, version 1 or 2).
    board : Switchboard, optional
        Of a door among several; then no file.
    hearing : Hearing
        Who listens to devices that nobody registered, or that are switched off.

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
        hearing: Hearing,
        host: str = "127.0.0.1",
        port: int = 0,
        settings: TcpSettings | None = None,
        present: Path | None = None,
        trusted: Sequence[Network] = (),
        board: Switchboard | None = None,
    ) -> None:
        self.shared = shared = Shared.made(settings or TcpSettings(), intake, clock)
        self._host, self._port = host, port
        self._proxies = Proxies(trusted, partial(Link, shared, self)) if trusted else None
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="tcp-lookup")
        self._directory, self._devices = directory, DeviceCache(directory, self._executor)
        self._links: set[Link] = set()
        self._tasks, self._emptied = Tasks(), asyncio.Event()
        self._closing = self._draining = False
        self._strangers = Strangers(shared.settings, crowd_out)
        self._present = PresentDevices(present)
        self._presence = Presence(shared, self._present, board)
        if board is not None:
            board.serve(TCP, self._presence)
        self._left_behind = LeftBehind(self._present, self._presence.is_here, intake)
        self._courier = Courier(CommandBook(commands, self._executor, clock), self._presence, shared)
        self.may_confirm = self._courier.heard
        self._admission = Admission(
            self._devices,
            self._presence,
            shared,
            hearing=hearing,
            spawn=self._tasks.spawn,
            admitted=self._admitted,
        )
        self._revocation = Revocation(self._devices, self._presence.links_of, goes_on_as)
        self._notes = NoteWriter(shared.aside, notes, self._executor, shared.clock)
        self.silence = SilenceWatch(self._links, TcpSilence(self._presence, shared), shared.now_s)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises `OSError` where the port is taken."""
        await self._devices.start()
        lost = self._present.open()
        made = partial(Link, self.shared, self) if self._proxies is None else partial(ProxyEntrance, self._proxies)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(made, self._host, self._port, backlog=_BACKLOG)
        self._tasks.spawn(self._left_behind.tell(lost, self._directory, self._executor), "tcp left behind")
        self._tasks.spawn(self._present.run(), "tcp present")
        self._tasks.spawn(self._notes.run(), "tcp notes")
        self._tasks.spawn(self.silence.run(), "tcp sweep")
        self._tasks.spawn(self._revocation.run(self.shared.settings.directory_poll_s), "tcp directory")
        self._tasks.spawn(self._courier.run(), "tcp commands")

    @property
    def port(self) -> int:
        """The port listened on; 0 before the start."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server and self._server.sockets else 0

    def health(self) -> dict[str, int]:
        """Return counts since the start and the present numbers of connections, by name."""
        now = {
            "connected": len(self._links),
            "devices": len(self._presence),
            "strangers": len(self._strangers),
            "strangers_put_out": self._strangers.were_put_out,
            "left_behind": self._left_behind.told,
            "restless": len(self._presence.restless),
            "present_unwritten": self._present.failed_writes,
            "notes_unwritten": self._notes.failed_writes,
            "revoked": self._revocation.revoked,
        }
        return asdict(self.shared.counters) | self._courier.book.counters | now

    async def drain(self, over_s: float) -> None:
        """Take nobody new, and send devices away over some time, each once what it said is answered. [s]."""
        self._draining = True
        if self._server is not None:
            self._server.close()
        await send_away(self._links, over_s, lambda link: link.end("server_closing"))

    async def close(self) -> None:
        """Answer what is on its way, and close. Not a device's absence: no events."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        await self._tasks.cancel()
        await self.shared.intake.aclose()
        await self._present.write()
        await self._notes.write()
        await asyncio.sleep(0)  # the answers of the last commit leave
        await close_all(self._links, self._emptied, lambda link: link.wire.close("server_closing"))
        self._executor.shutdown(wait=False, cancel_futures=True)

    def arrived(self, link: Link) -> None:
        """Take a new connection."""
        self.shared.counters.connections += 1
        self._links.add(link)
        self._strangers.arrive(link, link.wire.peer[0])
        if self._closing:
            link.wire.abort()

    def _admitted(self, link: Link) -> None:
        self._strangers.leave(link)
        self._courier.look_again()

    def asked(self, link: Link, family: Family, claimed: Credentials, packet: bytes) -> None:
        """Take that a packet says whose it is."""
        self._admission.asked(link, family, claimed, packet)

    def gone(self, link: Link) -> None:
        """Take the end of a connection."""
        self._links.discard(link)
        self._strangers.leave(link)
        if not self._closing and not self._draining:
            self._presence.leave(link)
        elif not self._links:
            self._emptied.set()
