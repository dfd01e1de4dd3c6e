"""In front of the real InfluxDB: lets through, or answers in its place (429, 503, 400 on a part, 413), or is slow."""

from __future__ import annotations

import gzip
import http.client
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

_TAKEN = ("host", "connection", "content-length", "transfer-encoding")


class Refusal(NamedTuple):
    """What is answered in InfluxDB's place to a write.

    Attributes
    ----------
    status : int
        Of the answer.
    holding : bytes
        Only to a write that holds this; empty for every write.
    longer_than : int
        Only to a write longer than this. [byte]
    retry_after_s : int
        What the answer asks for; 0: nothing. [s]
    """

    status: int
    holding: bytes = b""
    longer_than: int = 0
    retry_after_s: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who is killed in the middle of a request resets its connection."""


class InfluxGate:
    """A proxy on a loopback port of its own.

    Attributes
    ----------
    refusal : Refusal or None
        In force until it is taken away.
    delay_s : float
        Before every write is passed on. [s]
    writes, refused : int
        What came and what was refused.
    """

    def __init__(self, to_port: int) -> None:
        self.refusal: Refusal | None = None
        self.delay_s = 0.0
        self.writes = self.refused = 0
        self._to_port = to_port
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def refuses(self, path: str, encoding: str, body: bytes) -> Refusal | None:
        """Return what to answer in InfluxDB's place, or None to pass the request on."""
        if not path.startswith("/api/v2/write"):
            return None
        self.writes += 1
        time.sleep(self.delay_s)
        refusal = self.refusal
        if refusal is None or len(body) <= refusal.longer_than:
            return None
        plain = gzip.decompress(body) if encoding == "gzip" else body
        if refusal.holding not in plain:
            return None
        self.refused += 1
        return refusal

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                refusal = gate.refuses(self.path, self.headers.get("Content-Encoding", ""), body)
                if refusal is not None:
                    asked = {"Retry-After": str(refusal.retry_after_s)} if refusal.retry_after_s else {}
                    self._answer(refusal.status, asked, b'{"code":"harness","message":"the harness refuses this"}')
                    return
                headers = {k: v for k, v in self.headers.items() if k.lower() not in _TAKEN}
                far = http.client.HTTPConnection("127.0.0.1", gate._to_port, timeout=60)
                try:
                    far.request(self.command, self.path, body, headers)
                    answer = far.getresponse()
                    kept = {k: v for k, v in answer.getheaders() if k.lower() not in _TAKEN}
                    self._answer(answer.status, kept, answer.read())
                except OSError:
                    self.close_connection = True
                finally:
                    far.close()

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if body:
                    self.wfile.write(body)

            do_GET = do_POST = do_DELETE = _pass  # noqa: N815 - the base class names them so

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                """Say nothing."""

        return Handler
