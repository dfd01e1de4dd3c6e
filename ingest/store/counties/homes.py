"""Which store takes a reading: where its resident lived when it was received. Asked of the register once, remembered.

The answer is the same however often a reading is read: by when it was received, not by when it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeAlias

from anhu.contract.clock import Clock
from ingest.store.port import Stored

_MOST_KNOWN = 500_000
Homes: TypeAlias = Sequence[tuple[int, str]]
"""Since when which store takes what is received, the oldest first. [ms]."""


class HomeRegister(Protocol):
    """Tells where residents' series lie. Raises SQLAlchemyError while it cannot."""

    def settle(self, resident_ids: Collection[str], now_ms: int) -> Mapping[str, Homes]:
        """Return the homes of residents as they are by now, after writing down what is new. [ms]."""
        ...

    def known(self, resident_ids: Collection[str]) -> Mapping[str, Homes]:
        """Return the homes of residents of whom anything was written."""
        ...

    def changed_since(self, version: int) -> tuple[int, Sequence[str] | None]:
        """Return the register's version, and whose home may be another now; None: too many to name."""
        ...


class HomeDirectory:
    """Remembers homes of the residents heard last, some 100 bytes each. Any thread may ask.

    Parameters
    ----------
    default : str
        The store of whoever has no county with a store of its own.
    stores : collection of str
        All there are; what went to one that is no more goes to the default.

    Attributes
    ----------
    counts : Counter
        ``default_store``: readings that went there.
    """

    def __init__(self, register: HomeRegister, clock: Clock, *, default: str, stores: Collection[str]) -> None:
        self._register, self._clock = register, clock
        self._default, self._stores = default, frozenset(stores)
        self._known: dict[str, Homes] = {}
        self._version, self._generation = -1, 0
        self.counts: Counter[str] = Counter()

    def part(self, readings: Sequence[Stored]) -> Mapping[str, list[Stored]]:
        """Return store -> its readings, in their order; nobody's go to the default. Raises SQLAlchemyError."""
        homes = self._homes_of({one.resident_id for one in readings if one.resident_id})
        parts: dict[str, list[Stored]] = {}
        for one in readings:
            if not one.resident_id:
                store = self._default
            elif len(mine := homes[one.resident_id]) == 1:
                store = mine[0][1]
            else:
                store = home_at(mine, one.received_at_ms)
            parts.setdefault(store if store in self._stores else self._default, []).append(one)
        self.counts["default_store"] += len(parts.get(self._default, ()))
        return parts

    def refresh(self) -> None:
        """Forget whoever may have moved. Raises SQLAlchemyError."""
        version, changed = self._register.changed_since(self._version)
        if version != self._version:
            self._generation += 1  # what is being asked for at this moment may be older
            if changed is None or self._version < 0:
                self._known.clear()
            else:
                for resident_id in changed:
                    self._known.pop(resident_id, None)
        self._version = version

    def _homes_of(self, resident_ids: AbstractSet[str]) -> Mapping[str, Homes]:
        found = {one: homes for one in resident_ids if (homes := self._known.get(one)) is not None}
        if new := resident_ids - found.keys():
            generation = self._generation
            learnt = self._register.settle(new, self._clock.now_ms())
            found |= learnt
            if len(self._known) + len(new) > _MOST_KNOWN:
                self._known.clear()
            if generation == self._generation:
                self._known.update(learnt)
        return found


def home_at(homes: Homes, received_at_ms: int) -> str:
    """Return the store that took what was received at a time. [ms]."""
    store = homes[0][1]
    for since_ms, later in homes:
        if since_ms > received_at_ms:
            break
        store = later
    return store
