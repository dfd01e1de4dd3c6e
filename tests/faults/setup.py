"""Which parts an installation under test is made of, and the real services that they need."""

from __future__ import annotations

import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from sqlalchemy import URL, NullPool, create_engine, text

from tests.faults.small_disk import SmallDisk, small_disk
from tests.services.finding import need
from tests.services.influxdb import Influxd
from tests.services.mosquitto import Mosquitto
from tests.services.postgres import _account, _initdb, find_postgres
from tests.services.process import HOST, ServiceProcess, accepts, free_port

Route: TypeAlias = Literal["door", "broker", "push", "ws", "tcp"]
StoreName: TypeAlias = Literal["embedded", "influxdb"]
DatabaseName: TypeAlias = Literal["sqlite", "postgresql"]


class Setup(NamedTuple):
    """One cell of the matrix."""

    route: Route
    store: StoreName
    database: DatabaseName

    def __str__(self) -> str:
        return "-".join(self)


_ROUTES: tuple[Route, ...] = ("door", "broker")
_BEHIND: tuple[tuple[StoreName, DatabaseName], ...] = (
    ("embedded", "sqlite"),
    ("influxdb", "postgresql"),
    ("influxdb", "sqlite"),
    ("embedded", "postgresql"),
)
PUSH = Setup("push", "embedded", "sqlite")
"""Devices are heard by way of a vendor's cloud; what stands behind the LOG is tried with the other doors."""
WEBSOCKET, TCP = Setup("ws", "embedded", "sqlite"), Setup("tcp", "embedded", "sqlite")
MATRIX = (*(Setup(route, store, database) for route in _ROUTES for store, database in _BEHIND), PUSH, WEBSOCKET, TCP)
_HEARTBEAT_S = 5
_BROKER = """max_queued_messages 0
max_inflight_messages 1000
autosave_interval 1800
log_type error
log_type warning
log_type information
log_type subscribe"""


class Postgres:
    """A PostgreSQL of one's own whose commits outlive a crash of the server."""

    def __init__(self, folder: Path) -> None:
        programs = need(find_postgres(), "PostgreSQL").parent
        user, self.port, password = _account(), free_port(), secrets.token_hex(16)
        (folder / "password").write_text(password, "utf-8")
        if user:
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)
        _initdb(programs, folder, user)
        self._password = password
        options = {"listen_addresses": HOST, "unix_socket_directories": str(folder), "port": str(self.port)}
        options |= {"fsync": "on", "synchronous_commit": "on", "max_connections": "120", "restart_after_crash": "on"}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._pid_file = folder / "data" / "postmaster.pid"
        self.process = ServiceProcess(
            [programs / "postgres", "-D", folder / "data", *words],
            log=folder / "postgres.log",
            ready=lambda: accepts(self.port) and self._is_ready(),
            user=user,
            end_signal=signal.SIGQUIT,  # an "immediate" shutdown: the next start is a crash recovery
        )

    def url(self, port: int) -> str:
        """Return the SQLAlchemy URL of the platform's database, by way of a port."""
        return self._url("anhu", port).render_as_string(hide_password=False)

    def start(self) -> None:
        """Start, and make the database the first time."""
        self.process.start()
        engine = create_engine(self._url("postgres", self.port), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            if connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = 'anhu'")) is None:
                connection.execute(text("CREATE DATABASE anhu TEMPLATE template0"))

    def start_if_down(self) -> None:
        """Start again if the server itself gave up."""
        if not self.process.runs:
            self.process.stop()
            self.process.start()

    def _is_ready(self) -> bool:
        with suppress(OSError):
            return "ready" in self._pid_file.read_text()
        return False

    def _url(self, database: str, port: int) -> URL:
        return URL.create("postgresql+pg8000", "anhu", self._password, HOST, port, database)


class Services(NamedTuple):
    """The real services of one installation; None where its setup needs none. Each has a disk of its own."""

    influxd: Influxd | None
    postgres: Postgres | None
    mosquitto: Mosquitto | None
    broker_folder: Path
    disks: Mapping[str, SmallDisk]

    def broker_knows_us(self) -> bool:
        """Tell whether the gateway has subscribed since the broker started: before that it keeps nothing for us."""
        if self.mosquitto is None:
            return True
        said = (self.broker_folder / "broker.log").read_bytes().rpartition(b"Opening ipv4")[2]
        return b"anhu-gateway 1 " in said and b"anhu-gateway-urgent 1 " in said


@contextmanager
def services(setup: Setup) -> Iterator[Services]:
    """Start what a setup needs, and end it afterwards."""
    with ExitStack() as stack:
        disks: dict[str, SmallDisk] = {}

        def folder(name: str) -> Path:
            made = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"anhu-{name.lower()}-")))
            disks[name] = stack.enter_context(small_disk(made))
            return made

        influxd = Influxd(folder("InfluxDB")) if setup.store == "influxdb" else None
        postgres = Postgres(folder("PostgreSQL")) if setup.database == "postgresql" else None
        broker_folder = folder("Mosquitto")
        mosquitto = (
            Mosquitto(broker_folder, f"{_BROKER}\nlog_dest file {broker_folder}/broker.log")
            if setup.route == "broker"
            else None
        )
        if influxd:
            stack.callback(influxd.process.stop)
            influxd.start()
        if postgres:
            stack.callback(postgres.process.stop)
            postgres.start()
        if mosquitto:
            stack.callback(mosquitto.stop)
            mosquitto.start()
        yield Services(influxd, postgres, mosquitto, broker_folder, disks)


def settings_of(around: Services, bucket: str, *, mail_port: int) -> dict[str, str]:
    """Return the settings of an installation with these services; addresses that have a cable come from its owner."""
    given = {"smtp_host": HOST, "smtp_port": str(mail_port), "smtp_starttls": "false", "smtp_from": "anhu@example.org"}
    given |= {"heartbeat_s": str(_HEARTBEAT_S)}
    if around.influxd is not None:
        given |= {"store": "influxdb", "influxdb_token": around.influxd.token, "influxdb_bucket": bucket}
    return given
