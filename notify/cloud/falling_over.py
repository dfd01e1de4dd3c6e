"""Sends through the first cloud that takes it, and turns what they say into what a channel may raise."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from notify.channel import Delivery, PermanentError, RetryableError
from notify.cloud.verdict import RefusedError, Why

_LIMITED_AFTER_S = 60.0
_RESTS_S = 60.0
"""A cloud that did not work is asked last for so long. [s]"""

Send = Callable[[], Awaitable[Delivery]]


class FallingOver:
    """Tries clouds in their order; one that failed lately goes last.

    Parameters
    ----------
    order : sequence of str
        Names of the clouds that are set up, the preferred one first.
    """

    def __init__(self, order: tuple[str, ...]) -> None:
        self._order = order
        self._failed_s: dict[str, float] = {}

    async def send(self, clouds: Mapping[str, Send]) -> Delivery:
        """Send once. Raises `RetryableError`, `PermanentError`."""
        refusals: list[RefusedError] = []
        for name in self._now():
            try:
                delivery = await clouds[name]()
            except RefusedError as refusal:
                refusals.append(refusal)
                if refusal.why is Why.NUMBER:
                    raise PermanentError(str(refusal)) from None
                if refusal.why in {Why.DOWN, Why.UNKNOWN}:
                    self._failed_s[name] = time.monotonic()
                if refusal.why is Why.UNKNOWN:
                    break
            else:
                self._failed_s.pop(name, None)
                return delivery
        raise _summed_up(refusals)

    def _now(self) -> list[str]:
        now_s = time.monotonic()
        return sorted(self._order, key=lambda name: now_s - self._failed_s.get(name, -_RESTS_S) < _RESTS_S)


def _summed_up(refusals: list[RefusedError]) -> RetryableError | PermanentError:
    reason = "; ".join(dict.fromkeys(str(one) for one in refusals))
    if all(one.why is Why.CONTENT for one in refusals):
        return PermanentError(reason)
    limited = all(one.why is Why.LIMITED for one in refusals)
    return RetryableError(reason, after_s=_LIMITED_AFTER_S if limited else 0.0)
