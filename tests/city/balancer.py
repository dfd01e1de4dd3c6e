"""The balancer's own rules, pointed at doors of this machine: what is tried is the file that is shipped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import app
from tests.services.finding import need
from tests.services.haproxy import find_haproxy
from tests.services.process import HOST, ServiceProcess, accepts, free_port

RULES = Path(app.__file__).parent / "kubernetes" / "engines" / "haproxy.cfg"
_TEMPLATE = re.compile(r"server-template (\w+) \d+ (\w+):(\d+)(.*)")


class Server(NamedTuple):
    """One process behind the balancer: the ports that it really has by those of the rules, and that of its health."""

    ports: Mapping[int, int]
    health_port: int


class Balancer:
    """A real HAProxy with the shipped rules.

    Parameters
    ----------
    folder : Path
        Empty folder for its rules, certificate and log; holds ``tls.crt`` and ``tls.key``.
    servers : mapping
        What the rules call it (``gateway``, ``api``) -> the processes that there are.

    Attributes
    ----------
    ports : mapping
        The port of the rules -> the one on which it listens here.
    """

    def __init__(self, folder: Path, servers: Mapping[str, Sequence[Server]]) -> None:
        program = need(find_haproxy(), "HAProxy")
        self.ports = {port: free_port() for port in map(int, re.findall(r"bind :(\d+)", RULES.read_text("utf-8")))}
        file = folder / "haproxy.cfg"
        file.write_text(self._rules(folder, servers), "utf-8")
        self.process = ServiceProcess(
            [program, "-db", "-f", file],
            log=folder / "haproxy.log",
            ready=lambda: all(map(accepts, self.ports.values())),
        )

    def __enter__(self) -> Self:
        self.process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stop()

    def _rules(self, folder: Path, servers: Mapping[str, Sequence[Server]]) -> str:
        text = RULES.read_text("utf-8").replace("/tls/", f"{folder}/")
        text = re.sub(r"resolvers here\n(    .*\n)+", "", text)  # there are no names to ask for here
        text = text.replace(" resolvers here init-addr none", "").replace(" port 9100", "")
        text = re.sub(r"maxconn \d{4,}", "maxconn 8000", text)  # a machine of tests may not open a city's many files
        text = re.sub(r"bind :(\d+)", lambda found: f"bind {HOST}:{self.ports[int(found[1])]}", text)
        return _TEMPLATE.sub(lambda found: _servers(found, servers), text)


def _servers(found: re.Match[str], servers: Mapping[str, Sequence[Server]]) -> str:
    name, kind, port, more = found.groups()
    lines = [
        f"server {name}-{number} {HOST}:{one.ports[int(port)]} port {one.health_port}{more}"
        for number, one in enumerate(servers[kind], start=1)
        if int(port) in one.ports
    ]
    return "\n    ".join(lines)
