"""Mails that strangers ask for: few from one address, and written after the answer, so that its time tells nothing."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from anhu.contract.allowance import Allowance, Rate

ASKED = Rate(5, 1)
"""Five at once from one address, then one a minute."""
_MOST_ADDRESSES = 10_000
_MOST_WAITING = 50
_logger = logging.getLogger(__name__)


class Mailing:
    """Counts what addresses ask for, and does it after they were answered.

    Parameters
    ----------
    rate : Rate
        What one address may ask: at once, and in a minute.

    Attributes
    ----------
    dropped : int
        How many were not done, because too many waited.
    """

    def __init__(self, rate: Rate = ASKED) -> None:
        self._rate = rate
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()
        self._waiting: set[asyncio.Task[None]] = set()
        self.dropped = 0

    def wait_s(self, address: str, now_ms: int) -> float:
        """Count one request; return how long the address must wait instead, 0 for not at all. [ms] -> [s]."""
        allowance = self._allowances.setdefault(address, Allowance.full(self._rate, now_ms))
        self._allowances.move_to_end(address)
        if len(self._allowances) > _MOST_ADDRESSES:
            self._allowances.popitem(last=False)
        return 0.0 if allowance.takes(now_ms) else allowance.wait_s

    def later(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it beside the answer."""
        if len(self._waiting) >= _MOST_WAITING:
            self.dropped += 1
            _logger.warning("a mail that was asked for is not written: %d wait already", _MOST_WAITING)
            return
        task = asyncio.create_task(self._done(work), name="mail")
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    @property
    def waiting(self) -> int:
        """How many are not done yet."""
        return len(self._waiting)

    async def _done(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - nobody waits for it; what was asked must not stand in the log
            _logger.error("a mail that was asked for could not be written: %s", type(error).__name__)  # noqa: TRY400
