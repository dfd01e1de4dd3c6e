"""A webhook receiver that records every call and misbehaves on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from notify.channels.webhook import WebhookSettings
from notify.fake_server import FakeServer, Taken

_POLL_S = 0.01
_MAX_BODY_BYTES = 1_048_576
_KEY = "idempotency-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that came, answered or not.

    Attributes
    ----------
    at_s : float
        `time.monotonic` when the body was complete. [s]
    status : int
        What was answered; 0 when nothing was.
    kept : bool
        Whether the receiver has the message now, whatever it answered.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    at_s: float
    status: int
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer to one call.

    Attributes
    ----------
    lie : bool
        Keep the message although the answer says otherwise.
    """

    status: int
    headers: Mapping[str, str]
    lie: bool = False


class WebhookServer(FakeServer):
    """Answers 204 to every POST, on a loopback port of its own; use it as a context manager.

    Attributes
    ----------
    calls : list of Call
        Everything that came, in order.
    replies : list of Reply
        Answers for the next calls, before anything else.
    fail_next : int
        Answer so many calls with `fail_status` before being well again.
    fail_status : int
        The status of a failing answer.
    before_answer : callable
        Called with each call in hand.
    """

    joined: ClassVar[int] = 0

    def __init__(self, port: int = 0) -> None:
        self.calls: list[Call] = []
        self.replies: list[Reply] = []
        self.fail_next = 0
        self.fail_status: int = HTTPStatus.SERVICE_UNAVAILABLE
        self.before_answer: Callable[[], object] = lambda: None
        self.delay_s = 0.0
        self.answers = 1
        self.silent = False
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), daemon=True)

    @property
    def url(self) -> str:
        """The address to call."""
        return self.address(self.port, "hook")

    @classmethod
    def settings(cls, port: int) -> WebhookSettings:  # noqa: ARG003 - the port stands in the address
        """Return settings that let calls reach the loopback."""
        return WebhookSettings(webhook_private=True)

    @classmethod
    def address(cls, port: int, name: str) -> str:
        """Return the URL of somebody with this name."""
        return f"http://127.0.0.1:{port}/{name}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop, letting go of the calls that were never answered."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def refuse(self, times: int, *, for_good: bool = False) -> None:
        """Answer the next calls with 503, or 410 for good."""
        status = HTTPStatus.GONE if for_good else HTTPStatus.SERVICE_UNAVAILABLE
        self.replies += [Reply(status=status, headers={})] * times

    def lie(self, times: int) -> None:
        """Keep the next messages and answer 500."""
        self.replies += [Reply(status=HTTPStatus.INTERNAL_SERVER_ERROR, headers={}, lie=True)] * times

    def taken(self) -> Sequence[Taken]:
        """Return the messages that it has, in order."""
        kept = [call for call in self.calls if call.kept]
        return [Taken(call.headers[_KEY], call.path, json.loads(call.body)["subject"]) for call in kept]

    def came(self) -> int:
        """Return how many calls came."""
        return len(self.calls)

    def keys(self) -> list[str]:
        """Return the idempotency key of every call, in order."""
        return [call.headers[_KEY] for call in self.calls]

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Record a call and return what to answer; status 0 for no answer."""
        with self._lock:
            reply = self._reply()
            kept = not reply.status or reply.status < HTTPStatus.MULTIPLE_CHOICES or reply.lie
            at_s = time.monotonic()
            self.calls.append(Call(path=path, headers=headers, body=body, at_s=at_s, status=reply.status, kept=kept))
        self.before_answer()
        self._closing.wait(self.delay_s)
        while not reply.status and self.silent and not self._closing.is_set():
            self._closing.wait(_POLL_S)
        return reply

    def _reply(self) -> Reply:
        if self.silent:
            return Reply(status=0, headers={})
        if self.replies:
            return self.replies.pop(0)
        if self.fail_next:
            self.fail_next -= 1
            return Reply(status=self.fail_status, headers={})
        return Reply(status=HTTPStatus.NO_CONTENT, headers={})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: a sender that hangs up is what it is for."""


def _handler(owner: WebhookServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), _MAX_BODY_BYTES)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            if len(body) < length:  # the caller died in its middle: half a call is no call
                self.close_connection = True
                return
            reply = owner.take(self.path, headers, body)
            if not reply.status:
                self.close_connection = True
                return
            for _ in range(owner.answers):
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: `calls` holds it all."""

    return Handler
