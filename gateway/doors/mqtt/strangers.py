"""Connections that have not logged in: how many there may be, and who goes when there are more."""

from __future__ import annotations

from anhu.contract.proxies import address_group
from gateway.doors.mqtt.link import Link
from gateway.doors.mqtt.shared import Shared


class Strangers:
    """A bounded number of places, so that the others are left for devices.

    Nobody new is turned away: the oldest stranger goes, of the address that has most. A device logs in as soon as it is
    connected, so it is hardly ever that one, even where it shares its address with whoever takes all the places.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._by_address: dict[str, dict[Link, None]] = {}
        self._group_of: dict[Link, str] = {}

    def __len__(self) -> int:
        return len(self._group_of)

    def arrive(self, link: Link) -> None:
        """Take a new connection, and close the one that has to make room for it."""
        settings = self._shared.settings
        group = address_group(link.wire.address)
        theirs = self._by_address.setdefault(group, {})
        self._group_of[link] = group
        theirs[link] = None
        if len(theirs) > settings.max_strangers_per_address:
            self._put_out(next(iter(theirs)))
        elif len(self._group_of) > settings.max_strangers:
            crowd = max(self._by_address.values(), key=len)
            self._put_out(next(iter(crowd)))

    def leave(self, link: Link) -> None:
        """Take that it logged in, or went."""
        group = self._group_of.pop(link, None)
        if group is None:
            return
        theirs = self._by_address[group]
        del theirs[link]
        if not theirs:
            del self._by_address[group]

    def _put_out(self, link: Link) -> None:
        self._shared.counters.strangers_put_out += 1
        self.leave(link)
        link.wire.ended_by = "crowded_out"
        link.wire.abort()
