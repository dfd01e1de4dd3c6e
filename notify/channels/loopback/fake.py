"""The telephone itself: a receiver on the loopback, or on a network; used by the heartbeat and by the tests."""

from __future__ import annotations

import hmac
import json
import threading
from collections import deque
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from notify.channels.loopback import LoopbackSettings, signature
from notify.fake_server import FakeServer, Taken

_POLL_S = 0.05
_KEPT = 1_000
_MAX_BODY_BYTES = 262_144
_SLOWEST_S = 10.0
_SILENT_POLL_S = 0.01


class LoopbackPhone(FakeServer):
    """Answers 204 to every message; keeps the last thousand.

    Parameters
    ----------
    host, port : str, int
        Where it listens.
    secret : str
        What comes without its signature is answered 403 and is nobody's message; empty: everybody is believed.

    Attributes
    ----------
    refused : int
        How many were not believed.
    """

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", secret: str = "") -> None:
        self._secret = secret
        self.refused = 0
        self.delay_s = 0.0
        self.answers = 1
        self.silent = False
        self._lock = threading.Lock()
        self._taken: deque[Taken] = deque(maxlen=_KEPT)
        self._came = 0
        self._statuses: deque[tuple[int, bool]] = deque()
        self._closing = threading.Event()
        self._server = _Server((host, port), _handler(self))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), daemon=True)

    @classmethod
    def settings(cls, port: int) -> LoopbackSettings:  # noqa: ARG003 - the port stands in the address
        """Return the settings."""
        return LoopbackSettings()

    @classmethod
    def address(cls, port: int, name: str) -> str:
        """Return the address of somebody with this name."""
        return f"http://127.0.0.1:{port}/{name}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop, letting go of what was never answered."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def refuse(self, times: int, *, for_good: bool = False) -> None:
        """Answer the next messages with 503, or 410 for good."""
        self._statuses.extend([(HTTPStatus.GONE if for_good else HTTPStatus.SERVICE_UNAVAILABLE, False)] * times)

    def lie(self, times: int) -> None:
        """Keep the next messages and answer 503."""
        self._statuses.extend([(HTTPStatus.SERVICE_UNAVAILABLE, True)] * times)

    def taken(self) -> Sequence[Taken]:
        """Return the messages that it has, in order."""
        with self._lock:
            return list(self._taken)

    def came(self) -> int:
        """Return how many messages came, whatever was answered to them."""
        return self._came

    def is_genuine(self, key: str, body: bytes, signed: str) -> bool:
        """Tell whether the platform said it; a stranger's word is counted."""
        expected = signature(self._secret, key, body)
        genuine = not self._secret or hmac.compare_digest(expected.encode(), signed.encode("utf-8", "replace"))
        with self._lock:
            self.refused += not genuine
        return genuine

    def take(self, key: str, to: str, body: bytes) -> tuple[int, int]:
        """Take a message; return the status to answer, and how often. 0: no answer."""
        with self._lock:
            self._came += 1
            status, kept = self._statuses.popleft() if self._statuses else (HTTPStatus.NO_CONTENT, True)
            if kept:
                self._taken.append(Taken(key, to, json.loads(body)["subject"]))
        if self.silent or self.delay_s:
            self._closing.wait(self.delay_s)
        while self.silent and not self._closing.wait(_SILENT_POLL_S):
            pass
        return (0 if self._closing.is_set() else int(status)), self.answers


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


def _handler(phone: LoopbackPhone) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _SLOWEST_S

        def do_POST(self) -> None:
            told = self.headers.get("content-length", "")
            body = self.rfile.read(min(int(told), _MAX_BODY_BYTES)) if told.isdecimal() else b""
            name, key = self.path.strip("/"), self.headers.get("idempotency-key", "")
            if phone.is_genuine(key, body, self.headers.get("anhu-signature", "")):
                status, times = phone.take(key, name, body)
            else:
                status, times = int(HTTPStatus.FORBIDDEN), 1
            for _ in range(times if status else 0):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
            self.close_connection = not status or times > 1 or status == HTTPStatus.FORBIDDEN

        def log_message(self, *_: object) -> None:
            """Say nothing: the caller tells what came."""

    return Handler
