"""Our own end of TLS, against OpenSSL's and against whatever else a network sends."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from tests.gateway.doors.mqtt.clients import until
from tests.gateway.doors.tls_ends import MEGABYTE, WAIT_S, End, Port
from tests.services.certificate import make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def serve(request: pytest.FixtureRequest, certificate: tuple[Path, Path]) -> Callable[..., None]:
    """Run what a client does, in a thread, against a port on the loop."""

    def run(client: Callable[[Port], None], make: Callable[[], End] = End) -> None:
        async def main() -> None:
            port = Port(certificate, make)
            await port.listener.listen("127.0.0.1", 0, 128)
            await asyncio.to_thread(client, port)
            for end in port.ends:
                assert await asyncio.to_thread(end.ended.wait, WAIT_S)
            port.listener.close()

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(main())

    return run


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_goes_in_comes_out(serve: Callable[..., None], version: ssl.TLSVersion) -> None:
    def client(port: Port) -> None:
        port.trusting.maximum_version = version
        rng = random.Random(3)  # noqa: S311 - bytes to compare
        with port.client() as sock:
            for size in (1, 5, 16_383, 16_384, 16_385, 100_000, rng.randrange(300_000)):
                said = rng.randbytes(size)
                sock.sendall(said)
                heard = b""
                while len(heard) < size:
                    heard += sock.recv(65_536)
                assert heard == said

    serve(client)


@pytest.mark.parametrize("seed", range(8))
def test_it_may_come_in_any_pieces(serve: Callable[..., None], seed: int) -> None:
    """A client whose every byte string is parted at random, the handshake too."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable one

    def client(port: Port) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = port.trusting.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with port.plain() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def exchange(step: Callable[[], bytes | int | None]) -> bytes | int | None:
                while True:
                    try:
                        return step()
                    except ssl.SSLWantReadError:
                        send()
                        incoming.write(sock.recv(rng.choice((1, 7, 900, 65_536))))

            def send() -> None:
                left = outgoing.read()
                while left:
                    size = rng.choice((1, 3, 50, 1_000, 20_000))
                    sock.sendall(left[:size])
                    left = left[size:]

            exchange(tls.do_handshake)
            said = rng.randbytes(rng.randrange(40_000))
            for first in range(0, len(said), 9_000):
                tls.write(said[first : first + 9_000])
            send()
            heard = b""
            while len(heard) < len(said):
                heard += bytes(exchange(lambda: tls.read(65_536)) or b"")
            assert heard == said

    serve(client)


@pytest.mark.parametrize("said", [b"", b"\x10\x10\0\4MQTT", b"GET / HTTP/1.1\r\n\r\n", b"\x16\3\1\0\x05\1\0\0\1\0" * 9])
def test_what_is_no_tls_is_sent_away(serve: Callable[..., None], said: bytes) -> None:
    def client(port: Port) -> None:
        with port.plain() as sock:
            sock.sendall(said)
            with contextlib.suppress(OSError):  # it may be gone already
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(1_024):
                    pass
        assert port.ends[0].ended.wait(WAIT_S)
        assert port.listener.failed_handshakes == 1
        assert not port.ends[0].got
        with port.client() as another:
            another.sendall(b"x")
            assert another.recv(1) == b"x"

    serve(client)


def test_a_reader_that_is_slow_holds_the_writer_back_and_gets_all(serve: Callable[..., None]) -> None:
    def client(port: Port) -> None:
        with port.client() as sock:
            sock.sendall(b"?")
            until(lambda: port.ends[0].waits)
            size = 0
            while size < 16 * MEGABYTE:
                size += len(sock.recv(MEGABYTE))
            sock.sendall(b"!")
            until(lambda: len(port.ends[0].got) == 2)
            assert port.ends[0].waits == [True, False]

    serve(client, lambda: End(lambda said: bytes(16 * MEGABYTE) if said == b"?" else b""))


def test_who_closes_sends_what_was_written_and_says_goodbye(serve: Callable[..., None]) -> None:
    def close_after(end: End) -> bytes:
        end.transport.write(bytes(8 * MEGABYTE))
        end.transport.close()
        end.transport.write(b"too late")
        return b""

    def make() -> End:
        end = End()
        end.answer = lambda _: close_after(end)
        return end

    def client(port: Port) -> None:
        with port.client() as sock:
            sock.sendall(b"?")
            heard = bytearray()
            while data := sock.recv(MEGABYTE):  # an end without goodbye would raise
                heard += data
            assert heard == bytes(8 * MEGABYTE)

    serve(client, make)


def test_nothing_is_read_while_reading_is_paused(serve: Callable[..., None]) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    class Paused(End):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if data.endswith(b"1"):
                loops.append(asyncio.get_running_loop())
                self.transport.pause_reading()

    def client(port: Port) -> None:
        with port.client() as sock:
            sock.sendall(b"1")
            assert sock.recv(10) == b"1"
            sock.sendall(b"2")
            sock.settimeout(0.3)
            with pytest.raises(TimeoutError):
                sock.recv(10)
            loops[0].call_soon_threadsafe(port.ends[0].transport.resume_reading)
            sock.settimeout(WAIT_S)
            assert sock.recv(10) == b"2"

    serve(client, Paused)


def test_what_the_protocol_writes_before_the_handshake_comes_after_it(serve: Callable[..., None]) -> None:
    class Eager(End):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.transport.write(b"welcome")
            assert self.transport.get_extra_info("peername")[0] == "127.0.0.1"
            assert self.transport.get_extra_info("nothing", 7) == 7

    def client(port: Port) -> None:
        with port.client() as sock:
            assert sock.recv(100) == b"welcome"

    serve(client, Eager)


def test_a_protocol_that_fails_ends_its_own_connection_alone(serve: Callable[..., None]) -> None:
    def fail(said: bytes) -> bytes:
        if said == b"bad":
            raise ValueError(said)
        return said

    def client(port: Port) -> None:
        with port.client() as good, port.client() as bad:
            bad.sendall(b"bad")
            assert port.ends[1].ended.wait(WAIT_S)
            assert isinstance(port.ends[1].error, ValueError)
            good.sendall(b"good")
            assert good.recv(10) == b"good"

    serve(client, lambda: End(fail))


@pytest.mark.parametrize("after", [0, 3, 150])
def test_who_vanishes_in_the_handshake_leaves_nothing(serve: Callable[..., None], after: int) -> None:
    def client(port: Port) -> None:
        outgoing = ssl.MemoryBIO()
        tls = port.trusting.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1")
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        sock = port.plain()
        sock.sendall(outgoing.read()[:after])
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
        sock.close()
        until(lambda: port.listener.failed_handshakes == 1)

    serve(client)


def test_an_end_that_is_aborted_is_told_once(serve: Callable[..., None]) -> None:
    class Aborted(End):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.transport.abort()
            self.transport.abort()
            self.transport.close()

    def client(port: Port) -> None:
        with port.client() as sock:
            with contextlib.suppress(OSError):
                sock.sendall(b"x" * 100_000)
                while sock.recv(65_536):
                    pass
            assert port.ends[0].ended.wait(WAIT_S)

    serve(client, Aborted)
