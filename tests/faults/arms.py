"""The harness's side of the hooks: asks a process to die at a point, steps clocks, makes flushes fail."""

from __future__ import annotations

import os
from pathlib import Path

from tests.services.finding import cache_folder

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent


class Arms:
    """Requests to the processes of one installation, as files in a folder that they look at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "crash").mkdir(parents=True)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that put the hooks into every process started with them."""
        before = os.environ.get("PYTHONPATH", "")
        path = [str(HERE / "launcher"), str(REPOSITORY), *([before] if before else [])]
        # Compiled once for all runs: a process that is there in a second can be killed again sooner.
        compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(cache_folder() / "compiled")}
        return {"FAULTS_FOLDER": str(self._folder), "PYTHONPATH": os.pathsep.join(path), **compiled}

    def crash(self, process: str, point: str, *, after_passes: int = 1) -> Path:
        """Have a process die at a point; the file returned is gone once it is dead."""
        file = self._folder / "crash" / f"{process}@{point}"
        fresh = file.with_suffix(".new")
        fresh.write_text(f"{after_passes:020d}", "ascii")
        fresh.replace(file)
        return file

    def step_clock(self, by_ms: int) -> None:
        """Set the wall clock of all processes off by so much. [ms]."""
        fresh = self._folder / "clock.new"
        fresh.write_text(str(by_ms), "ascii")
        fresh.replace(self._folder / "clock")

    def fail_flushes(self, process: str) -> None:
        """Have the disk refuse to flush."""
        self._flush_file(process).touch()

    def flush_again(self, process: str) -> None:
        """Have it flush again."""
        self._flush_file(process).unlink(missing_ok=True)

    def _flush_file(self, process: str) -> Path:
        return self._folder / f"{process}.flush_fails"
