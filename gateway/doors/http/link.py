"""One connection: reads requests one after the other, and answers each before it reads the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import cast

import h11

from anhu.contract.clock import Clock
from anhu.contract.proxies import Network, is_trusted, plain_address
from gateway.door_specs import HttpReply, HttpRequest
from gateway.doors.http.crowd import Crowd
from gateway.doors.http.pushing import Pushing
from gateway.doors.http.settings import HttpSettings

_METHODS = (b"POST", b"GET", b"PUT")
_MUST_CLOSE = (h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)


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
        self._settings, self._pushing, self._crowd, self._clock = settings, pushing, crowd, clock
        self._trusted, self.peer = trusted, caller
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=settings.max_head_bytes)
        self._transport: asyncio.Transport
        self._request: h11.Request | None = None
        self._body: list[bytes] = []
        self._body_bytes = 0
        self.held_bytes = 0
        self._since_s = 0.0  # of the present request, else of the end of the last one
        self._begun = False
        self._busy = self._reading = self._paused = self._stuck = self._ended = False

    @property
    def is_busy(self) -> bool:
        """Whether a request is whole and not answered."""
        return self._busy

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
        self._http.receive_data(data)
        if self._busy or self._stuck:
            self._transport.pause_reading()
            self._paused = True
        else:
            self._read()

    def overdue(self, now_s: float) -> str:
        """Return which counter counts why it must go; empty when it may stay. [s]."""
        waited_s = now_s - self._since_s
        if self._busy:
            return ""
        if self._begun or self._stuck:
            return "slow_closed" if waited_s > self._settings.request_s else ""
        return "idle_closed" if waited_s > self._settings.idle_s else ""

    def give_up(self) -> None:
        """Close it; a request that is not whole is told that it took too long."""
        if self._begun and not self._stuck and self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
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
        """Read on until a request is whole, or nothing is left; what is answered at once does not begin anew."""
        if self._reading:
            return
        self._reading = True
        try:
            self._read_on()
        except h11.RemoteProtocolError as error:
            self._pushing.counters.bad_requests += 1
            self._refuse(error.error_status_hint)
        finally:
            self._reading = False

    def _read_on(self) -> None:
        while not (self._busy or self._stuck or self._ended):
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._invite()
                return
            if event is h11.PAUSED or type(event) is h11.ConnectionClosed:
                return
            self._take(event)

    def _take(self, event: object) -> None:
        if type(event) is h11.Request:
            self._begin(event)
        elif type(event) is h11.Data:
            self._body_bytes += len(event.data)
            if self._body_bytes > self._settings.max_body_bytes:
                self._refuse_length()
            else:
                self._body.append(bytes(event.data))
        elif type(event) is h11.EndOfMessage and self._request is not None:
            self._hand_over(self._request)

    def _begin(self, request: h11.Request) -> None:
        """Look at a head: what is nobody's, or too long, is refused before its body comes."""
        self._request, self._body, self._body_bytes = request, [], 0
        if request.method not in _METHODS:
            self._pushing.counters.bad_requests += 1
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)
        elif any(name == b"content-length" and _exceeds(value, self._settings) for name, value in request.headers):
            self._refuse_length()
        elif self._pushing.family(request.target.decode("latin-1")) is None:
            self._refuse(HTTPStatus.NOT_FOUND)

    def _hand_over(self, request: h11.Request) -> None:
        headers: dict[str, str] = {}
        for raw, value in request.headers:
            name = raw.decode("latin-1")
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        whole = HttpRequest(
            method=request.method.decode("latin-1"),
            target=request.target.decode("latin-1"),
            headers=headers,
            body=b"".join(self._body),
            received_at_ms=self._clock.now_ms(),
        )
        self._body, self._busy, self._begun = [], True, False
        self._pushing.take(whole, self._caller(headers.get("x-forwarded-for", "")), self._answer)

    def _caller(self, forwarded: str) -> str:
        """Return the nearest address that is no proxy of ours."""
        nearest, hops = self.peer, forwarded.split(",")
        while hops and is_trusted(nearest, self._trusted):
            try:
                nearest = str(plain_address(hops.pop().strip()))
            except ValueError:
                break
        return nearest

    def _answer(self, reply: HttpReply) -> None:
        """Send the answer to the request that is whole, and read the next."""
        self._busy = False
        if self._ended:
            return
        self._crowd.release(self)
        self._since_s = asyncio.get_running_loop().time()
        self._send(reply)
        if self._http.our_state in _MUST_CLOSE:
            self._transport.close()
            return
        self._http.start_next_cycle()
        rest = len(self._http.trailing_data[0])
        self._begun = bool(rest)
        self._crowd.hold(self, rest)
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        self._read()

    def _send(self, reply: HttpReply, *more: tuple[str, str]) -> None:
        headers = [("content-type", reply.content_type), ("content-length", str(len(reply.body))), *more]
        head = self._http.send(h11.Response(status_code=reply.status, headers=headers))
        body = self._http.send(h11.Data(data=reply.body)) if reply.body else b""
        self._transport.write(b"".join(part for part in (head, body, self._http.send(h11.EndOfMessage())) if part))

    def _refuse(self, status: int) -> None:
        """Answer what is no request of ours, and close: what else comes would not be understood."""
        self._ended = True
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            text = f'{{"code":{status},"msg":"{HTTPStatus(status).phrase}"}}'
            self._send(HttpReply(status=status, body=text.encode()), ("connection", "close"))
        self._transport.close()

    def _refuse_length(self) -> None:
        self._pushing.counters.too_long += 1
        self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def _invite(self) -> None:
        """Say that a body may come, to whoever asks first (curl does for long ones)."""
        if self._http.they_are_waiting_for_100_continue:
            self._transport.write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")


def _exceeds(length: bytes, settings: HttpSettings) -> bool:
    return len(length) > 15 or int(length) > settings.max_body_bytes  # noqa: PLR2004 - h11 knows that it is a number
