"""The generator as its user sees it: a child process that sends at a rate when it is told to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from simulators.credential import Credential


class Sent(NamedTuple):
    """What the generator says of one run.

    Attributes
    ----------
    s, cpu_s : float
        Time of sending, and CPU time it took. [s]
    late_s : float
        By how much it was behind its schedule at worst. [s]
    wait_s : float
        How long the last answers took. [s]
    """

    sent: int
    acked: int
    s: float
    cpu_s: float
    late_s: float
    wait_s: float


class Load:
    """A running generator."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def begin(self, rate: float, seconds: float) -> None:
        """Send at a rate; `end` waits for it. [messages/s, s]."""
        self._tell({"rate": rate, "seconds": seconds})

    def end(self) -> Sent:
        """Wait until it has sent everything and heard every answer."""
        return Sent(**self._hear())

    def run(self, rate: float, seconds: float) -> Sent:
        """Send at a rate and wait. [messages/s, s]."""
        self.begin(rate, seconds)
        return self.end()

    def _tell(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the generator ended: see its error above")
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def load(port: int, who: Sequence[Credential], *, window: int = 64, event_every: int = 0) -> Iterator[Load]:
    """Connect every device, and end the generator afterwards."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.generator"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            one = Load(process)
            devices = [(c.device_id, c.secret) for c in who]
            one._tell({"port": port, "devices": devices, "window": window, "event_every": event_every})
            one._hear()
            yield one
        finally:
            process.kill()
