"""Builds a program once a machine: says how far it is, and leaves nothing behind when it is interrupted."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import click

from tests.services.finding import ServiceMissingError
from tests.services.process import ends_with_us

SAY_EVERY_S = 15.0
_OUTPUT_TAIL_CHARS = 4_000
_ENDS_US = (signal.SIGTERM, signal.SIGHUP)


class Step(NamedTuple):
    """One command of a build.

    Attributes
    ----------
    what : str
        Shown while it runs: "compiling the server".
    command : sequence of str
        Runs in the build's own folder.
    about_s : float
        How long it takes on two cores with nothing cached. [s]
    """

    what: str
    command: Sequence[str]
    about_s: float


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Hold the only right to build a program on this machine, and sweep up what a killed build left behind."""
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            click.echo(f"waiting for another run that is building {target.name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in target.parent.glob(f"{target.name}.building-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextmanager
def build_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside the target to build in; it goes away however the build ends, by a signal too."""
    with (
        _signals_end_it_like_an_error(),
        tempfile.TemporaryDirectory(prefix=f"{target.name}.building-", dir=target.parent) as name,
    ):
        yield Path(name)


def run_steps(
    name: str, steps: Sequence[Step], folder: Path, environment: Mapping[str, str], *, say_every_s: float = SAY_EVERY_S
) -> None:
    """Run the commands one after another, and say every few seconds how far it is.

    Raises
    ------
    ServiceMissingError
        If a command fails; with the end of what it printed.
    """
    begun_s = time.monotonic()
    whole_s = sum(step.about_s for step in steps)
    for number, step in enumerate(steps, start=1):
        doing = f"building {name}: step {number} of {len(steps)}, {step.what}"
        with _running(step, folder, environment) as child:
            while _still_runs(child, say_every_s):
                click.echo(f"{doing}: {time.monotonic() - begun_s:.0f} s of about {whole_s:.0f} s")
            if child.returncode:
                said = _output(folder).read_text("utf-8", errors="replace")[-_OUTPUT_TAIL_CHARS:]
                raise ServiceMissingError(f"`{' '.join(step.command)}` failed:\n{said}")
    click.echo(f"building {name}: done after {time.monotonic() - begun_s:.0f} s")


@contextmanager
def _running(step: Step, folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command in a process group of its own, and leave nobody of that group behind."""
    with _output(folder).open("wb") as output:
        child = subprocess.Popen(
            [*ends_with_us(signal.SIGTERM), *step.command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _still_runs(child: subprocess.Popen[bytes], for_s: float) -> bool:
    try:
        child.wait(for_s)
    except subprocess.TimeoutExpired:
        return True
    return False


def _output(folder: Path) -> Path:
    return folder / "output.txt"


@contextmanager
def _signals_end_it_like_an_error() -> Iterator[None]:
    """Turn the signals that would end this process on the spot into an exception, so that what is open is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, lambda number, _: sys.exit(128 + number)) for one in _ENDS_US}
    try:
        yield
    finally:
        for one, usual in before.items():
            signal.signal(one, usual)
