"""A webhook receiver that records every call and misbehaves on demand: for tests, and for the demo's doctor."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_POLL_S = 0.01
_MAX_BODY_BYTES = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that came, answered or not.

    Attributes
    ----------
    at_s : float
        `time.monotonic` when the body was complete. [s]
    status : int
        What was answered; 0 when nothing was.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    at_s: float
    status: int


class WebhookServer:
    """Answers 204 to every POST, on a loopback port of its own; use it as a context manager.

    Attributes
    ----------
    calls : list of Call
        Everything that came, in order.
    fail_next : int
        Answer so many calls with `fail_status` before being well again.
    fail_status : int
        The status of a failing answer.
    delay_s : float
        Wait before answering. [s]
    answers : int
        How often each call is answered: a broken receiver says it twice.
    silent : bool
        Take the call and never answer it, until told otherwise or closed.
    """

    def __init__(self, port: int = 0) -> None:
        self.calls: list[Call] = []
        self.fail_next = 0
        self.fail_status = 503
        self.delay_s = 0.0
        self.answers = 1
        self.silent = False
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        """The address to call."""
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop, letting go of the calls that were never answered."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def wait_for(self, calls: int, timeout_s: float = 10.0) -> bool:
        """Wait until so many calls have come. False when the time ran out. [s]."""
        deadline = time.monotonic() + timeout_s
        while len(self.calls) < calls:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def _take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Record a call and return the status to answer with; 0 for no answer."""
        with self._lock:
            status = 0 if self.silent else 204
            if status and self.fail_next:
                self.fail_next -= 1
                status = self.fail_status
            self.calls.append(Call(path=path, headers=headers, body=body, at_s=time.monotonic(), status=status))
        self._closing.wait(self.delay_s)
        while not status and self.silent and not self._closing.is_set():
            self._closing.wait(_POLL_S)
        return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length") or 0), _MAX_BODY_BYTES)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length)
                if len(body) < length:  # the caller died in its middle: half a call is no call
                    self.close_connection = True
                    return
                status = owner._take(self.path, headers, body)
                if not status:
                    self.close_connection = True
                    return
                for _ in range(owner.answers):
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                """Say nothing: `calls` holds it all."""

        return Handler
