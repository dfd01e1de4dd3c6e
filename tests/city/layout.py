"""The layout of a city: three brokers, PostgreSQL, two stores of series, the balancer, and several of each process."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

import httpx

from tests.city.balancer import Balancer, Server
from tests.city.engines import Engines, made, new_key
from tests.city.member import Member
from tests.command_here import printed
from tests.services.certificate import make_certificate
from tests.services.process import HOST

_DOOR_PORTS = ("mqtt_port", "mqtt_tls_port", "mqtt_ws_port", "push_port", "tcp_port")
_SHIPPED = {"mqtt_port": 1883, "mqtt_tls_port": 8883, "mqtt_ws_port": 8083, "push_port": 8098, "tcp_port": 8099}
KINDS = ("gateway", "ingest", "alerts", "dispatcher", "api", "watcher")
Own: TypeAlias = Callable[[str], Mapping[str, str]]
_NOTHING_OWN: Own = lambda _: {}  # noqa: E731 - short
_PORTS = {"gateway": _DOOR_PORTS, "api": ("port",)}


class Size(NamedTuple):
    """How many there are of each."""

    brokers: int = 3
    partitions: int = 8
    stores: int = 2
    gateway: int = 2
    ingest: int = 2
    alerts: int = 2
    dispatcher: int = 2
    api: int = 2
    watcher: int = 1


class City:
    """Engines and members, each of which may be killed by itself.

    Parameters
    ----------
    folder : Path
        Empty folder for all that they keep.
    settings : mapping
        What every member is told beside the addresses of the engines.

    Attributes
    ----------
    members : mapping
        Name -> process: ``alerts-2``.
    engines : Engines
        What they stand on.
    """

    def __init__(self, folder: Path, size: Size, **settings: str) -> None:
        self.folder, self.size = folder, size
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        self.engines = Engines(folder, brokers=size.brokers, partitions=size.partitions, stores=size.stores)
        self.kafka, self.postgres, self.stores = self.engines.kafka, self.engines.postgres, self.engines.stores
        self._tls()
        self._settings = settings
        self.members: dict[str, Member] = {}
        self.balancer: Balancer
        self._api: httpx.Client | None = None
        self._ends = ExitStack()

    def start(self, *, but: tuple[str, ...] = ()) -> None:
        """Start the engines, and every member but these kinds."""
        self.start_engines()
        self.start_members(but=but)

    def start_engines(self) -> None:
        """Start the engines, and bring database and LOG to their form as the city's administrator does."""
        self.engines.start(self._ends)
        self.anhu("admin", "migrate")
        self.anhu("log", "create")

    def start_members(self, own: Own = _NOTHING_OWN, *, but: tuple[str, ...] = ()) -> None:
        """Start the balancer and every member; `own` returns what one of a name is told beside the others."""
        environment = self._environment()
        for kind in KINDS:
            for number in range(1, getattr(self.size, kind) + 1):
                ports, told = _PORTS.get(kind, ()), {**environment, **own(f"{kind}-{number}")}
                made = Member(kind, number, self.folder, told, ports)
                self.members[made.name] = made
        self._balance()
        starting = [one for one in self.members.values() if one.kind not in but]
        for one in starting:
            self._ends.callback(one.process.kill)
        for one in starting:
            one.process.start()

    def stop(self) -> None:
        """End all."""
        if self._api is not None:
            self._api.close()
        self._ends.close()

    def of(self, kind: str) -> list[Member]:
        """Return the members of a kind."""
        return [one for one in self.members.values() if one.kind == kind]

    def anhu(self, *arguments: str) -> str:
        """Run an ``anhu`` command as an administrator of the city would, and return what it printed."""
        return printed(arguments, {**self._environment(), "ANHU_DATA": str(self.folder / "office")})

    def admin(self, command: str, **options: str) -> dict[str, Any]:
        """Run ``anhu admin …`` and return what it printed."""
        words = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        printed: dict[str, Any] = json.loads(self.anhu("admin", command, *words))
        return printed

    @property
    def buckets(self) -> Sequence[str]:
        """Of each store."""
        return self.engines.buckets

    @property
    def database_url(self) -> str:
        """The platform's database."""
        return self.postgres.url(self.postgres.port)

    @property
    def trusted(self) -> str:
        """The file of the balancer's certificate."""
        return str(self.folder / "balancer" / "tls.crt")

    @property
    def api(self) -> httpx.Client:
        """An administrator at the API, by the balancer."""
        if self._api is None:
            self.admin("create-user", login="chief", role="admin")
            token = self.admin("create-token", login="chief")["token"]
            url = f"https://{HOST}:{self.balancer.ports[8443]}/api/v1"
            trusted = ssl.create_default_context(cafile=self.trusted)
            bearer = {"Authorization": f"Bearer {token}"}
            self._api = httpx.Client(base_url=url, headers=bearer, verify=trusted, timeout=20.0)
        return self._api

    def said(self) -> str:
        """Return the end of what each member printed."""
        return "\n".join(f"== {name}\n{one.said()[-2_000:]}" for name, one in self.members.items())

    def _environment(self) -> Mapping[str, str]:
        given = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ANHU_")},
            **self.engines.environment,
            "ANHU_IDENTITY_KEY": new_key(self.folder),
            "ANHU_TRUSTED_PROXIES": HOST,
            "ANHU_TLS_CERTIFICATE": self.trusted,
            "ANHU_TLS_KEY": str(self.folder / "balancer" / "tls.key"),
            "ANHU_WEBHOOK_PRIVATE": "true",
        }
        return given | {f"ANHU_{name.upper()}": value for name, value in self._settings.items()}

    def _tls(self) -> None:
        certificate, key = make_certificate(made(self.folder / "balancer"))
        certificate.rename(certificate.with_name("tls.crt"))
        key.rename(key.with_name("tls.key"))

    def _balance(self) -> None:
        doors = [
            Server({_SHIPPED[name]: one.ports[name] for name in _DOOR_PORTS}, one.health_port)
            for one in self.of("gateway")
        ]
        pages = [Server({8080: one.ports["port"]}, one.health_port) for one in self.of("api")]
        self.balancer = Balancer(self.folder / "balancer", {"gateway": doors, "api": pages})
        self._ends.enter_context(self.balancer)


@contextmanager
def city(size: Size | None = None, **settings: str) -> Iterator[City]:
    """Have a city run."""
    with TemporaryDirectory(prefix="anhu-city-", ignore_cleanup_errors=True) as folder:
        made = City(Path(folder), size or Size(), **settings)
        try:
            made.start()
            yield made
        finally:
            made.stop()
