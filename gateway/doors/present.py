"""Which devices are connected, on disk: who does not come back after an end of ours is told to be away."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

_logger = logging.getLogger(__name__)
_WRITE_EVERY_S = 1.0
_MOST_LINES_MORE = 10_000


class PresentDevices:
    """A file of lines, ``+device`` and ``-device``, written anew when most of them say nothing any more.

    An end of ours tells of no absence: after kill -9 nobody could, and after an upgrade all are back in a minute. So
    those that stand here at the next start were connected when we ended. A power cut costs the last second.

    Parameters
    ----------
    file : Path, optional
        None keeps nothing.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._present: set[str] = set()
        self._new: list[str] = []
        self._lines = 0
        self.failed_writes = 0

    def open(self) -> tuple[str, ...]:
        """Return who was connected when we ended; they stand here until they are told to be away."""
        if self._file is None or not self._file.exists():
            return ()
        for line in self._file.read_text("utf-8", errors="replace").splitlines(keepends=True):
            if line.endswith("\n") and line[1:-1]:  # a power cut may leave half a line
                (self._present.add if line[0] == "+" else self._present.discard)(line[1:-1])
                self._lines += 1
        return tuple(sorted(self._present))

    def came(self, device_id: str) -> None:
        """Take that a device is connected."""
        self._present.add(device_id)
        self._new.append(f"+{device_id}\n")

    def went(self, device_id: str) -> None:
        """Take that it is not, and that the LOG was told."""
        self._present.discard(device_id)
        self._new.append(f"-{device_id}\n")

    async def run(self) -> None:
        """Write what is new, for ever."""
        while True:
            await asyncio.sleep(_WRITE_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Bring everything to the disk, off the loop."""
        if self._file is None or not self._new:
            return
        new, self._new = self._new, []
        self._lines += len(new)
        anew = self.failed_writes > 0 or self._lines > 2 * len(self._present) + _MOST_LINES_MORE
        text = "".join(f"+{one}\n" for one in self._present) if anew else "".join(new)
        try:
            await asyncio.to_thread(_written, self._file, text, anew=anew)
        except OSError as error:
            self.failed_writes += 1
            self._new = [*new, *self._new][-_MOST_LINES_MORE:]
            _logger.error("who is connected cannot be written down: %s", error)  # noqa: TRY400 - its text says all
            return
        if anew:
            self._lines, self.failed_writes = len(self._present), 0


def _written(file: Path, text: str, *, anew: bool) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    target = file.with_name(f"{file.name}.new") if anew else file
    with target.open("w" if anew else "a", encoding="utf-8") as lines:
        lines.write(text)
        lines.flush()
        os.fsync(lines.fileno())
    if anew:
        target.replace(file)
