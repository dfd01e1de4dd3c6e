"""How many links that there are not one address may try: nobody guesses one, and nobody floods the database with it."""

from __future__ import annotations

from collections import OrderedDict

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.proxies import address_group
from api.errors import TooManyRequestsError

_WRONG = Rate(20, 20)
_MOST_ADDRESSES = 10_000


class LinkThrottle:
    """Counts links that there are not, by address; a good link counts nothing: behind one address may be a city.

    Attributes
    ----------
    wrong, refused : int
        How many there were since the start, and how many were not even looked up.
    """

    def __init__(self, rate: Rate = _WRONG) -> None:
        self._rate = rate
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()
        self.wrong = 0
        self.refused = 0

    def check(self, address: str, now_ms: int) -> None:
        """Raise `TooManyRequestsError` for an address that has tried too many. [ms]."""
        found = self._allowances.get(address_group(address))
        if found is not None and found.left < 1:
            found.takes(now_ms)
            if found.left < 1:
                self.refused += 1
                raise TooManyRequestsError("too many links that there are not", retry_after_s=found.wait_s)

    def note(self, address: str, now_ms: int) -> None:
        """Count one that there is not. [ms]."""
        self.wrong += 1
        group = address_group(address)
        self._allowances.setdefault(group, Allowance.full(self._rate, now_ms)).takes(now_ms)
        self._allowances.move_to_end(group)
        if len(self._allowances) > _MOST_ADDRESSES:
            self._allowances.popitem(last=False)
