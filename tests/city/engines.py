"""The engines of a city: three brokers, PostgreSQL, and stores of series, each of its own counties."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.faults.setup import Postgres
from tests.services.influxdb import Influxd
from tests.services.kafka import Kafka

COUNTIES = ("330102", "330105", "330106", "330108", "330110")
"""Those of a real city (GB/T 2260); the first store has the first one."""


def county(store: int) -> str:
    """Return the county whose readings are kept by the store of a number, from 1; nobody's own: those of the first."""
    return COUNTIES[store - 1]


class Engines:
    """Each may be killed by itself.

    Parameters
    ----------
    folder : Path
        For all that they keep.
    brokers, partitions, stores : int
        How many.

    Attributes
    ----------
    buckets : list of str
        Of each store.
    """

    def __init__(self, folder: Path, *, brokers: int, partitions: int, stores: int) -> None:
        self._folder, self._partitions = folder, partitions
        self.kafka = Kafka(made(folder / "kafka"), brokers)
        self.postgres = Postgres(made(folder / "postgres"))
        self.stores = [Influxd(made(folder / f"influxdb-{n}")) for n in range(1, stores + 1)]
        self.buckets: list[str] = []

    def start(self, ends: ExitStack) -> None:
        """Start all; what ends them is left with `ends`."""
        ends.callback(self.kafka.stop)
        self.kafka.start()
        ends.callback(self.postgres.process.kill)
        self.postgres.start()
        for store in self.stores:
            ends.callback(store.process.kill)
            store.start()
        self._part_the_series()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a member is told of them."""
        first = self.stores[0]
        return {
            "ANHU_LOG": "kafka",
            "ANHU_KAFKA_SERVERS": self.kafka.servers,
            "ANHU_KAFKA_PARTITIONS": str(self._partitions),
            "ANHU_DATABASE_URL": self.postgres.url(self.postgres.port),
            "ANHU_STORE": "influxdb",
            "ANHU_INFLUXDB_URL": first.url,
            "ANHU_INFLUXDB_TOKEN": first.token,
            "ANHU_INFLUXDB_ORG": first.org,
            "ANHU_INFLUXDB_BUCKET": self.buckets[0],
            "ANHU_INFLUXDB_FILE": str(self._folder / "counties.toml") if len(self.stores) > 1 else "",
        }

    def _part_the_series(self) -> None:
        """Give each store but the first a county of its own."""
        self.buckets = [one.new_bucket() for one in self.stores]
        lines = []
        for number, (store, bucket) in enumerate(zip(self.stores[1:], self.buckets[1:], strict=True), start=2):
            token = self._folder / f"influxdb-{number}.token"
            token.write_text(store.token, "utf-8")
            lines += [f"[store-{number}]", f'url = "{store.url}"', f'token_file = "{token}"', f'org = "{store.org}"']
            lines += [f'bucket = "{bucket}"', f'counties = ["{county(number)}"]']
        (self._folder / "counties.toml").write_text("\n".join([*lines, ""]), "utf-8")


def new_key(folder: Path) -> str:
    """Return the key with which secrets are sealed; the same for a folder each time."""
    file = folder / "identity.key"
    if not file.exists():
        file.write_text(base64.b64encode(secrets.token_bytes(32)).decode(), "ascii")
    return file.read_text("ascii")


def made(folder: Path) -> Path:
    """Make a folder."""
    folder.mkdir()
    return folder
