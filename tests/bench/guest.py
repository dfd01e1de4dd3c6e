"""The same measurements in a guest: where a process may not open the files that many connections take.

User-Mode Linux is a kernel that runs as an ordinary process, and its root opens as many files as it likes. It has one
CPU, and its system calls take about ten times as long: times are upper limits, memory is the real thing. The guest sees
the machine's own files; what is measured keeps its data in the guest's memory.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from tests.bench import machine
from tests.services.finding import ServiceMissingError, find
from tests.services.process import ServiceProcess

_MEMORY = "8G"  # the machine gives what of it is used
_FILES = 200_000
_MAPPINGS, _MAPPINGS_FILE = 262_144, Path("/proc/sys/vm/max_map_count")
_PAGE_KIB = 4
_LOOK_S = 0.2
_KEPT = ("HOME", "PATH", "XDG_CACHE_HOME")
_INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o size=75% tmpfs /run
ip link set lo up
stty -onlcr
ulimit -n {files}
export TMPDIR=/run {environment}
cd {place}
{command}
echo $? > {result}
echo 0 > /proc/sys/kernel/printk
halt -f > /dev/null 2>&1
"""


def run_in_guest(arguments: Sequence[str]) -> int:
    """Measure with these arguments in a guest, pass on what it says, and return its exit code."""
    program = find("linux.uml")
    if program is None:
        raise ServiceMissingError("User-Mode Linux is not installed. As root: apt-get install user-mode-linux")
    _warn_of_few_mappings()
    with tempfile.TemporaryDirectory(prefix="anhu-guest-") as name:
        folder = Path(name)
        init, said, result = folder / "init.sh", folder / "said", folder / "result"
        init.write_text(_init(arguments, result), "utf-8")
        init.chmod(0o755)
        guest = ServiceProcess(_command(program, init), log=said, ready=said.exists)
        try:
            guest.start()
            _pass_on(said, guest)
        finally:
            guest.stop()
        if not result.exists():
            raise ServiceMissingError("the guest ended before the measurement did: its last words stand above")
        return int(result.read_text("ascii"))


def _warn_of_few_mappings() -> None:
    """Pages of the guest lie scattered, so a process in it takes up to one mapping of the machine for each page."""
    mappings = int(_MAPPINGS_FILE.read_text("ascii"))
    if mappings < _MAPPINGS:
        click.echo(
            f"vm.max_map_count is {mappings}: the guest may have to end a process of more than"
            f" {mappings * _PAGE_KIB // 1_024} MiB. As root: sysctl vm.max_map_count={_MAPPINGS}"
        )


def _command(program: Path, init: Path) -> list[str | Path]:
    """Return the guest's command.

    Its memory is a file in /dev/shm unless the environment says otherwise. Its system calls are switches between two
    processes of the machine, which are four times as quick on one CPU.
    """
    unset = [word for name in ("TMPDIR", "TMP", "TEMP") for word in ("-u", name)]
    one_cpu = ["taskset", "--cpu-list", str(max(os.sched_getaffinity(0)))]
    root = ["rootfstype=hostfs", "rootflags=/", "rw", f"init={init}"]
    console = ["con=null", "con0=fd:0,fd:1", "quiet", "loglevel=1"]
    return ["env", *unset, *one_cpu, program, f"mem={_MEMORY}", f"uml_dir={init.parent}", *root, *console]


def _init(arguments: Sequence[str], result: Path) -> str:
    """Return what the guest does from its start to its end."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    kept[machine.GUEST_OF] = f"{machine.described()}, by User-Mode Linux"
    return _INIT.format(
        files=_FILES,
        environment=" ".join(f"{name}={shlex.quote(value)}" for name, value in kept.items()),
        place=shlex.quote(str(Path.cwd())),
        command=shlex.join([sys.executable, "-m", "tests.bench", *arguments]),
        result=shlex.quote(str(result)),
    )


def _pass_on(said: Path, guest: ServiceProcess) -> None:
    """Copy what the guest says until it has ended."""
    out = sys.stdout.buffer
    with said.open("rb") as words:
        runs = True
        while runs:
            runs = guest.runs  # asked first: the last words count too
            shutil.copyfileobj(words, out)
            out.flush()
            time.sleep(_LOOK_S)
