"""Questions about a resident, asked of the stores of the counties where the resident lived in that time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.exc import SQLAlchemyError

from anhu.contract.observation import Event, Waveform
from ingest.store.counties.guarded import GuardedStore
from ingest.store.counties.homes import HomeRegister, Homes
from ingest.store.counties.merging import merged_buckets, merged_latest, merged_newest, merged_points
from ingest.store.port import (
    LATEST_AHEAD_MS,
    WAVEFORM_LOOK_BACK_MS,
    Bucket,
    Point,
    Range,
    StoreQuery,
    StoreUnavailableError,
)


def _latest_of(resident_ids: Sequence[str]) -> Callable[[StoreQuery], Mapping[str, Mapping[str, Point]]]:
    return lambda store: store.latest(resident_ids)


class CountyStoresQuery:
    """All stores as one.

    A store of an earlier county is asked for times until the move only: what came later lies elsewhere. When one that
    must be asked is away there is no answer: half a chart would pass for a whole one.

    Parameters
    ----------
    stores : mapping
        Name -> store.
    default : str
        The store of whoever is of no county that has one.
    """

    def __init__(self, stores: Mapping[str, GuardedStore], register: HomeRegister, *, default: str) -> None:
        self._stores, self._register, self._default = stores, register, default

    def latest(self, resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        """Return resident -> quantity -> newest number."""
        asked: dict[str, list[str]] = {}
        homes = self._homes(resident_ids)
        for one in resident_ids:
            for store in dict.fromkeys(name for _, name in homes.get(one, ((0, self._default),))):
                asked.setdefault(store, []).append(one)
        return merged_latest(self._store(name).ask(_latest_of(ids)) for name, ids in asked.items())

    def points(self, resident_id: str, quantity: str, within: Range, *, limit: int = 10_000) -> Sequence[Point]:
        """Return the first `limit` numbers of a quantity in a range."""
        stores = self._of(resident_id, within.start_ms)
        return merged_points(
            (one.ask(lambda s: s.points(resident_id, quantity, within, limit=limit)) for one in stores), limit
        )

    def buckets(self, resident_id: str, quantity: str, within: Range, *, bucket_ms: int) -> Sequence[Bucket]:
        """Return low, mean, high per bucket, empty buckets left out."""
        stores = self._of(resident_id, within.start_ms)
        return merged_buckets(
            one.ask(lambda s: s.buckets(resident_id, quantity, within, bucket_ms=bucket_ms)) for one in stores
        )

    def events(self, resident_id: str, within: Range, *, limit: int = 1_000) -> Sequence[tuple[str, Event]]:
        """Return the last `limit` (device_id, event) of a range, oldest first."""
        stores = self._of(resident_id, within.start_ms)
        return merged_newest((one.ask(lambda s: s.events(resident_id, within, limit=limit)) for one in stores), limit)

    def waveforms(
        self, resident_id: str, quantity: str, within: Range, *, limit: int = 100
    ) -> Sequence[tuple[str, Waveform]]:
        """Return the last `limit` (device_id, waveform) overlapping a range, oldest first."""
        stores = self._of(resident_id, within.start_ms - WAVEFORM_LOOK_BACK_MS)
        return merged_newest(
            (one.ask(lambda s: s.waveforms(resident_id, quantity, within, limit=limit)) for one in stores), limit
        )

    def ping(self) -> str:
        """Return names and versions. Raises `StoreUnavailableError` naming every store that does not answer."""
        said, away = [], []
        for name, store in self._stores.items():
            try:
                said.append(f"{store.ask(lambda s: s.ping())} ({name})")
            except StoreUnavailableError as error:
                away.append(str(error))
        if away:
            raise StoreUnavailableError("; ".join(away))
        return ", ".join(said)

    def close(self) -> None:
        """Close all."""
        for store in self._stores.values():
            store.close()

    def _of(self, resident_id: str, from_ms: int) -> Sequence[GuardedStore]:
        """Return the stores that may have something of a resident at or after a time. [ms]."""
        homes = self._homes([resident_id]).get(resident_id, ((0, self._default),))
        untils_ms = [since_ms for since_ms, _ in homes[1:]]
        names = [
            name for (_, name), until_ms in zip(homes, untils_ms, strict=False) if from_ms < until_ms + LATEST_AHEAD_MS
        ]
        return [self._store(name) for name in dict.fromkeys([*names, homes[-1][1]])]

    def _store(self, name: str) -> GuardedStore:
        return self._stores.get(name, self._stores[self._default])

    def _homes(self, resident_ids: Sequence[str]) -> Mapping[str, Homes]:
        try:
            return self._register.known(resident_ids)
        except SQLAlchemyError as error:
            raise StoreUnavailableError(f"where the readings lie is not known: {type(error).__name__}") from error
