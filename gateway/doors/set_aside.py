"""What devices say and nobody takes: counted for each device, so that whoever built or installed it can see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from anhu.contract.clock import MINUTE_MS
from anhu.contract.printable import printable
from gateway.directory import DeviceEntry, DoorNote

_MOST_ROUTES = 32
_MOST_SHOWN_CHARS = 200
KEPT_BYTES = 4_096
"""How much of such a message is kept. [byte]"""


class Aside(StrEnum):
    """Why something of a device came to nothing."""

    FOREIGN = "foreign"
    """A message to a topic that is not the device's."""
    TOO_LONG = "too_long"
    """A message over the limit: only its beginning is kept."""
    WILL = "will"
    """A will to a topic that is not the device's: it will never be said."""
    SUBSCRIPTION = "subscription"
    """A subscription under which nothing ever comes, or a share of one, which is refused."""
    PROTOCOL = "protocol"
    """It broke the protocol, and the connection was closed."""
    LOGIN = "login"
    """It signed its log-in with the right secret for another time, and was not let in."""
    PSK = "psk"
    """It came with a pre-shared key that is not its own, or of which none is kept."""
    LOGIN_REFUSED = "login_refused"
    """Somebody logged in as it with a wrong secret, and was not let in."""
    TAKEN_OVER = "taken_over"
    """Its connections end each other again and again: several log in as it, or are called alike."""
    GARBAGE = "garbage"
    """Bytes between its packets that are none, or a packet that cannot be whole: passed over."""
    PARTS = "parts"
    """A message in parts of which some never came."""
    SHUT_OUT = "shut_out"
    """A message, or a log-in, while it is switched off."""
    POLL = "poll"
    """Its vendor's cloud was asked about it, and gave no answer, or none that can be read."""


@dataclass(slots=True)
class _Use:
    """How often a device was told of among the dead letters."""

    routes: set[int] = field(default_factory=set)  # hashes: a topic may have 65,535 bytes
    kept_at_ms: int = 0


class SetAside:
    """Counts until somebody takes the counts to where they are shown."""

    def __init__(self) -> None:
        self._new: dict[tuple[str, Aside], DoorNote] = {}
        self._uses: dict[str, _Use] = {}
        self._seldom: dict[tuple[str, Aside], DoorNote] = {}
        self._taken_ms: dict[tuple[str, Aside], int] = {}

    def note(self, device: DeviceEntry, why: Aside, what: str, now_ms: int) -> bool:
        """Count; return whether it is also to be kept among the dead letters. [ms].

        That is so for the first ones of each topic, and for one a minute of a device: it may be a call for help.
        """
        key = (device.device_id, why)
        count = self._new[key].times + 1 if key in self._new else 1
        self._new[key] = DoorNote(device.device_id, why.value, count, shown(what), now_ms)
        use = self._uses.setdefault(device.device_id, _Use())
        route = hash((why, what))
        first = route not in use.routes and len(use.routes) < _MOST_ROUTES
        if not first and 0 <= now_ms - use.kept_at_ms < MINUTE_MS:
            return False
        if first:
            use.routes.add(route)
        use.kept_at_ms = now_ms
        return True

    def note_seldom(self, device: DeviceEntry, why: Aside, what: str, now_ms: int) -> None:
        """Count what anybody can cause who knows a device's name: it is written once a minute, however often. [ms]."""
        key = (device.device_id, why)
        times = self._seldom[key].times + 1 if key in self._seldom else 1
        self._seldom[key] = DoorNote(device.device_id, why.value, times, shown(what), now_ms)

    def take(self, now_ms: int) -> list[DoorNote]:
        """Return what is new since the last time, and what is to be written once a minute if it is due. [ms]."""
        new, self._new = self._new, {}
        self._taken_ms = {key: at_ms for key, at_ms in self._taken_ms.items() if 0 <= now_ms - at_ms < MINUTE_MS}
        for key in [key for key in self._seldom if key not in self._taken_ms]:
            note = self._seldom.pop(key)
            new[key] = note._replace(times=note.times + new[key].times) if key in new else note
            self._taken_ms[key] = now_ms
        return list(new.values())

    def give_back(self, notes: list[DoorNote]) -> None:
        """Take back what could not be written down."""
        for old in notes:
            key = (old.device_id, Aside(old.kind))
            newer = self._new.get(key)
            self._new[key] = newer._replace(times=newer.times + old.times) if newer else old


def shown(text: str) -> str:
    """Return a device's words as they may be shown: short, and with nothing in them that a screen would obey."""
    escaped = printable(text[:_MOST_SHOWN_CHARS])
    return escaped if len(escaped) <= _MOST_SHOWN_CHARS else escaped[:_MOST_SHOWN_CHARS] + "…"
