"""How late the event loop is: whoever asks it for something now waits for so long."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from anhu.contract.numbers import DELAY_BOUNDS_S, Family, Histogram

_EVERY_S = 0.5


class LoopLag:
    """Sleeps, and sees how much later than asked it wakes."""

    def __init__(self) -> None:
        self._late = Histogram()

    async def run(self) -> None:
        """Look for ever."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            self._late.observe(loop.time() - due_s)

    def families(self) -> Sequence[Family]:
        """Return how late it was."""
        what = "How late the event loop came to what was due, looked at twice a second."
        sample = self._late.sample()
        return (Family("anhu_loop_lag_seconds", what, "histogram", (), (sample,), DELAY_BOUNDS_S),)
