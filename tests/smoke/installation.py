"""A whole installation, driven from outside as a stranger would: `anhu up`, `anhu admin`, MQTT and HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.command_here import printed
from tests.services.process import free_port

T = TypeVar("T")
_START_S = 300.0
THIS_CODE = (sys.executable, "-m", "app")


class Installation:
    """One data folder with its ports; may be started, killed and started again.

    `program` is what runs: this code, unless an installed copy is named.
    """

    def __init__(self, folder: Path, *, program: Sequence[str] = THIS_CODE, **settings: str) -> None:
        self._program, self._cwd = program, folder if program is not THIS_CODE else None
        self.data = folder / "data"
        self.port, self.mqtt_port = free_port(), free_port()
        self.output = folder / "output.txt"
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ANHU_")},
            "ANHU_WEBHOOK_PRIVATE": "true",
            **{f"ANHU_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._api: httpx.Client | None = None

    def start(self, demo: str = "--no-demo") -> None:
        """Start and wait until pages and MQTT answer."""
        ports = ["--port", str(self.port), "--mqtt-port", str(self.mqtt_port)]
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [*self._program, "up", "--data", str(self.data), demo, *ports],
                cwd=self._cwd,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        until(lambda: "Anhu is up" in self.output.read_text("utf-8"), self.log, seconds=_START_S)

    def kill(self) -> None:
        """End every process of the tree at once, as a power cut would: SIGKILL."""
        assert self._process is not None
        for pid in [*_descendants(self._process.pid), self._process.pid]:
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self.output.write_text("", encoding="utf-8")

    def stop(self) -> int:
        """Shut down cleanly and return the exit code."""
        if self._api is not None:
            self._api.close()
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.terminate()
        return self._process.wait(timeout=180)

    def admin(self, command: str, **options: str) -> dict[str, Any]:
        """Run ``anhu admin …`` and return what it printed."""
        options = {"data": str(self.data), **options}
        words = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        arguments = ["admin", command, *words]
        if self._program is THIS_CODE:
            text = printed(arguments, self._environment)
        else:
            ran = self.run(*arguments)
            assert ran.returncode == 0, ran.stderr
            text = ran.stdout
        found: dict[str, Any] = json.loads(text)
        return found

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run any other ``anhu`` command."""
        return subprocess.run(
            [*self._program, *arguments],
            cwd=self._cwd,
            env={**self._environment, **environment},
            capture_output=True,
            check=False,
            text=True,
            timeout=300,
        )

    def log_in(self) -> None:
        """Take an API token of a new administrator, and use it from now on."""
        self.admin("create-user", login="chief", role="admin")
        token = self.admin("create-token", login="chief")["token"]
        url = f"http://127.0.0.1:{self.port}/api/v1"
        self._api = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10.0)

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - whatever JSON the path answers
        """Return the JSON that the API answers."""
        assert self._api is not None
        answer = self._api.get(path, params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - the same
        """Post JSON and return the answer's."""
        assert self._api is not None
        answer = self._api.post(path, json=body or {})
        assert answer.is_success, answer.text
        return answer.json()

    def patch(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - the same
        """Change something and return the answer's JSON."""
        assert self._api is not None
        answer = self._api.patch(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def alerts(self, resident_id: str) -> list[dict[str, Any]]:
        """Return every alert of a resident, open or closed."""
        found: list[dict[str, Any]] = self.get("/alerts", resident_id=resident_id, limit="200")["items"]
        return found

    def log(self) -> str:
        """Return what the processes said so far."""
        return self.output.read_text("utf-8")


def until(what: Callable[[], T], explain: Callable[[], str] = str, *, seconds: float = 180.0) -> T:
    """Ask again and again until the answer is true; the deadline only ends a test that failed."""
    end_s = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end_s, f"did not come true in {seconds} s\n{explain()}"
        time.sleep(0.05)


def _descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, check=True, text=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in listed.splitlines())}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]
