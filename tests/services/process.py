"""One real service as a child process: started on a free port, waited for, killed by its own id."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.services.finding import ServiceMissingError

HOST: Final = "127.0.0.1"
_READY_WITHIN_S: Final = 180.0
"""Twenty processes that begin together on two cores import for a minute."""
_STOP_WITHIN_S: Final = 15.0
_POLL_S: Final = 0.05
_LOG_TAIL_CHARS: Final = 3_000


def free_port() -> int:
    """Return a loopback port nobody listens on.

    It lies below the range that systems hand to outgoing connections, so that no client takes it while the service
    is down, and a client that dials in vain cannot meet itself.
    """
    for port in random.sample(range(15_000, 32_000), 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ServiceMissingError("no free loopback port between 15000 and 32000: too many services are running")


def accepts(port: int) -> bool:
    """Say whether somebody listens on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


class ServiceProcess:
    """A program that runs until it is stopped, and can be killed and started again with the same data.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    log : Path
        File that gets everything the program prints; its end is shown when the program does not start.
    ready : callable
        Says whether the service answers.
    user : str or None
        Account to run under, where the program refuses to be root; None keeps ours.
    end_signal : signal.Signals
        What asks the program to end cleanly; also sent when the test run itself is killed.
    environment : mapping or None
        All that it is told; None: what we were told.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        ready: Callable[[], bool],
        user: str | None = None,
        end_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._environment = environment
        self._command = [*ends_with_us(end_signal), *map(str, command)]
        self._log = log
        self._ready = ready
        self._user = user
        self._end_signal = end_signal
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id while it runs."""
        if self._child is None:
            raise ServiceMissingError(f"{self._command} does not run")
        return self._child.pid

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    @property
    def ended_itself(self) -> bool:
        """Whether it gave up, or failed: ended although nobody here asked it to, and no signal killed it."""
        code = self._child.poll() if self._child is not None else None
        return code is not None and code >= 0

    def start(self) -> None:
        """Start the program and return when it answers."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the program, and do not wait for it."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                user=self._user,
                group=_group_of(self._user),
                extra_groups=[] if self._user else None,
            )

    def wait_until_ready(self) -> None:
        """Return when it answers. Raises `ServiceMissingError` when it ended, or takes too long."""
        deadline = time.monotonic() + _READY_WITHIN_S
        while not self._ready():
            if not self.runs or time.monotonic() > deadline:
                self.kill()
                raise ServiceMissingError(f"{self._command[-1]} did not start: {self._command}\n{self._log_end()}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Ask the program to end, and wait until it has."""
        self._end(self._end_signal)

    def kill(self) -> None:
        """End the program without a word (SIGKILL), as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the program (SIGSTOP): it holds its connections and answers nothing."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a paused program go on."""
        self._send(signal.SIGCONT)

    def _send(self, what: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(what)

    def _end(self, how: signal.Signals) -> None:
        if self._child is None:
            return
        self._send(how)
        self._send(signal.SIGCONT)
        try:
            self._child.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None

    def _log_end(self) -> str:
        return self._log.read_text("utf-8", errors="replace")[-_LOG_TAIL_CHARS:]


def ends_with_us(end_signal: signal.Signals) -> list[str]:
    """Return the prefix that has the kernel end a program should the process that started it be killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", end_signal.name.removeprefix("SIG")] if setpriv else []


def _group_of(user: str | None) -> int | None:
    if user is None:
        return None
    import pwd  # noqa: PLC0415 - not on every system, and only needed where root starts a program for another user

    return pwd.getpwnam(user).pw_gid


def is_root() -> bool:
    """Say whether this process may start programs for another user, and must for some."""
    return os.geteuid() == 0
