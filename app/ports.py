"""Are the ports free? Asked before anything starts, so that the answer is one clear sentence."""

from __future__ import annotations

import socket
import time

from anhu.contract.errors import AnhuError


class PortTakenError(AnhuError):
    """Another program listens on a port that we need."""


def check_free(host: str, port: int, *, variable: str, option: str, patience_s: float = 5.0) -> None:
    """Return if the port can be bound within a little patience (an earlier run may be closing).

    Raises
    ------
    PortTakenError
        Saying which port, and how to choose another.
    """
    end_s = time.monotonic() + patience_s
    while not _bindable(host, port):
        if time.monotonic() >= end_s:
            raise PortTakenError(
                f"port {port} on {host} is taken by another program. Choose another with {option} PORT "
                f"or {variable}=PORT, or stop that program (find it with: ss -ltnp 'sport = :{port}')."
            )
        time.sleep(0.2)


def _bindable(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def is_open(host: str, port: int) -> bool:
    """Tell whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
