"""A real HAProxy: the balancer that stands before the doors of a larger installation."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from tests.services.finding import find, need
from tests.services.process import HOST, ServiceProcess, accepts, free_port

_TIMES = "timeout connect 5s\n timeout client 60s\n timeout server 60s"


def find_haproxy() -> Path | None:
    """Return the balancer's program."""
    return find("haproxy")


class HAProxy:
    """One balancer with one port in front of one server.

    Parameters
    ----------
    folder : Path
        Empty folder for its configuration and log.
    server_port : int
        What it passes connections on to.
    mode : str
        ``tcp`` or ``http``.
    server, bind, more : str
        Words added to the line of the server, to that of its own port, and lines of both.
    """

    def __init__(
        self, folder: Path, server_port: int, *, mode: str = "tcp", server: str = "", bind: str = "", more: str = ""
    ) -> None:
        program = need(find_haproxy(), "HAProxy")
        self.port = free_port()
        file = folder / "haproxy.cfg"
        file.write_text(
            f"defaults\n mode {mode}\n {_TIMES}\n {more}\n"
            f"listen anhu\n bind {HOST}:{self.port} {bind}\n server one {HOST}:{server_port} {server}\n",
            "utf-8",
        )
        self._process = ServiceProcess(
            [program, "-db", "-f", file], log=folder / "haproxy.log", ready=lambda: accepts(self.port)
        )

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
