"""A real InfluxDB 2.7 for one test run: started once, a fresh bucket for whoever asks."""

from __future__ import annotations

import itertools
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.services.finding import ServiceMissingError
from tests.services.influxd_build import influxd_program
from tests.services.process import HOST, ServiceProcess, free_port

_URL, _ORG, _TOKEN = "ANHU_TEST_INFLUXDB_URL", "ANHU_TEST_INFLUXDB_ORG", "ANHU_TEST_INFLUXDB_TOKEN"
_NEW_ORG = "anhu"


class InfluxDB:
    """A set-up server.

    Attributes
    ----------
    url, org, token : str
        What a client needs; the token may do everything.
    """

    def __init__(self, url: str, org: str, token: str) -> None:
        self.url = url
        self.org = org
        self.token = token
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._made: list[str] = []

    def new_bucket(self) -> str:
        """Create an empty bucket that keeps everything, and return its name."""
        name = f"anhu-{self._run}-{next(self._numbers)}"
        with self._client() as client:
            orgs = client.get("/api/v2/orgs", params={"org": self.org}).raise_for_status().json()["orgs"]
            bucket = {"orgID": orgs[0]["id"], "name": name, "retentionRules": []}
            self._made.append(client.post("/api/v2/buckets", json=bucket).raise_for_status().json()["id"])
        return name

    def drop_all(self) -> None:
        """Delete what `new_bucket` made."""
        with self._client() as client:
            for bucket_id in self._made:
                client.delete(f"/api/v2/buckets/{bucket_id}").raise_for_status()

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Token {self.token}"}, timeout=30)


class Influxd(InfluxDB):
    """A server of one's own that may be stopped, killed, frozen and started again with its data.

    Parameters
    ----------
    folder : Path
        Empty folder for data and log.
    """

    def __init__(self, folder: Path) -> None:
        port = free_port()
        super().__init__(f"http://{HOST}:{port}", _NEW_ORG, secrets.token_hex(16))
        paths = {"--bolt-path": "bolt", "--engine-path": "engine", "--sqlite-path": "sqlite"}
        where = [word for option, name in paths.items() for word in (option, str(folder / name))]
        self.process = ServiceProcess(
            [influxd_program(), *where, "--http-bind-address", f"{HOST}:{port}", "--reporting-disabled"],
            log=folder / "influxd.log",
            ready=lambda: _answers(self.url),
        )

    def start(self) -> None:
        """Start; the first time also make the organisation and the token."""
        self.process.start()
        if httpx.get(f"{self.url}/api/v2/setup").json()["allowed"]:
            _set_up(self.url, self.token)


@contextmanager
def influxdb_server() -> Iterator[InfluxDB]:
    """Use the server named in ANHU_TEST_INFLUXDB_URL, or start one of our own and end it afterwards."""
    url = os.environ.get(_URL)
    if url is not None:
        server = _named_server(url)
        yield server
        server.drop_all()
        return
    with tempfile.TemporaryDirectory(prefix="anhu-influxdb-") as folder:
        own = Influxd(Path(folder))
        try:
            own.start()
            yield own
        finally:
            own.process.stop()


def _named_server(url: str) -> InfluxDB:
    org, token = os.environ.get(_ORG), os.environ.get(_TOKEN)
    if org and token:
        return InfluxDB(url, org, token)
    try:
        fresh = httpx.get(f"{url}/api/v2/setup").json()["allowed"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise ServiceMissingError(f"{_URL}={url} does not answer as InfluxDB 2 does: {error}") from error
    if not fresh:
        raise ServiceMissingError(f"{_URL} names a server that is already set up: set {_ORG} and {_TOKEN} too")
    token = secrets.token_hex(16)
    _set_up(url, token)
    return InfluxDB(url, _NEW_ORG, token)


def _set_up(url: str, token: str) -> None:
    first = {"username": "anhu", "password": secrets.token_hex(16), "org": _NEW_ORG, "bucket": "first", "token": token}
    httpx.post(f"{url}/api/v2/setup", json=first, timeout=30).raise_for_status()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
