"""A webhook's certificate is checked for its own name, also when another name leads to the same address."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import certifi
import pytest

from notify import outgoing
from notify.channel import Recipient, RetryableError
from notify.channels.webhook.sender import Webhook
from tests.conformance.test_channels import CLOCK, MESSAGE
from tests.services.certificate import make_certificate


class Receiver(BaseHTTPRequestHandler):
    """Takes everything, and would keep the connection open."""

    protocol_version = "HTTP/1.1"
    calls: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.calls.append(self.headers["Host"])
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[str]]]:
    """Both names lead to one server, which has a certificate for the first alone."""
    certificate, key = make_certificate(tmp_path, "a.test")
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))

    async def checked_address(host: str, port: int, *, allow_private: bool) -> str:
        assert (host in ("a.test", "b.test"), port, allow_private) == (True, server.server_port, True)
        return "127.0.0.1"

    monkeypatch.setattr(outgoing, "checked_address", checked_address)
    calls: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Taking", (Receiver,), {"calls": calls}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, calls
    server.shutdown()
    server.server_close()


def test_a_certificate_of_another_name_is_refused_before_and_after(receiver: tuple[int, list[str]]) -> None:
    port, calls = receiver

    async def scene() -> list[bool]:
        channel = Webhook(CLOCK, allow_private=True)
        took = []
        for name in ("b.test", "a.test", "b.test", "a.test", "b.test"):
            try:
                await channel.send(MESSAGE, Recipient(address=f"https://{name}:{port}/hook", secret="s"))
                took.append(True)
            except RetryableError:
                took.append(False)
        await channel.close()
        return took

    assert asyncio.run(scene()) == [False, True, False, True, False]
    assert calls == [f"a.test:{port}"] * 2


def test_many_at_once_do_not_borrow_each_others_connections(receiver: tuple[int, list[str]]) -> None:
    port, calls = receiver

    async def scene() -> list[bool]:
        channel = Webhook(CLOCK, allow_private=True)
        to = [Recipient(address=f"https://{name}:{port}/hook", secret="s") for name in ("a.test", "b.test") * 10]
        found = await asyncio.gather(*(channel.send(MESSAGE, one) for one in to), return_exceptions=True)
        await channel.close()
        return [not isinstance(one, BaseException) for one in found]

    assert asyncio.run(scene()) == [True, False] * 10
    assert set(calls) == {f"a.test:{port}"}
