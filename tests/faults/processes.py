"""The processes of one installation, by the names `anhu run` knows them by."""

from __future__ import annotations

import asyncio
from pathlib import Path

NAMES = ("gateway", "ingest", "alerts", "dispatcher", "api", "watcher")


def pids(data: Path) -> dict[str, int]:
    """Return name -> process id of everything that runs on a data folder."""
    found = {}
    wanted = f"ANHU_DATA={data}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if b"run" in words and wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found[words[words.index(b"run") + 1].decode()] = int(folder.name)
            except OSError:
                continue
    return found


async def watch_memory(data: Path, peak: dict[str, int]) -> None:
    """Keep the most memory that each process ever had, for ever. [byte]."""
    while True:
        for name, pid in (await asyncio.to_thread(pids, data)).items():
            peak[name] = max(peak.get(name, 0), memory_bytes(pid, "VmHWM"))
        await asyncio.sleep(1.0)


def memory_bytes(pid: int, what: str = "VmRSS") -> int:
    """Return the memory a process has, or the most it ever had (``VmHWM``); 0 when it is gone. [byte]."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1_024 for line in lines if line.startswith(f"{what}:")), 0)
