"""How much one user may ask: far above what people and programs do, far below what would fill the audit."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from anhu.contract.clock import SECOND_MS
from anhu.registry.roles import Role
from api.errors import TooManyRequestsError

_MOST_USERS = 10_000
_OUTSIDE = frozenset({Role.FAMILY, Role.VENDOR})


class Rate(NamedTuple):
    """So many at once, and so many a second for ever."""

    at_once: float
    per_s: float


class Rates(NamedTuple):
    """Of staff and of others, by what is asked."""

    staff_reads: Rate = Rate(1_000, 50)
    outside_reads: Rate = Rate(500, 5)
    writes: Rate = Rate(500, 10)


@dataclass(slots=True)
class _Bucket:
    left: float
    at_ms: int


class RateLimits:
    """Counts what each user asks; who did not ask for long has everything again."""

    def __init__(self, rates: Rates | None = None) -> None:
        self._rates = rates or Rates()
        self._buckets: OrderedDict[tuple[str, Rate], _Bucket] = OrderedDict()
        self.refused = 0

    def take(self, user_id: str, role: Role, *, writes: bool, now_ms: int) -> None:
        """Count one request. Raises `TooManyRequestsError` with the time after which the next may come."""
        rate = self._rate(role, writes=writes)
        bucket = self._buckets.setdefault((user_id, rate), _Bucket(rate.at_once, now_ms))
        self._buckets.move_to_end((user_id, rate))
        bucket.left = min(rate.at_once, bucket.left + (now_ms - bucket.at_ms) / SECOND_MS * rate.per_s)
        bucket.at_ms = now_ms
        if bucket.left < 1:
            self.refused += 1
            raise TooManyRequestsError("this user asks too much", retry_after_s=(1 - bucket.left) / rate.per_s)
        bucket.left -= 1
        if len(self._buckets) > _MOST_USERS:
            self._buckets.popitem(last=False)

    def _rate(self, role: Role, *, writes: bool) -> Rate:
        if writes:
            return self._rates.writes
        return self._rates.outside_reads if role in _OUTSIDE else self._rates.staff_reads
