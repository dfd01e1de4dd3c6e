"""TLS with pre-shared keys, for modems that can do nothing else (RFC 4279, RFC 5487, RFC 5489; TLS 1.2 only).

The identity is the device's, the key is its secret: OpenSSL asks for it in the middle of the handshake, so all keys
lie in memory. An unknown identity gets a key that nobody has: from outside it looks like a wrong key.
"""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import Callable
from typing import Any

NEEDED = "0, or Python 3.13 or newer with an OpenSSL that has PSK: this one's `ssl` cannot serve pre-shared keys"
SUITES = (
    "ECDHE-PSK-CHACHA20-POLY1305",
    "ECDHE-PSK-AES256-CBC-SHA384",
    "ECDHE-PSK-AES128-CBC-SHA256",
    "PSK-AES256-GCM-SHA384",
    "PSK-AES128-GCM-SHA256",
    "PSK-CHACHA20-POLY1305",
    "PSK-AES128-CCM",
    "PSK-AES128-CCM8",
    "PSK-AES256-CBC-SHA384",
    "PSK-AES128-CBC-SHA256",
    "PSK-AES128-CBC-SHA",
)
"""What cheap modems speak; nothing without encryption, no RC4, no triple DES."""
_HEX = "hex:"
_LEAST_KEY_BYTES = 16
_MOST_IDENTITY_CHARS = 64


def is_possible() -> bool:
    """Tell whether this Python can: `ssl` has it from 3.13 on, where OpenSSL has it."""
    return bool(getattr(ssl, "HAS_PSK", False))


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for: its characters, or what stands behind ``hex:``; empty for none.

    A key that can be guessed is none: nobody comes in with less than 128 bits.
    """
    try:
        key = bytes.fromhex(secret.removeprefix(_HEX)) if secret.startswith(_HEX) else secret.encode()
    except ValueError:
        return b""
    return key if len(key) >= _LEAST_KEY_BYTES else b""


def identity_of(sock: object) -> str:
    """Return who a connection's handshake asked to be; proven once the handshake is done, and empty without PSK."""
    context = getattr(sock, "context", None)
    return context.identity if isinstance(context, _OneContext) else ""


class PskContext:
    """The server's side of TLS by pre-shared keys; needs no certificate.

    Each connection has a context of its own, 13 kB and 0.4 ms: `ssl` tells only the context whose key was asked for,
    and a session that another connection resumed would ask for none.

    Parameters
    ----------
    key_of : callable
        ``key_of(identity)``: the device's key, from memory; empty for one who has none.
    """

    def __init__(self, key_of: Callable[[str], bytes]) -> None:
        self._key_of = key_of
        _OneContext.made(key_of)  # what this Python cannot do fails at the start

    def wrap_socket(self, sock: socket.socket, *, server_side: bool, do_handshake_on_connect: bool) -> ssl.SSLSocket:
        """Return the connection, as `ssl.SSLContext.wrap_socket` does."""
        made = _OneContext.made(self._key_of)
        return made.wrap_socket(sock, server_side=server_side, do_handshake_on_connect=do_handshake_on_connect)


class _OneContext(ssl.SSLContext):
    """TLS 1.2 with these suites and nothing else, for one connection."""

    identity = ""

    @classmethod
    def made(cls, key_of: Callable[[str], bytes]) -> _OneContext:
        made: Any = cls(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
        made.set_ciphers(":".join(SUITES))

        def answer(identity: str | None) -> bytes:
            made.identity = (identity or "-")[:_MOST_IDENTITY_CHARS]
            return key_of(identity or "") or secrets.token_bytes(32)

        made.set_psk_server_callback(answer)
        context: _OneContext = made
        return context
