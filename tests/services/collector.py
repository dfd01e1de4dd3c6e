"""A collector of traces: takes OTLP over HTTP and reads it with the official protobuf."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

_NS = 1_000_000
_ERROR = 2


class SeenSpan(NamedTuple):
    """One span as it came."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    begun_ms: int
    ended_ms: int
    about: dict[str, str | int]
    is_error: bool


class Collector:
    """Listens on a loopback port of its own."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._bodies))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/traces"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def spans(self) -> list[SeenSpan]:
        """Return every span that came, in order."""
        return [span for body in list(self._bodies) for span in _spans(body)]


def _spans(body: bytes) -> list[SeenSpan]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        SeenSpan(
            service=str(_plain(of.resource.attributes)["service.name"]),
            name=span.name,
            trace=span.trace_id.hex(),
            span=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            begun_ms=span.start_time_unix_nano // _NS,
            ended_ms=span.end_time_unix_nano // _NS,
            about=_plain(span.attributes),
            is_error=span.status.code == _ERROR,
        )
        for of in request.resource_spans
        for scope in of.scope_spans
        for span in scope.spans
    ]


def _plain(attributes: list[KeyValue]) -> dict[str, str | int]:
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in attributes}


def _handler(bodies: list[bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_packed = self.headers.get("Content-Encoding") == "gzip"
            bodies.append(gzip.decompress(body) if is_packed else body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing."""

    return Handler
