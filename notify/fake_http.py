"""A fake other end that speaks HTTP with JSON: what is the same for every provider's."""

from __future__ import annotations

import json
import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from notify.fake_server import FakeServer, Taken

_POLL_S = 0.01
_MAX_BODY_BYTES = 1_048_576


class Call(NamedTuple):
    """One request that came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return its body."""
        read = json.loads(self.body or b"{}")
        return read if isinstance(read, dict) else {}


class Said(NamedTuple):
    """What is answered.

    Attributes
    ----------
    taken : Taken, optional
        The message that it has now, whatever it answers.
    """

    body: Mapping[str, Any]
    status: int = HTTPStatus.OK
    taken: Taken | None = None
    headers: Mapping[str, str] = {}


class FakeHttp(FakeServer):
    """Answers POSTs on a loopback port of its own.

    Attributes
    ----------
    calls : list of Call
        Everything that came, in order; tokens and the like included.
    """

    def __init__(self, port: int = 0) -> None:
        self.calls: list[Call] = []
        self.delay_s = 0.0
        self.answers = 1
        self.silent = False
        self._kept: list[Taken] = []
        self._messages = 0
        self._next: list[str] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), daemon=True)

    @abstractmethod
    def is_message(self, call: Call) -> bool:
        """Tell whether a request would send a message; the others fetch tokens."""

    @abstractmethod
    def answer(self, call: Call) -> Said:
        """Look at a request as the provider does, signature first, and answer."""

    @abstractmethod
    def trouble(self, call: Call, what: str) -> Said:
        """Return the provider's own words for ``busy`` or ``gone``."""

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
        """Refuse the next messages."""
        self._next += ["gone" if for_good else "busy"] * times

    def lie(self, times: int) -> None:
        """Keep the next messages, and say that they were not taken."""
        self._next += ["lie"] * times

    def taken(self) -> Sequence[Taken]:
        """Return the messages that it has, in order."""
        return list(self._kept)

    def came(self) -> int:
        """Return how many messages came, whatever was answered to them."""
        return self._messages

    def take(self, call: Call) -> Said | None:
        """Record a call and return what to answer; None for no answer."""
        with self._lock:
            self.calls.append(call)
            said = self._said(call)
            if said.taken is not None:
                self._kept.append(said.taken)
        self._closing.wait(self.delay_s)
        if not self.silent:
            return said
        while self.silent and not self._closing.is_set():
            self._closing.wait(_POLL_S)
        return None

    def _said(self, call: Call) -> Said:
        if not self.is_message(call):
            return self.answer(call)
        self._messages += 1
        what = self._next.pop(0) if self._next and not self.silent else ""
        if what == "lie":
            return self.trouble(call, "busy")._replace(taken=self.answer(call).taken)
        return self.trouble(call, what) if what else self.answer(call)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: a sender that hangs up is what it is for."""


def _handler(owner: FakeHttp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), _MAX_BODY_BYTES)
            body = self.rfile.read(length)
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = owner.take(Call(url.path, query, headers, body)) if len(body) == length else None
            if said is None:
                self.close_connection = True
                return
            content = json.dumps(said.body, ensure_ascii=False).encode()
            for _ in range(owner.answers):
                self.send_response(said.status)
                for name, value in {"Content-Type": "application/json", **said.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: `calls` holds it all."""

    return Handler
