"""Who asks as nobody, again and again, is answered later and later: a flood of strangers costs a few requests a second.

No stranger is refused for it: behind one address may be a whole city, and among the guesses a right password. Who is
logged in, or comes with a token that is good, waits only for the answer that he asks too much.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.clock import SECOND_MS
from anhu.contract.proxies import address_group

AT_ONCE = Rate(200, 1_200)
"""A dozen browsers that open the login page, and what they load; then twenty requests a second."""
_HELD_S, _LONGEST_S = 2.0, 10.0
_OUT_A_S = 50
_MOST_ADDRESSES = 10_000


class Crowd:
    """Holds back what comes too fast.

    Parameters
    ----------
    rate : Rate
        What one address may ask without being held.
    sleep : callable
        Waits. [s]

    Attributes
    ----------
    held : int
        How many were held since the start.
    """

    def __init__(self, rate: Rate = AT_ONCE, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._rate = rate
        self._sleep = sleep
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()
        self._waiting = 0
        self.held = 0

    async def pass_through(self, address: str) -> None:
        """Return at once, or, for an address that asks too fast, when it has waited."""
        if not self._takes(address_group(address)):
            await self.hold()

    async def hold(self) -> None:
        """Wait: the longer, the more wait already."""
        self.held += 1
        self._waiting += 1
        try:
            await self._sleep(min(_LONGEST_S, _HELD_S + self._waiting / _OUT_A_S))
        finally:
            self._waiting -= 1

    def _takes(self, group: str) -> bool:
        now_ms = int(asyncio.get_running_loop().time() * SECOND_MS)
        allowance = self._allowances.setdefault(group, Allowance.full(self._rate, now_ms))
        self._allowances.move_to_end(group)
        if len(self._allowances) > _MOST_ADDRESSES:
            self._allowances.popitem(last=False)
        return allowance.takes(now_ms)
