"""Looks into a city past its own code: several stores of series."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import text

from tests.city.layout import City
from tests.faults.insides import Insides, Point


class CityInsides(Insides):
    """Where the data of a city lies; asked directly, by no cable."""

    def __init__(self, city: City) -> None:
        super().__init__(city.folder, city.database_url, None, "")
        both = zip(city.stores, city.buckets, strict=True)
        self._stores = [Insides(city.folder, city.database_url, store, bucket) for store, bucket in both]

    def points(self) -> Counter[Point]:
        """Return how often each point is in all the stores together."""
        found: Counter[Point] = Counter()
        for store in self._stores:
            found += store.points()
        return found

    def owners(self) -> dict[str, int]:
        """Return how many partitions each owner has, by ``consumer owner``; nobody's are left out."""
        query = "SELECT consumer, owner, count(*) FROM shard_leases WHERE owner != '' GROUP BY consumer, owner"
        with self._engine.connect() as connection:
            return {f"{consumer} {owner}": int(n) for consumer, owner, n in connection.execute(text(query))}
