"""Every process answers an orchestrator from outside: alive, ready, in numbers, and not when it stands still."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.services.process import HOST, free_port
from tests.services.prometheus import find_promtool
from tests.smoke.installation import THIS_CODE, until

NAMES = ("gateway", "ingest", "alerts", "dispatcher", "api", "watcher")


class Running:
    """One process of a platform, started by itself."""

    def __init__(self, name: str, folder: Path) -> None:
        self.url = f"http://{HOST}:{(port := free_port())}"
        self.output = folder / f"{name}.txt"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ANHU_")},
            "ANHU_DATA": str(folder / "data"),
            "ANHU_HEALTH_PORT": str(port),
            "ANHU_PORT": str(free_port()),
            "ANHU_MQTT_PORT": str(free_port()),
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*THIS_CODE, "run", name], env=self.environment, stdout=output, stderr=output
            )

    def ask(self, path: str, timeout_s: float = 10.0) -> httpx.Response | None:
        """Return what it answers; None when nobody does."""
        try:
            return httpx.get(f"{self.url}/{path}", timeout=timeout_s)
        except httpx.TransportError:
            return None

    def says(self, path: str) -> str:
        """Return the words of its answer; none where nobody answers."""
        answer = self.ask(path)
        return "" if answer is None else answer.text

    def is_ready(self) -> bool:
        answer = self.ask("readyz")
        return answer is not None and answer.is_success

    def log(self) -> str:
        return self.output.read_text("utf-8")


@contextmanager
def running(name: str, folder: Path) -> Iterator[Running]:
    one = Running(name, folder)
    try:
        yield one
    finally:
        one.process.send_signal(signal.SIGCONT)
        one.process.terminate()
        one.process.wait(180)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    environment = {**os.environ, "ANHU_DATA": str(tmp_path / "data")}
    subprocess.run([*THIS_CODE, "admin", "migrate"], env=environment, check=True)
    return tmp_path


def test_every_process_says_that_it_is_alive_and_ready_and_its_numbers_pass_the_linter(place: Path) -> None:
    with ExitStack() as stack:
        for one in [stack.enter_context(running(name, place)) for name in NAMES]:
            until(one.is_ready, one.log)
            alive, numbers = one.ask("healthz"), one.ask("metrics")
            assert alive is not None
            assert numbers is not None
            assert (alive.status_code, alive.text) == (200, "OK\n")
            linted = subprocess.run(
                [find_promtool(), "check", "metrics"], input=numbers.content, capture_output=True, check=False
            )
            assert (linted.returncode, linted.stdout + linted.stderr) == (0, b""), numbers.text
            assert "anhu_loop_lag_seconds_count" in numbers.text


def test_a_process_that_stands_still_is_not_alive_and_is_again_when_it_goes_on(place: Path) -> None:
    with running("dispatcher", place) as one:
        until(one.is_ready, one.log)
        one.process.send_signal(signal.SIGSTOP)
        assert one.ask("healthz", timeout_s=0.5) is None
        one.process.send_signal(signal.SIGCONT)
        until(one.is_ready, one.log)


def test_the_pages_are_not_ready_before_the_database_has_its_newest_form(place: Path) -> None:
    def call_it(revision: str) -> str:
        with closing(sqlite3.connect(place / "data" / "anhu.db")) as database, database:
            (before,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
            return str(before)

    newest = call_it("0001")
    with running("api", place) as one:
        until(lambda: "has revision 0001" in one.says("readyz"), one.log)
        call_it(newest)
        until(one.is_ready, one.log)
