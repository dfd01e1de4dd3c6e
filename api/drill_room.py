"""One test alarm at a time, made beside the answer: the page asks again what became of it.

What makes it is handed in by the composition root: it is a device that knocks at the real door.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from api.errors import ConflictError
from api.schemas.drills import DrillView

_logger = logging.getLogger(__name__)


class DrillRoom:
    """Makes drills.

    Parameters
    ----------
    drill : callable
        Resident's identity, who wants it -> what became of it; takes up to a minute.
    """

    def __init__(self, drill: Callable[[str, str], DrillView]) -> None:
        self._drill = drill
        self._lock = threading.Lock()
        self._last: DrillView | None = None
        self._thread: threading.Thread | None = None

    @property
    def last(self) -> DrillView | None:
        """The newest drill of this process; None before the first."""
        return self._last

    def start(self, resident_id: str, who: str) -> None:
        """Begin one. Raises `ConflictError` while another is on its way."""
        with self._lock:
            if self._last is not None and self._last.is_running:
                raise ConflictError("a drill is on its way", zh="演练正在进行，请稍候")
            self._last = DrillView(resident_id=resident_id, is_running=True)
            self._thread = threading.Thread(target=self._run, args=(resident_id, who), name="drill", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Wait until it is over."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, resident_id: str, who: str) -> None:
        try:
            self._last = self._drill(resident_id, who)
        except Exception as error:  # the page must say that it broke, and not that it runs
            _logger.exception("a drill broke")
            self._last = DrillView(resident_id=resident_id, is_running=False, problem=type(error).__name__)
