"""Whether a stranger's message reads like a call for help, and how it is told, whoever invents how many of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from anhu.contract.allowance import Allowance, Rate
from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError
from anhu.contract.identity import child_device_id
from anhu.contract.meaning import is_call
from anhu.contract.observation import AttributeValue, Event, TimeQuality, one_by_one
from gateway.codec import Codec, Frame
from gateway.counters import IntakeCounters
from gateway.refused_words import word_for_help
from gateway.salvage import Salvage, shown

LOOKS = Rate(300, 120)
"""Of one source: messages that no codec reads and that are looked at as closely as a known device's."""
NAMED = Rate(20, 4)
"""Of one source: strangers that are told by name. Behind them the source as a whole is told."""
ALL_NAMED = Rate(100, 20)
"""Of all sources: whoever has a thousand addresses must not fill every telephone."""
ALL_SOURCES = Rate(50, 5)
"""Sources told as a whole. Behind them it is only told that strangers call."""
EVERYBODY = "strangers"
_GLANCE_BYTES = 1_024
_AGAIN_MS = 10 * SECOND_MS
_MOST_KEPT = 5_000
_Kept = TypeVar("_Kept")
_logger = logging.getLogger(__name__)


class StrangerCall(NamedTuple):
    """What a stranger calls for: an event of the quantity table, and the word that said so."""

    kind: str
    word: str


class StrangerCalls:
    """Looks at strangers' messages, each source within its bounds.

    Parameters
    ----------
    codecs : mapping
        Name -> codec.
    """

    def __init__(self, codecs: Mapping[str, Codec]) -> None:
        self._codecs = codecs
        self._looks: dict[str, Allowance] = {}
        self._named: dict[str, Allowance] = {}
        self._all_named, self._all_sources = Allowance.full(ALL_NAMED, 0), Allowance.full(ALL_SOURCES, 0)
        self._told_ms: dict[str, int] = {}

    def of(self, frame: Frame, codec_name: str, source: str) -> StrangerCall | None:
        """Return what a message calls for; None where it does not read like a call."""
        if frame.retained:
            return None
        codec = self._codecs.get(codec_name)
        try:
            found = one_by_one(codec.decode(frame)) if codec is not None else None
        except FieldError:
            found = None
        except Exception:
            _logger.exception("codec %s failed on a stranger's message", codec_name)
            found = None
        if found is None:
            if not _allowance(self._looks, source, LOOKS, frame.received_at_ms).takes(frame.received_at_ms):
                word = word_for_help(frame.payload[:_GLANCE_BYTES])
                return StrangerCall("unknown_vendor_event", word) if word else None
            salvage = Salvage(IntakeCounters())  # without memory: each stranger is heard, however many there are
            found = salvage.of(frame, codec, "a device that is not registered")
        for one in found:
            if type(one) is Event and one.state == "on" and is_call(one):
                said = one.attributes.get("word") or one.attributes.get("vendor_type") or one.kind
                return StrangerCall(one.kind, shown(str(said)))
        return None

    def told(
        self, frame: Frame, device_id: str, source: str, call: StrangerCall, *, product_id: str
    ) -> tuple[str, Event] | None:
        """Return under whose name a call is told, and what is told; None while that was said just before."""
        now_ms = frame.received_at_ms
        name = EVERYBODY
        if _allowance(self._named, source, NAMED, now_ms).takes(now_ms):
            name = device_id if self._all_named.takes(now_ms) else EVERYBODY
        elif self._all_sources.takes(now_ms):
            name = child_device_id(EVERYBODY, source)
        last_ms = self._told_ms.get(name)
        if last_ms is not None and 0 <= now_ms - last_ms < _AGAIN_MS:
            return None
        _bounded(self._told_ms)[name] = now_ms
        about: dict[str, AttributeValue] = {"urgent": True, "stranger": True, "door": frame.door.value}
        about |= {"source": shown(source), "word": call.word}
        about |= {"product": product_id} if product_id else {}
        return name, Event(call.kind, now_ms, "on", about, TimeQuality.RECEIVED)


def _allowance(table: dict[str, Allowance], source: str, rate: Rate, now_ms: int) -> Allowance:
    found = table.get(source)
    if found is None:
        found = _bounded(table)[source] = Allowance.full(rate, now_ms)
    return found


def _bounded(table: dict[str, _Kept]) -> dict[str, _Kept]:
    """Return a table in which there is room for one more: the oldest goes."""
    if len(table) >= _MOST_KEPT:
        del table[next(iter(table))]
    return table
