"""The HTTP push door: listens, and looks after everything that runs beside the connections."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from anhu.contract.clock import Clock
from anhu.contract.proxies import Network
from gateway.directory import Directory, Products
from gateway.doors.device_cache import DeviceCache
from gateway.doors.http.crowd import Crowd
from gateway.doors.http.link import Link
from gateway.doors.http.product_cache import ProductCache
from gateway.doors.http.pushing import Pushing
from gateway.doors.http.settings import HttpSettings
from gateway.doors.proxy_protocol import Proxies, ProxyEntrance
from gateway.doors.tls_listener import TlsListener
from gateway.intake import Intake
from gateway.quarantine import Quarantine

_logger = logging.getLogger(__name__)
_BACKLOG = 1_024
_THREADS = 2
_CLOSING_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpListener:
    """Where to listen; port 0 takes a free one, a TLS context makes it ``https``."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None


class HttpServer:
    """Takes pushes of vendors' clouds, ``POST /push/{product}[/{rest}]``.

    Parameters
    ----------
    intake : Intake
        Decodes and keeps what comes.
    directory, products : Directory, Products
        Whose devices are spoken for, and by whom.
    trusted : sequence of network
        Proxies whose word on the caller's address counts: PROXY protocol, or ``X-Forwarded-For``.
    quarantine : Quarantine
        Takes what devices say that nobody enrolled, or that are switched off.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        directory: Directory,
        products: Products,
        clock: Clock,
        listeners: Sequence[HttpListener] = (HttpListener(),),
        settings: HttpSettings | None = None,
        quarantine: Quarantine,
        trusted: Sequence[Network] = (),
    ) -> None:
        self._settings = settings = settings or HttpSettings()
        self._intake, self._listeners = intake, listeners
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="push-lookup")
        self._devices = DeviceCache(directory, self._executor)
        self._products = ProductCache(products, self._executor, settings.products_poll_s)
        self._pushing = pushing = Pushing(settings, intake, self._products, self._devices, clock, quarantine=quarantine)
        self._crowd = crowd = Crowd(settings, pushing.counters, tuple(trusted))

        def made(caller: str = "") -> Link:
            return Link(settings, pushing, crowd, clock, trusted=trusted, caller=caller)

        self._new_link: Callable[[str], Link] = made
        self._proxies = Proxies(trusted, made) if trusted else None
        self._tasks: list[asyncio.Task[None]] = []
        self._servers: list[asyncio.Server | TlsListener] = []

    async def start(self) -> None:
        """Listen. Raises `OSError` where a port is taken."""
        await self._devices.start()
        await self._products.start()
        for listener in self._listeners:
            self._servers.append(await self._listen(listener))
        for work in (self._products.run(), self._follow(), self._crowd.sweep()):
            self._spawn(work)

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports listened on, in the listeners' order."""
        return tuple(server.sockets[0].getsockname()[1] for server in self._servers)

    def health(self) -> dict[str, int]:
        """Return counts since the start and the present numbers, by name."""
        tls = (s.failed_handshakes for s in self._servers if isinstance(s, TlsListener))
        now = {
            "connected": len(self._crowd.guests),
            "held_bytes": self._crowd.held_bytes,
            "products": len(self._products.known),
            "products_unread": self._products.failed_reads,
            "products_locked": sum(one.key_unreadable for one in self._products.known.values()),
            "failed_handshakes": sum(tls),
        }
        return asdict(self._pushing.counters) | now

    async def close(self) -> None:
        """Take no more; answer what is on its way, and close."""
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        end_s = asyncio.get_running_loop().time() + _CLOSING_S
        while self._crowd.any_busy() and asyncio.get_running_loop().time() < end_s:
            await self._intake.aclose()
            await asyncio.sleep(0.01)
        for guest in tuple(self._crowd.guests):
            guest.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _follow(self) -> None:
        """Forget the devices that changed."""
        while True:
            await asyncio.sleep(self._settings.directory_poll_s)
            try:
                await self._devices.refresh()
            except Exception:
                _logger.exception("the directory did not answer; devices that were known stay")

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work, name="push door"))

    async def _listen(self, listener: HttpListener) -> asyncio.Server | TlsListener:
        if listener.tls is not None:
            opened = TlsListener(listener.tls, lambda: self._new_link(""), self._proxies)
            await opened.listen(listener.host, listener.port, _BACKLOG)
            return opened
        proxies, loop = self._proxies, asyncio.get_running_loop()
        made = (lambda: self._new_link("")) if proxies is None else (lambda: ProxyEntrance(proxies))
        return await loop.create_server(made, listener.host, listener.port, backlog=_BACKLOG)
