"""HTTP connections that say nothing, or too slowly, are ended; a new caller never waits for a silent one.

uvicorn ends a connection that is idle after an answer. What it leaves open for ever is ended here: one that never asks,
one whose headers or body do not come to an end. Where too many are open, of all or of one address, the one that has
been silent longest goes, so that the desk behind the same address gets in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from anhu.contract.proxies import Network, address_group, is_trusted

HEADERS_S = 10.0
BODY_S = 20.0
_LOOK_S = 1.0


@dataclass(slots=True, kw_only=True)
class Connections:
    """All connections of the process.

    Attributes
    ----------
    most, most_per_address : int
        How many may be open. A trusted proxy may have as many as there are.
    trusted : tuple of networks
        The proxies.
    headers_s, body_s : float
        How long a request's headers, and after them its body, may take. [s]
    ended : dict
        How many were ended, by why.
    """

    most: int
    most_per_address: int
    trusted: tuple[Network, ...] = ()
    headers_s: float = HEADERS_S
    body_s: float = BODY_S
    ended: dict[str, int] = field(default_factory=lambda: {"slow": 0, "crowded": 0})
    _open: dict[Connection, str] = field(default_factory=dict)
    _of_address: dict[str, dict[Connection, None]] = field(default_factory=dict)

    def protocol(self) -> Callable[..., asyncio.Protocol]:
        """Return what uvicorn makes for every connection."""

        def make(*args: Any, **more: Any) -> Connection:  # noqa: ANN401 - uvicorn's own arguments, handed through
            return Connection(self, *args, **more)

        return make

    def opened(self, connection: Connection, address: str) -> None:
        """Take a new one in; where there are too many, one goes."""
        group = address_group(address)
        neighbours = self._of_address.setdefault(group, {})
        if len(neighbours) >= self.most_per_address and not is_trusted(address, self.trusted):
            self._make_room(neighbours)
        elif len(self._open) >= self.most:
            self._make_room(max(self._of_address.values(), key=len))
        self._open[connection] = group
        self._of_address.setdefault(group, {})[connection] = None

    def closed(self, connection: Connection) -> None:
        """Forget one."""
        group = self._open.pop(connection, None)
        if group is None:
            return
        self._of_address[group].pop(connection, None)
        if not self._of_address[group]:
            del self._of_address[group]

    def _make_room(self, among: dict[Connection, None]) -> None:
        """End the oldest that asks nothing; when all ask, the oldest of all."""
        silent: Iterator[Connection] = (one for one in among if one.waits_since_s is not None)
        self._end(next(silent, next(iter(among))), "crowded")

    def _end(self, connection: Connection, why: str) -> None:
        self.ended[why] += 1
        self.closed(connection)
        connection.transport.abort()

    def end_slow(self, now_s: float) -> None:
        """End those whose request does not come to an end."""
        for connection in list(self._open):
            if connection.is_slow(now_s, headers_s=self.headers_s, body_s=self.body_s):
                self._end(connection, "slow")

    async def run(self) -> None:
        """Look every second until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_S)
            self.end_slow(loop.time())


class Connection(H11Protocol):
    """One connection, which knows since when it waits for the end of a request."""

    def __init__(self, connections: Connections, *args: Any, **more: Any) -> None:  # noqa: ANN401 - uvicorn's own arguments
        super().__init__(*args, **more)
        self._all = connections
        self.waits_since_s: float | None = None
        self._body_since_s: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.waits_since_s = self.loop.time()
        self._all.opened(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        """Be forgotten."""
        self._all.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read; what is not whole afterwards is waited for, counted from where it began."""
        super().data_received(data)
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering:
            self.waits_since_s = self.waits_since_s or self.loop.time()
        elif not self.cycle.more_body:
            self.waits_since_s = self._body_since_s = None
        elif self._body_since_s is None:
            self.waits_since_s, self._body_since_s = None, self.loop.time()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._body_since_s = None
        self.waits_since_s = self.loop.time()
        super().on_response_complete()

    def is_slow(self, now_s: float, *, headers_s: float, body_s: float) -> bool:
        """Tell whether the end of headers or body is overdue."""
        if self._body_since_s is not None:
            return now_s - self._body_since_s > body_s
        return self.waits_since_s is not None and now_s - self.waits_since_s > headers_s
