"""Connections that have not logged in: how many there may be, and who goes when there are more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from anhu.contract.proxies import address_group

_Caller = TypeVar("_Caller")


class Places(Protocol):
    """How many there may be, together and of one address (IPv6: one /64)."""

    @property
    def max_strangers(self) -> int: ...  # noqa: D102 - said above

    @property
    def max_strangers_per_address(self) -> int: ...  # noqa: D102 - said above


class Strangers(Generic[_Caller]):
    """A bounded number of places, so that the others are left for devices.

    Nobody new is turned away: the oldest stranger goes, of the address that has most. A device logs in as soon as it is
    connected, so it is hardly ever that one, even where it shares its address with whoever takes all the places.

    Parameters
    ----------
    places : Places
        A door's settings.
    put_out : callable
        Ends the connection of a stranger who has to make room; it is counted out already.

    Attributes
    ----------
    were_put_out : int
        How many, since the start.
    """

    def __init__(self, places: Places, put_out: Callable[[_Caller], None]) -> None:
        self._places, self._put_out = places, put_out
        self._by_address: dict[str, dict[_Caller, None]] = {}
        self._group_of: dict[_Caller, str] = {}
        self.were_put_out = 0

    def __len__(self) -> int:
        return len(self._group_of)

    def arrive(self, caller: _Caller, address: str) -> None:
        """Take a new connection, and close the one that has to make room for it."""
        group = address_group(address)
        theirs = self._by_address.setdefault(group, {})
        self._group_of[caller] = group
        theirs[caller] = None
        if len(theirs) > self._places.max_strangers_per_address:
            self._out(next(iter(theirs)))
        elif len(self._group_of) > self._places.max_strangers:
            crowd = max(self._by_address.values(), key=lambda callers: len(callers))  # noqa: PLW0108 - mypy
            self._out(next(iter(crowd)))

    def leave(self, caller: _Caller) -> None:
        """Take that it logged in, or went."""
        group = self._group_of.pop(caller, None)
        if group is None:
            return
        theirs = self._by_address[group]
        del theirs[caller]
        if not theirs:
            del self._by_address[group]

    def _out(self, caller: _Caller) -> None:
        self.were_put_out += 1
        self.leave(caller)
        self._put_out(caller)
