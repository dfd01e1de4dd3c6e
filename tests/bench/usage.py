"""What processes use: their own CPU clock and their share of memory, read from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_UTIME, _STIME, _CUTIME, _CSTIME, _PPID = 11, 12, 13, 14, 1  # places behind the name in /proc/PID/stat


def cpu_s(pid: int) -> float:
    """Return the CPU time a process has used, all threads, user and system. [s]."""
    fields = _stat(pid)
    return (int(fields[_UTIME]) + int(fields[_STIME])) * _TICK_S


def family_cpu_s(pid: int) -> float:
    """Return the CPU time of a process, of all below it, and of those that ended. [s]."""
    total = 0.0
    for one in descendants(pid):
        fields = _stat(one)
        total += sum(int(fields[at]) for at in (_UTIME, _STIME, _CUTIME, _CSTIME)) * _TICK_S
    return total


def pss_bytes(pid: int) -> int:
    """Return a process's proportional share of memory: pages shared by n processes count one n-th. [byte]."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1_024
    return 0


def descendants(pid: int) -> list[int]:
    """Return every process below one, the process itself first."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parents[int(folder.name)] = int(_stat(int(folder.name))[_PPID])
            except OSError:
                continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def command(pid: int) -> list[str]:
    """Return a process's command line."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()


class Meter:
    """CPU time between two moments, by name. [s].

    Parameters
    ----------
    processes : mapping
        Name -> process ids.
    """

    def __init__(self, processes: Mapping[str, Iterable[int]]) -> None:
        self._processes = {name: tuple(pids) for name, pids in processes.items()}
        self._before = self._now()

    def used(self) -> dict[str, float]:
        """Return what each used since the start. [s]."""
        return {name: now - self._before[name] for name, now in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: sum(map(cpu_s, pids)) for name, pids in self._processes.items()}
