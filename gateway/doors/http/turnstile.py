"""How much one product, and one device, may push at once, so that neither holds up the others."""

from __future__ import annotations

from collections.abc import Iterable

from anhu.contract.allowance import Allowance, Rate
from gateway.door_specs import HttpMessage
from gateway.doors.http.counters import HttpCounters
from gateway.doors.http.settings import HttpSettings
from gateway.intake import Intake
from gateway.refused_words import word_for_help

_MOST_DEVICES = 50_000


class Turnstile:
    """Decides whether a push may go on now, or is to be sent again."""

    def __init__(self, settings: HttpSettings, intake: Intake, counters: HttpCounters) -> None:
        self._settings, self._intake, self._counters = settings, intake, counters
        self._rate = Rate(settings.device_burst, settings.device_a_minute)
        self._on_their_way: dict[str, int] = {}
        self._allowances: dict[str, Allowance] = {}

    def lets_in(self, product_id: str) -> bool:
        """Tell whether one more push of a product may go on; if so, `left` must be called for it."""
        if self._intake.pending_bytes > self._settings.max_pending_bytes:
            self._counters.log_full += 1
            return False
        count = self._on_their_way.get(product_id, 0)
        if count >= self._settings.max_pushes_per_product:
            self._counters.product_full += 1
            return False
        self._on_their_way[product_id] = count + 1
        return True

    def left(self, product_id: str) -> None:
        """Take that a push was answered."""
        count = self._on_their_way[product_id] - 1
        if count:
            self._on_their_way[product_id] = count
        else:
            del self._on_their_way[product_id]

    def is_too_much(self, messages: Iterable[HttpMessage], now_ms: int) -> bool:
        """Tell whether the one device of a push says too much. [ms].

        A push of several devices is never held back for one of them, and a call for help never at all: how many calls
        of a device go on is for `gateway.device_limits`.
        """
        whose = {message.device_id for message in messages}
        if len(whose) != 1:
            return False
        device_id = whose.pop()
        allowance = self._allowances.get(device_id)
        if allowance is None:
            if len(self._allowances) >= _MOST_DEVICES:
                del self._allowances[next(iter(self._allowances))]
            allowance = self._allowances[device_id] = Allowance.full(self._rate, now_ms)
        if allowance.takes(now_ms) or any(word_for_help(message.payload) for message in messages):
            return False
        self._counters.over_rate += 1
        return True
