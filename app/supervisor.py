"""`anhu up`: starts the processes, starts a dead one again, and takes all of them down together.

A child ends by itself when its standard input closes, so none outlives a supervisor that was killed.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

log = logging.getLogger(__name__)

_CODE = Path(__file__).parents[1]
_POLL_S = 0.1
_STOP_S = 20.0
_FIRST_BACK_OFF_S = 0.5
_LONGEST_BACK_OFF_S = 5.0  # however often it has died: somebody may lie on a floor
_STEADY_S = 60.0


@dataclass(slots=True)
class _Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    start_again_s: float = 0.0
    back_off_s: float = _FIRST_BACK_OFF_S


@dataclass(slots=True)
class Supervisor:
    """Keeps a set of processes alive until it is told to stop.

    Attributes
    ----------
    commands : mapping
        Name -> command line, in starting order.
    environment : mapping
        The children's environment.
    """

    commands: Mapping[str, Sequence[str]]
    environment: Mapping[str, str]
    _children: list[_Child] = field(init=False, default_factory=list)
    _stopping: bool = field(init=False, default=False)

    def start(self) -> None:
        """Start every process; SIGINT and SIGTERM from now on mean `stop`."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        self._children = [_Child(name, command) for name, command in self.commands.items()]
        for child in self._children:
            self._launch(child)

    def watch(self) -> None:
        """Run the one visible loop; return after a signal, when every child has ended."""
        while not self._stopping:
            self.look()
            time.sleep(_POLL_S)
        self._take_down()

    def look(self) -> None:
        """Start again what has died; slower each time it dies young."""
        now_s = time.monotonic()
        for child in self._children:
            if child.process is None:
                if now_s >= child.start_again_s:
                    self._launch(child)
            elif child.process.poll() is not None:
                self._note_death(child, now_s)

    @property
    def stopping(self) -> bool:
        """Whether a signal has asked for the end."""
        return self._stopping

    def _launch(self, child: _Child) -> None:
        child.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            child.command, env=dict(self.environment), stdin=subprocess.PIPE, start_new_session=True
        )
        child.started_s = time.monotonic()

    def _note_death(self, child: _Child, now_s: float) -> None:
        code = child.process.returncode if child.process else None
        child.process = None
        if now_s - child.started_s > _STEADY_S:
            child.back_off_s = _FIRST_BACK_OFF_S
        log.error("%s ended with code %s; starting it again in %.1f s", child.name, code, child.back_off_s)
        child.start_again_s = now_s + child.back_off_s
        child.back_off_s = min(2 * child.back_off_s, _LONGEST_BACK_OFF_S)

    def _take_down(self) -> None:
        alive = [c.process for c in self._children if c.process is not None and c.process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        end_s = time.monotonic() + _STOP_S
        for process in alive:
            try:
                process.wait(timeout=max(0.1, end_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("process %s did not stop in time; ending it", process.pid)  # noqa: TRY400 - no traceback
                process.kill()
                process.wait()

    def _on_signal(self, signum: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            log.info("signal %s: shutting down", signal.Signals(signum).name)
        self._stopping = True


def own_command(*arguments: str) -> list[str]:
    """Return the command line that runs ``anhu`` in this interpreter, whatever lies in the present folder."""
    return [sys.executable, "-P", "-m", "app", *arguments]


def child_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with the settings put in, this code, and one thread per numeric library.

    What PYTHONPATH names relative to the present folder, or with an empty entry as that folder itself, is left out.
    """
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ANHU_")}
    named = [part for part in kept.get("PYTHONPATH", "").split(os.pathsep) if Path(part).is_absolute()]
    return {**kept, **single, "PYTHONPATH": os.pathsep.join((str(_CODE), *named)), **settings}
