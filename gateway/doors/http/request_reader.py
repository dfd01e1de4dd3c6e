"""Bytes of one connection to whole requests, and answers to bytes: HTTP/1.1 by h11, within limits."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus

import h11

from gateway.door_specs import HttpReply, HttpRequest
from gateway.doors.http.settings import HttpSettings

_METHODS = (b"POST", b"GET", b"PUT")
_MUST_CLOSE = (h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)
_MOST_DIGITS = 15


class RefusedError(Exception):
    """A request that is none, over a limit, or to nobody's address: it is answered with a status, and ended.

    Attributes
    ----------
    counter : str
        Which counter counts it; empty when it is counted already.
    """

    def __init__(self, status: int, counter: str) -> None:
        super().__init__(status)
        self.status, self.counter = status, counter


class RequestReader:
    """Reads requests one after the other; the next one only once the last is answered.

    Parameters
    ----------
    is_known : callable
        ``is_known(target)``: whether somebody has this address; nobody's body is not read.
    """

    def __init__(self, settings: HttpSettings, is_known: Callable[[str], bool], now_ms: Callable[[], int]) -> None:
        self._settings, self._is_known, self._now_ms = settings, is_known, now_ms
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=settings.max_head_bytes)
        self._request: h11.Request | None = None
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._body_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._http.receive_data(data)

    def next(self) -> HttpRequest | None:
        """Return the next whole request; None until it has come. Raises `RefusedError`."""
        try:
            while True:
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED or type(event) is h11.ConnectionClosed:
                    return None
                if type(event) is h11.Request:
                    self._begin(event)
                elif type(event) is h11.Data:
                    self._go_on(bytes(event.data))
                elif type(event) is h11.EndOfMessage and self._request is not None:
                    return self._whole(self._request)
        except h11.RemoteProtocolError as error:
            raise RefusedError(error.error_status_hint, "bad_requests") from None

    def invitation(self) -> bytes:
        """Return what tells somebody who asked first that a body may come (curl does for long ones)."""
        if not self._http.they_are_waiting_for_100_continue:
            return b""
        return self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b""

    def answer(self, reply: HttpReply, *more: tuple[str, str]) -> bytes:
        """Return the answer to the request that is whole, or to what is none; nothing where none can be given."""
        if not self.can_answer:
            return b""
        parts = [self._http.send(_head(reply.status, reply.content_type, len(reply.body), *more))]
        parts += [self._http.send(h11.Data(data=reply.body))] if reply.body else []
        parts.append(self._http.send(h11.EndOfMessage()))
        return b"".join(filter(None, parts))

    @property
    def can_answer(self) -> bool:
        """Whether an answer may be given now."""
        return self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE)

    def start_next(self) -> int | None:
        """Go on after an answer; return how much of the next request is there, None where none may follow. [byte]."""
        if self._http.our_state in _MUST_CLOSE:
            return None
        self._http.start_next_cycle()
        return len(self._http.trailing_data[0])

    def _begin(self, request: h11.Request) -> None:
        """Look at a head: what is nobody's, or too long, is refused before its body comes."""
        self._request, self._body, self._body_bytes = request, [], 0
        headers, head_bytes = _headers_of(request)
        self._headers = headers
        if request.method not in _METHODS:
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "bad_requests")
        if (
            head_bytes > self._settings.max_head_bytes
        ):  # of a head that came in one piece: h11 bounds those it waits for
            raise RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too_long")
        if "transfer-encoding" in headers and "content-length" in headers:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "bad_requests")  # a proxy may have believed the other one
        length = headers.get("content-length", "0")
        if len(length) > _MOST_DIGITS or int(length) > self._settings.max_body_bytes:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_long")
        if not self._is_known(request.target.decode("latin-1")):
            raise RefusedError(HTTPStatus.NOT_FOUND, "")

    def _go_on(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes > self._settings.max_body_bytes:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_long")
        self._body.append(data)

    def _whole(self, request: h11.Request) -> HttpRequest:
        body, self._body = b"".join(self._body), []
        return HttpRequest(
            method=request.method.decode("latin-1"),
            target=request.target.decode("latin-1"),
            headers=self._headers,
            body=body,
            received_at_ms=self._now_ms(),
        )


def _headers_of(request: h11.Request) -> tuple[dict[str, str], int]:
    """Return the headers by name, and how long they and the target are. [byte]."""
    headers: dict[str, str] = {}
    length = len(request.target)
    for raw, value in request.headers:
        length += len(raw) + len(value)
        name, text = raw.decode("latin-1"), value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers, length


@lru_cache(maxsize=256)
def _head(status: int, content_type: str, length: int, *more: tuple[str, str]) -> h11.Response:
    headers = [("content-type", content_type), ("content-length", str(length)), *more]
    return h11.Response(status_code=status, headers=headers)
