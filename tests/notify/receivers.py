"""Little real servers on the other end of the channels: they take, refuse, stall and forget as they are told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Call:
    """One request that a webhook received."""

    headers: Mapping[str, str]
    body: bytes


@dataclass
class WebhookReceiver:
    """Answers with `answers` in turn, then with 204; `before_answer` runs after the request was taken."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    before_answer: Callable[[], object] = lambda: None

    def keys(self) -> list[str]:
        """Return the idempotency keys received, in order."""
        return [call.headers["Idempotency-Key"] for call in self.calls]


@contextmanager
def webhook_receiver() -> Iterator[WebhookReceiver]:
    """Start a receiver on a free port."""
    receiver = WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append(Call(dict(self.headers), body))
            receiver.before_answer()
            status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: a sender that hangs up is a part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join(timeout=5)


@dataclass
class MailServer:
    """Answers RCPT with `rcpt`, and DATA's end with `data`."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    rcpt: str = "250 ok"
    data: str = "250 queued"
    before_answer: Callable[[], object] = lambda: None


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Start a mail server on a free port."""
    state = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 test")
            while line := self.rfile.readline().decode().strip():
                verb = line.split(":")[0].upper()
                if verb == "DATA":
                    self.say("354 go on")
                    raw = b"".join(iter(self.rfile.readline, b".\r\n"))
                    mail = message_from_bytes(raw, policy=policy.default)
                    assert isinstance(mail, EmailMessage)
                    state.mails.append(mail)
                    state.before_answer()
                    self.say(state.data)
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say(state.rcpt if verb == "RCPT TO" else "250 ok")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: a sender that hangs up is a part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join(timeout=5)
