"""One TLS connection: OpenSSL straight on the socket, and no buffers of ours while nothing moves.

asyncio's and uvloop's own put OpenSSL between two buffers in memory. uvloop's kept 25 kB of an idle device, 56 kB after
all devices had come back once and 82 kB after twice (2,000 devices, OpenSSL 3.0); this one keeps what OpenSSL keeps.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gateway.doors.psk import identity_of

_RECORD_BYTES = 16_384  # the most that one TLS record holds (RFC 8446 §5.1): nothing stays behind inside OpenSSL
_RECORDS_A_TURN = 16
_HIGH_BYTES, _LOW_BYTES = 65_536, 16_384


class TlsTransport(asyncio.Transport):
    """The server's end of an accepted connection.

    The protocol is told of the connection at once, before the handshake, so that one time limit holds for both; what it
    writes until then is sent after it.

    Parameters
    ----------
    sock : ssl.SSLSocket
        Connected, not blocking, its handshake not begun.
    protocol : asyncio.Protocol
        Told what comes, decrypted.
    not_tls : callable
        Told that the handshake failed, once.
    """

    __slots__ = (
        "_closing",
        "_ended",
        "_fd",
        "_is_up",
        "_loop",
        "_not_tls",
        "_out",
        "_paused",
        "_protocol",
        "_reading",
        "_sock",
        "_told_to_wait",
        "_writing",
    )

    def __init__(self, sock: ssl.SSLSocket, protocol: asyncio.Protocol, not_tls: Callable[[], None]) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._fd = sock.fileno()
        self._protocol = protocol
        self._not_tls = not_tls
        self._out = b""
        self._is_up = self._closing = self._ended = False
        self._paused = self._reading = self._writing = self._told_to_wait = False
        protocol.connection_made(self)
        self._watch()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - the interface of asyncio
        """Return ``socket``, ``peername``, ``peercert`` or ``psk_identity``, looked up when asked."""
        if name == "socket":
            return self._sock
        if name == "peercert":
            return self._sock.getpeercert() if self._is_up else default
        if name == "psk_identity":
            return identity_of(self._sock) if self._is_up else default
        if name == "peername":
            with suppress(OSError):  # one end has gone
                return self._sock.getpeername()
        return default

    def is_closing(self) -> bool:
        """Whether `close` or `abort` was called, or the other end has gone."""
        return self._closing

    def pause_reading(self) -> None:
        """Leave what comes to the kernel, and so to the other end."""
        self._paused = True
        self._watch()

    def resume_reading(self) -> None:
        """Go on."""
        self._paused = False
        self._watch()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, now as far as the kernel takes it."""
        if self._closing or not data:
            return
        self._out = self._out + data if self._out else bytes(data)
        if self._is_up and not self._writing:
            self._send()
        if len(self._out) > _HIGH_BYTES and not self._told_to_wait:
            self._told_to_wait = True
            self._protocol.pause_writing()

    def close(self) -> None:
        """Close once what was written is sent."""
        if self._closing:
            return
        self._closing = True
        self._watch()
        if not (self._is_up and self._out):
            self._end(None)

    def can_write_eof(self) -> bool:
        """Whether our half alone can be closed: TLS has no such thing."""
        return False

    def abort(self) -> None:
        """Close now."""
        self._end(None)

    def _watch(self) -> None:
        """Have ourselves called when something comes, if that is wanted now."""
        wanted = not self._closing and not (self._paused and self._is_up)
        if wanted and not self._reading:
            self._loop.add_reader(self._fd, self._readable)
        elif self._reading and not wanted:
            self._loop.remove_reader(self._fd)
        self._reading = wanted

    def _await_room(self, wanted: bool) -> None:  # noqa: FBT001 - on or off
        if wanted and not self._writing:
            self._loop.add_writer(self._fd, self._writable)
        elif self._writing and not wanted:
            self._loop.remove_writer(self._fd)
        self._writing = wanted

    def _readable(self) -> None:
        if not (self._is_up or self._shake_hands()):
            return
        for _ in range(_RECORDS_A_TURN):  # then the others have their turn; the loop calls again
            data = self._receive() if self._reading else b""
            if not data:
                return
            try:
                self._protocol.data_received(data)
            except Exception as error:  # noqa: BLE001 - as asyncio's own transports do
                context = {"message": "the protocol failed on what came", "exception": error, "transport": self}
                self._loop.call_exception_handler(context)
                self._end(error)

    def _writable(self) -> None:
        self._await_room(wanted=False)
        if self._is_up:
            self._send()
        self._readable()  # OpenSSL may have waited for room while it read

    def _shake_hands(self) -> bool:
        """Go on with the handshake; return whether it is done."""
        try:
            self._sock.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLWantWriteError:
            self._await_room(wanted=True)
            return False
        except (OSError, ValueError) as error:
            self._not_tls()
            self._end(error)
            return False
        self._is_up = True
        self._watch()
        self._send()
        return True

    def _receive(self) -> bytes:
        """Return what one record held; nothing where none is there, or the connection has ended."""
        try:
            data = self._sock.recv(_RECORD_BYTES)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLWantWriteError:
            self._await_room(wanted=True)
            return b""
        except OSError as error:
            self._end(error)
            return b""
        if not data and self._protocol.eof_received():
            self.pause_reading()  # it has still to be answered, and closes then
        elif not data:
            self.close()
        return data

    def _send(self) -> None:
        """Send as far as the kernel has room."""
        if self._out:
            try:
                self._out = self._out[self._sock.send(self._out) :]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):  # the latter never: there is no renegotiation
                pass
            except OSError as error:
                self._end(error)
                return
        self._await_room(wanted=bool(self._out))
        if self._told_to_wait and len(self._out) <= _LOW_BYTES:
            self._told_to_wait = False
            self._protocol.resume_writing()
        if self._closing and not self._out:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._ended:
            return
        self._ended, self._closing, self._out = True, True, b""
        self._watch()
        self._await_room(wanted=False)
        if self._is_up:
            with suppress(OSError, ValueError):  # our half of the goodbye leaves; nobody waits for theirs
                self._sock.unwrap()
        self._sock.close()
        self._loop.call_soon(self._protocol.connection_lost, error)
