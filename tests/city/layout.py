"""The layout of a city: three brokers, PostgreSQL, two stores of series, the balancer, and several of each process."""

from __future__ import annotations

import base64
import json
import os
import secrets
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

import httpx

from tests.city.balancer import Balancer, Server
from tests.city.member import Member
from tests.faults.setup import Postgres
from tests.services.certificate import make_certificate
from tests.services.influxdb import Influxd
from tests.services.kafka import Kafka
from tests.services.process import HOST

_DOOR_PORTS = ("mqtt_port", "mqtt_tls_port", "mqtt_ws_port", "push_port", "tcp_port")
_SHIPPED = {"mqtt_port": 1883, "mqtt_tls_port": 8883, "mqtt_ws_port": 8083, "push_port": 8098, "tcp_port": 8099}
COUNTIES = ("330102", "330105", "330106", "330108", "330110")
"""Those of a real city (GB/T 2260); the first store has the first one."""
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
    buckets : sequence of str
        Of each store.
    """

    def __init__(self, folder: Path, size: Size, **settings: str) -> None:
        self.folder, self.size = folder, size
        folder.chmod(0o755)  # PostgreSQL runs as somebody else
        self.kafka = Kafka(_made(folder / "kafka"), size.brokers)
        self.postgres = Postgres(_made(folder / "postgres"))
        self.stores = [Influxd(_made(folder / f"influxdb-{n}")) for n in range(1, size.stores + 1)]
        self._tls()
        self._settings = settings
        self.members: dict[str, Member] = {}
        self.buckets: list[str] = []
        self.balancer: Balancer
        self._api: httpx.Client | None = None
        self._ends = ExitStack()

    def start(self, *, but: tuple[str, ...] = ()) -> None:
        """Start the engines, and every member but these kinds."""
        self.start_engines()
        self.start_members(but=but)

    def start_engines(self) -> None:
        """Start the engines, and bring database and LOG to their form as the city's administrator does."""
        self._ends.callback(self.kafka.stop)
        self.kafka.start()
        engines: Sequence[Postgres | Influxd] = (self.postgres, *self.stores)
        for engine in engines:
            self._ends.callback(engine.process.kill)
            engine.start()
        self._part_the_series()
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

    def _part_the_series(self) -> None:
        """Give each store but the first a county of its own."""
        self.buckets = [one.new_bucket() for one in self.stores]
        lines = []
        for number, (store, bucket) in enumerate(zip(self.stores[1:], self.buckets[1:], strict=True), start=2):
            token = self.folder / f"influxdb-{number}.token"
            token.write_text(store.token, "utf-8")
            lines += [f"[store-{number}]", f'url = "{store.url}"', f'token_file = "{token}"', f'org = "{store.org}"']
            lines += [f'bucket = "{bucket}"', f'counties = ["{county(number)}"]']
        (self.folder / "counties.toml").write_text("\n".join([*lines, ""]), "utf-8")

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
        environment = {**self._environment(), "ANHU_DATA": str(self.folder / "office")}
        command = [sys.executable, "-m", "app", *arguments]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def admin(self, command: str, **options: str) -> dict[str, Any]:
        """Run ``anhu admin …`` and return what it printed."""
        words = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        printed: dict[str, Any] = json.loads(self.anhu("admin", command, *words))
        return printed

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
            "ANHU_LOG": "kafka",
            "ANHU_KAFKA_SERVERS": self.kafka.servers,
            "ANHU_KAFKA_PARTITIONS": str(self.size.partitions),
            "ANHU_DATABASE_URL": self.database_url,
            "ANHU_STORE": "influxdb",
            "ANHU_INFLUXDB_URL": self.stores[0].url,
            "ANHU_INFLUXDB_TOKEN": self.stores[0].token,
            "ANHU_INFLUXDB_ORG": self.stores[0].org,
            "ANHU_INFLUXDB_BUCKET": self.buckets[0],
            "ANHU_INFLUXDB_FILE": str(self.folder / "counties.toml") if len(self.stores) > 1 else "",
            "ANHU_IDENTITY_KEY": self._key(),
            "ANHU_TRUSTED_PROXIES": HOST,
            "ANHU_TLS_CERTIFICATE": self.trusted,
            "ANHU_TLS_KEY": str(self.folder / "balancer" / "tls.key"),
            "ANHU_WEBHOOK_PRIVATE": "true",
        }
        return given | {f"ANHU_{name.upper()}": value for name, value in self._settings.items()}

    def _key(self) -> str:
        file = self.folder / "identity.key"
        if not file.exists():
            file.write_text(base64.b64encode(secrets.token_bytes(32)).decode(), "ascii")
        return file.read_text("ascii")

    def _tls(self) -> None:
        certificate, key = make_certificate(_made(self.folder / "balancer"))
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


def county(store: int) -> str:
    """Return the county whose readings are kept by the store of a number, from 1; nobody's own: those of the first."""
    return COUNTIES[store - 1]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
