"""One connection: reads requests one after the other, and answers each before it reads the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import cast

from anhu.contract.clock import Clock
from anhu.contract.proxies import Network, is_trusted, plain_address
from gateway.door_specs import HttpReply
from gateway.doors.http.crowd import Crowd
from gateway.doors.http.pushing import Pushing
from gateway.doors.http.request_reader import RefusedError, RequestReader
from gateway.doors.http.settings import HttpSettings

_CLOSE = ("connection", "close")


class Link(asyncio.Protocol):
    """A vendor's connection.

    Parameters
    ----------
    trusted : sequence of network
        Proxies whose ``X-Forwarded-For`` counts.
    caller : str
        Whose connection a balancer passes on; empty when it is the other end's own.
    """

    def __init__(
        self,
        settings: HttpSettings,
        pushing: Pushing,
        crowd: Crowd,
        clock: Clock,
        *,
        trusted: Sequence[Network] = (),
        caller: str = "",
    ) -> None:
        self._settings, self._pushing, self._crowd = settings, pushing, crowd
        self._trusted, self.peer = trusted, caller
        self._requests = RequestReader(settings, pushing.knows, clock.now_ms)
        self._transport: asyncio.Transport
        self.held_bytes = 0
        self.is_busy = self.is_owed = False
        """Whether a request is whole and not answered; whether somebody genuine may wait for the answer."""
        self._since_s = 0.0  # of the present request, else of the end of the last one
        self._begun = self._reading = self._paused = self._stuck = self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.peer = self.peer or (str(peer[0]) if peer else "")
        self._since_s = asyncio.get_running_loop().time()
        self._crowd.arrive(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        """End; what was whole goes on to the LOG."""
        self._ended = True
        self._crowd.leave(self)

    def pause_writing(self) -> None:
        """Answer no more until the other end reads."""
        self._stuck = True

    def resume_writing(self) -> None:
        """Go on."""
        self._stuck = False
        self._since_s = asyncio.get_running_loop().time()
        self._read()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        if self._ended:
            return
        if not self._begun:
            self._begun = True
            self._since_s = asyncio.get_running_loop().time()
        self._crowd.hold(self, len(data))
        if self._ended:
            return
        self._requests.feed(data)
        if self.is_busy or self._stuck:
            self._transport.pause_reading()
            self._paused = True
        else:
            self._read()

    def overdue(self, now_s: float) -> str:
        """Return which counter counts why it must go; empty when it may stay. [s]."""
        waited_s = now_s - self._since_s
        if self.is_busy:
            return ""
        if self._begun or self._stuck:
            return "slow_closed" if waited_s > self._settings.request_s else ""
        return "idle_closed" if waited_s > self._settings.idle_s else ""

    def give_up(self) -> None:
        """Close it; a request that is not whole is told that it took too long."""
        if self._begun and not self._stuck and self._requests.can_answer:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._transport.abort()

    def abort(self) -> None:
        """Close it without a word."""
        self._ended = True
        self._transport.abort()

    def close(self) -> None:
        """Close it once what was answered has left."""
        if not self._ended:
            self._transport.close()

    def _read(self) -> None:
        """Hand over whole requests, until one is waited for; what is answered at once does not begin anew."""
        if self._reading:
            return
        self._reading = True
        try:
            while not (self.is_busy or self._stuck or self._ended):
                request = self._requests.next()
                if request is None:
                    self._transport.write(self._requests.invitation())
                    break
                self.is_busy, self.is_owed, self._begun = True, True, False
                caller = _caller(self.peer, request.headers.get("x-forwarded-for", ""), self._trusted)
                self.is_owed = self._pushing.take(request, caller, self._answer) and self.is_busy
        except RefusedError as refused:
            self._pushing.counters.count(refused.counter)
            self._refuse(refused.status)
        finally:
            self._reading = False

    def _answer(self, reply: HttpReply) -> None:
        """Send the answer to the request that is whole, and read the next."""
        self.is_busy = self.is_owed = False
        if self._ended:
            return
        self._crowd.release(self)
        self._since_s = asyncio.get_running_loop().time()
        self._transport.write(self._requests.answer(reply))
        more = self._requests.start_next()
        if more is None:
            self._transport.close()
            return
        if more:
            self._begun = True
            self._crowd.hold(self, more)
        if self._paused and not self._ended:
            self._paused = False
            self._transport.resume_reading()
        self._read()

    def _refuse(self, status: int) -> None:
        """Answer what is no request of ours, and close: what else comes would not be understood."""
        self._ended = True
        text = f'{{"code":{int(status)},"msg":"{HTTPStatus(status).phrase}"}}'
        self._transport.write(self._requests.answer(HttpReply(status=status, body=text.encode()), _CLOSE))
        self._transport.close()


def _caller(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the nearest address that is no proxy of ours."""
    nearest, hops = peer, forwarded.split(",") if trusted else []
    while hops and is_trusted(nearest, trusted):
        try:
            nearest = str(plain_address(hops.pop().strip()))
        except ValueError:
            break
    return nearest
