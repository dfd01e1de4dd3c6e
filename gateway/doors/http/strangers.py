"""What a vendor's cloud says of devices that are not its product's: refused, counted, kept as far as there is room.

The cloud itself is known by its key. So such a message is most likely of a device that nobody has enrolled yet, and
what it says must not vanish.
"""

from __future__ import annotations

import logging

from anhu.contract.allowance import Allowance, Rate
from gateway.codec import Frame
from gateway.directory import ProductEntry
from gateway.doors.http.counters import HttpCounters
from gateway.group_commit import Done
from gateway.intake import Intake
from gateway.quarantine import Quarantine, QuarantineRefusedError, Stranger
from gateway.refused_words import word_for_help
from gateway.salvage import shown

_logger = logging.getLogger(__name__)
_LETTERS = Rate(120, 30)
"""Messages of strangers that are kept raw, of one product: the first ones, and then some. [1/min]"""
_CALLS = Rate(120, 60)
"""The same of those that read like a call for help."""
_MOST_PRODUCTS = 10_000


class Strangers:
    """Takes messages of unknown devices: into quarantine, or where there is none, among the dead letters."""

    def __init__(self, intake: Intake, counters: HttpCounters, quarantine: Quarantine | None = None) -> None:
        self._intake, self._counters, self._quarantine = intake, counters, quarantine
        self._allowances: dict[tuple[str, bool], Allowance] = {}

    def take(self, frame: Frame, product: ProductEntry, done: Done, token: object) -> None:
        """Take one; ``done`` is called as `gateway.intake.Intake` does, whether it was kept or only counted."""
        self._counters.strangers += 1
        word = word_for_help(frame.payload)
        self._counters.stranger_calls += bool(word)
        if self._quarantine is not None:
            stranger = Stranger(said=frame.device_id, codec=product.codec, product_id=product.product_id)
            self._quarantine.take(frame, stranger, _taken, (done, token))
            return
        if not self._may_keep(product.product_id, frame.received_at_ms, calls=bool(word)):
            self._intake.in_turn(done, token)
            return
        if word:
            who = shown(frame.device_id)
            _logger.warning(
                "a call for help of a device that nobody has enrolled: %s, product %s", who, product.product_id
            )
        reason = f"device: got {shown(frame.device_id)!r}, expected an enabled device of product {product.product_id}"
        self._intake.keep_undecoded(frame, reason, done, token)

    def tells(self, frame: Frame, product: ProductEntry, done: Done, token: object) -> bool:
        """Have a push that names no device told and kept as its product's stranger, if it is a call for help.

        ``done`` is called only where it is, perhaps before this returns.
        """
        if not word_for_help(frame.payload):
            return False
        self._counters.stranger_calls += 1
        if self._quarantine is None:
            _logger.warning("a call for help of no device that can be read, product %s", product.product_id)
            return False
        stranger = Stranger(said=frame.route, codec=product.codec, product_id=product.product_id)
        self._quarantine.take(frame, stranger, _taken, (done, token))
        return True

    def _may_keep(self, product_id: str, now_ms: int, *, calls: bool) -> bool:
        key = (product_id, calls)
        allowance = self._allowances.get(key)
        if allowance is None:
            if len(self._allowances) >= _MOST_PRODUCTS:
                del self._allowances[next(iter(self._allowances))]
            allowance = self._allowances[key] = Allowance.full(_CALLS if calls else _LETTERS, now_ms)
        return allowance.takes(now_ms)


def _taken(asked: tuple[Done, object], error: Exception | None) -> None:
    done, token = asked
    done(token, None if isinstance(error, QuarantineRefusedError) else error)
