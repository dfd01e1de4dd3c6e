"""All connections of the door: how many there may be, how long each may take, how much they may hold together."""

from __future__ import annotations

import asyncio
from typing import Protocol

from anhu.contract.proxies import Network, address_group, is_trusted
from gateway.doors.http.counters import HttpCounters
from gateway.doors.http.settings import HttpSettings

_SWEEP_S = 1.0


class Guest(Protocol):
    """One connection.

    Attributes
    ----------
    peer : str
        Address of the other end.
    held_bytes : int
        What it keeps of requests that are not answered. [byte]
    is_busy, is_owed : bool
        Whether its request is whole and not answered; whether it is not only a wrong key that is answered late.
    """

    peer: str
    held_bytes: int
    is_busy: bool
    is_owed: bool

    def overdue(self, now_s: float) -> str:
        """Return the counter of why it must go now; empty when it may stay. [s]."""
        ...

    def abort(self) -> None:
        """Close it without a word."""
        ...

    def close(self) -> None:
        """Close it once what was answered has left."""
        ...

    def give_up(self) -> None:
        """Tell it that it took too long, and close it."""
        ...


class Crowd:
    """Keeps the door open for everybody.

    Attributes
    ----------
    held_bytes : int
        What all connections keep of requests that are not answered. [byte]
    """

    def __init__(self, settings: HttpSettings, counters: HttpCounters, trusted: tuple[Network, ...]) -> None:
        self._settings, self._counters, self._trusted = settings, counters, trusted
        self.guests: dict[Guest, None] = {}
        self._by_address: dict[str, dict[Guest, None]] = {}
        self.held_bytes = 0

    def arrive(self, guest: Guest) -> None:
        """Take a new connection; where there are too many, the one that waits longest makes room, else the new one."""
        self._counters.connections += 1
        group = address_group(guest.peer)
        theirs = self._by_address.setdefault(group, {})
        self.guests[guest] = theirs[guest] = None
        limit = self._settings.max_connections_per_address
        if len(theirs) > limit and not is_trusted(guest.peer, self._trusted):
            self._put_out(theirs, guest)
        elif len(self.guests) > self._settings.max_connections:
            self._put_out(max(self._by_address.values(), key=len), guest)

    def any_busy(self) -> bool:
        """Tell whether a request is still to be answered."""
        return any(guest.is_busy for guest in self.guests)

    def leave(self, guest: Guest) -> None:
        """Take that a connection ended."""
        if guest not in self.guests:
            return
        del self.guests[guest]
        self.release(guest)
        group = address_group(guest.peer)
        theirs = self._by_address[group]
        del theirs[guest]
        if not theirs:
            del self._by_address[group]

    def hold(self, guest: Guest, more: int) -> None:
        """Take that a connection keeps more; the longest unfinished request is cut where all keep too much. [byte]."""
        guest.held_bytes += more
        self.held_bytes += more
        if self.held_bytes > self._settings.max_held_bytes:
            unfinished = [one for one in self.guests if not one.is_owed]
            if unfinished:
                self._counters.cut_for_room += 1
                max(unfinished, key=lambda one: one.held_bytes).abort()

    def release(self, guest: Guest) -> None:
        """Take that a request was answered."""
        self.held_bytes -= guest.held_bytes
        guest.held_bytes = 0

    async def sweep(self) -> None:
        """Close for ever what takes too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_S)
            now_s = loop.time()
            for guest in tuple(self.guests):
                why = guest.overdue(now_s)
                if why:
                    self._counters.count(why)
                    guest.give_up()

    def _put_out(self, theirs: dict[Guest, None], new: Guest) -> None:
        self._counters.crowded_out += 1
        next((one for one in theirs if not one.is_owed), new).abort()
