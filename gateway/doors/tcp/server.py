"""The TCP door: takes what families send that have a protocol of their own, and answers for what is on disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from anhu.contract.clock import Clock
from anhu.contract.proxies import Network
from gateway.directory import Directory, NoteBook
from gateway.door_specs import Credentials
from gateway.doors.device_cache import DeviceCache
from gateway.doors.left_behind import LeftBehind
from gateway.doors.note_writer import NoteWriter
from gateway.doors.present import PresentDevices
from gateway.doors.proxy_protocol import Proxies, ProxyEntrance
from gateway.doors.strangers import Strangers
from gateway.doors.tcp.admission import Admission
from gateway.doors.tcp.cutting import Family
from gateway.doors.tcp.link import Link
from gateway.doors.tcp.presence import Presence
from gateway.doors.tcp.revocation import Revocation
from gateway.doors.tcp.settings import TcpSettings
from gateway.doors.tcp.shared import Shared
from gateway.doors.tcp.unknown import Hearing, NobodyHears
from gateway.doors.tcp.watch import CLOSING_S, Watch
from gateway.intake import Intake

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
    hearing : Hearing, optional
        Who listens to devices that nobody registered; without one they are named in the log.

    Attributes
    ----------
    shared : Shared
        What all connections have in common.
    watch : Watch
        Closes those that say nothing.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        directory: Directory,
        notes: NoteBook,
        clock: Clock,
        host: str = "127.0.0.1",
        port: int = 0,
        settings: TcpSettings | None = None,
        present: Path | None = None,
        trusted: Sequence[Network] = (),
        hearing: Hearing | None = None,
    ) -> None:
        self.shared = shared = Shared.made(settings or TcpSettings(), intake, clock)
        self._host, self._port = host, port
        self._proxies = Proxies(trusted, partial(Link, shared, self)) if trusted else None
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="tcp-lookup")
        self._directory, self._devices = directory, DeviceCache(directory, self._executor)
        self._links: set[Link] = set()
        self._strangers = Strangers(shared.settings, _crowd_out)
        self._present = PresentDevices(present)
        self._presence = Presence(shared, self._present)
        self._left_behind = LeftBehind(self._present, self._presence.is_here, intake)
        self._admission = Admission(
            self._devices,
            self._presence,
            shared,
            hearing=hearing or NobodyHears(),
            spawn=self._spawn,
            admitted=self._strangers.leave,
        )
        self._revocation = Revocation(self._devices, self._presence, shared)
        self._notes = NoteWriter(shared.aside, notes, self._executor, shared.clock)
        self.watch = Watch(self._links, self._presence, shared)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._closing, self._emptied = False, asyncio.Event()

    async def start(self) -> None:
        """Listen. Raises `OSError` where the port is taken."""
        await self._devices.start()
        lost = self._present.open()
        made = partial(Link, self.shared, self) if self._proxies is None else partial(ProxyEntrance, self._proxies)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(made, self._host, self._port, backlog=_BACKLOG)
        self._spawn(self._left_behind.tell(lost, self._directory, self._executor), "tcp left behind")
        self._spawn(self._present.run(), "tcp present")
        self._spawn(self._notes.run(), "tcp notes")
        self._spawn(self.watch.run(), "tcp watch")
        self._spawn(self._revocation.run(), "tcp directory")

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
        }
        return asdict(self.shared.counters) | now

    async def close(self) -> None:
        """Answer what is on its way, and close. Not a device's absence: no events."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.shared.intake.aclose()
        await self._present.write()
        await self._notes.write()
        await asyncio.sleep(0)  # the answers of the last commit leave
        await _close_all(self._links, self._emptied)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def arrived(self, link: Link) -> None:
        """Take a new connection."""
        self.shared.counters.connections += 1
        self._links.add(link)
        self._strangers.arrive(link, link.wire.peer[0])
        if self._closing:
            link.wire.abort()

    def asked(self, link: Link, family: Family, claimed: Credentials, packet: bytes) -> None:
        """Take that a packet says whose it is."""
        self._admission.asked(link, family, claimed, packet)

    def gone(self, link: Link) -> None:
        """Take the end of a connection."""
        self._links.discard(link)
        self._strangers.leave(link)
        if not self._closing:
            self._presence.leave(link)
        elif not self._links:
            self._emptied.set()


async def _close_all(links: AbstractSet[Link], emptied: asyncio.Event) -> None:
    """Close connections and wait until they are; cut those that take too long."""
    for link in tuple(links):
        link.wire.close("server_closing")
    if not links:
        emptied.set()
    try:
        async with asyncio.timeout(CLOSING_S):
            await emptied.wait()
    except TimeoutError:
        _logger.warning("%d connections did not close and are cut", len(links))
    for link in tuple(links):
        link.wire.abort()


def _crowd_out(link: Link) -> None:
    link.wire.ended_by = "crowded_out"
    link.wire.abort()
