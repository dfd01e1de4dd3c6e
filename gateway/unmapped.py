"""What a device says that nobody has mapped: kept raw once for each word, so that its vendor and the centre see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anhu.contract.errors import FieldError
from anhu.contract.observation import Event, Observation
from gateway.codec import Codec, Frame
from gateway.salvage import REFUSED, shown

NEEDS_MAPPING = "needs mapping: "
"""How the reason of such a letter begins."""
_MOST_WORDS = 64
_MOST_DEVICES = 50_000
_EVERY = 100
"""Every such message of a device and topic is asked which of its fields nobody mapped, and the first. [messages]"""


class Unmapped:
    """Remembers which unmapped words of each device were told; each is told once, 64 of a device at most."""

    def __init__(self) -> None:
        self._told: dict[str, set[str]] = {}
        self._messages: dict[int, int] = {}

    def reason(self, frame: Frame, codec: Codec, observations: Sequence[Observation]) -> str:
        """Return what must be mapped of a message and was not told yet; empty where nothing is."""
        words: list[str] = []
        for one in observations:
            if type(one) is Event and one.kind == "unknown_vendor_event":
                words += _unknown(one)
        if codec.unmapped is not None and self._is_asked(frame):
            words += _fields(frame, codec.unmapped)
        if not words:
            return ""
        told = self._told.get(frame.device_id)
        if told is None:
            if len(self._told) >= _MOST_DEVICES:
                del self._told[next(iter(self._told))]
            told = self._told[frame.device_id] = set()
        new = [word for word in dict.fromkeys(words) if word not in told][: _MOST_WORDS - len(told)]
        told.update(new)
        return NEEDS_MAPPING + ", ".join(new) if new else ""

    def _is_asked(self, frame: Frame) -> bool:
        way = hash((frame.device_id, frame.route))  # each sensor of a home has a topic of its own, of any length
        count = self._messages.get(way, 0)
        if not count and len(self._messages) >= _MOST_DEVICES:
            del self._messages[next(iter(self._messages))]
        self._messages[way] = count + 1
        return count % _EVERY == 0


def _fields(frame: Frame, unmapped: Callable[[Frame], Sequence[str]]) -> Sequence[str]:
    try:
        return [shown(name) for name in unmapped(frame)]
    except FieldError:
        return ()


def _unknown(event: Event) -> Sequence[str]:
    name, value = str(event.attributes.get("vendor_type", "")), event.attributes.get("value")
    if name == REFUSED:
        return ()
    return (shown(name if value is None else f"{name}={value}"),)
