"""How much one user may ask: far above what people and programs do, far below what would fill the audit."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from anhu.contract.allowance import Allowance, Rate
from anhu.registry.roles import Role
from api.errors import TooManyRequestsError

_MOST_USERS = 10_000
_OUTSIDE = frozenset({Role.FAMILY, Role.VENDOR})


class Rates(NamedTuple):
    """Of staff and of others, by what is asked."""

    staff_reads: Rate = Rate(1_000, 3_000)
    outside_reads: Rate = Rate(500, 300)
    writes: Rate = Rate(500, 600)


class RateLimits:
    """Counts what each user asks; who did not ask for long has everything again."""

    def __init__(self, rates: Rates | None = None) -> None:
        self._rates = rates or Rates()
        self._allowances: OrderedDict[tuple[str, Rate], Allowance] = OrderedDict()
        self.refused = 0

    def take(self, user_id: str, role: Role, *, writes: bool, now_ms: int) -> None:
        """Count one request. Raises `TooManyRequestsError` with the time after which the next may come."""
        rate = self._rate(role, writes=writes)
        allowance = self._allowances.setdefault((user_id, rate), Allowance.full(rate, now_ms))
        self._allowances.move_to_end((user_id, rate))
        if not allowance.takes(now_ms):
            self.refused += 1
            raise TooManyRequestsError("this user asks too much", retry_after_s=allowance.wait_s)
        if len(self._allowances) > _MOST_USERS:
            self._allowances.popitem(last=False)

    def _rate(self, role: Role, *, writes: bool) -> Rate:
        if writes:
            return self._rates.writes
        return self._rates.outside_reads if role in _OUTSIDE else self._rates.staff_reads
