"""Which adapters keep readings and what ingest says of them: one store or one a county, files or the database.

Files of this machine serve one machine; where the database is PostgreSQL, several may be at work, and all of them find
letters, delivery counts, marks of hours and newest values there.

The InfluxDB client is imported only where it is chosen: it weighs 25 MB a process.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Engine, make_url, select
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.registry.database import open_engine, reading
from anhu.registry.series_homes import ResidentHomes
from anhu.registry.tables import Resident
from app.county_settings import DEFAULT, StoreAddress, read_counties
from app.settings import Settings
from ingest.deadletters import DeadLetters
from ingest.delivered import DeliveryLog
from ingest.deliveries import DeliveryBook
from ingest.letter import Letters
from ingest.newest_values import NewestValues
from ingest.shared.deliveries import DatabaseDeliveries
from ingest.shared.due_hours import DatabaseDueHours
from ingest.shared.letters import DatabaseLetters
from ingest.shared.newest import NewestBook
from ingest.shared.progress import StoreProgress
from ingest.store.counties.guarded import GuardedStore
from ingest.store.counties.homes import HomeDirectory
from ingest.store.counties.query import CountyStoresQuery
from ingest.store.counties.stores import CountyStore, CountyStores
from ingest.store.embedded.hours import sqlite_hourly_work
from ingest.store.embedded.query import SqliteStoreQuery
from ingest.store.embedded.writer import SqliteStoreWriter
from ingest.store.hourly import HourlyWork
from ingest.store.newest_query import QueryWithNewest
from ingest.store.newest_writer import WriterWithNewest
from ingest.store.port import StoreQuery

if TYPE_CHECKING:
    from ingest.store.counties.stores import WritingStore
    from ingest.store.influxdb.settings import InfluxSettings


def is_shared(settings: Settings) -> bool:
    """Tell whether several machines may be at work."""
    return make_url(settings.database).get_backend_name() == "postgresql"


def dead_letters(settings: Settings, clock: Clock) -> Letters:
    """Return the dead letters of this installation."""
    if is_shared(settings):
        return DatabaseLetters(_engine(settings), clock)
    return DeadLetters(settings.data / "deadletters.db", clock)


def delivery_log(settings: Settings) -> DeliveryLog:
    """Return the vendors' delivery log of this installation."""
    if is_shared(settings):
        return DatabaseDeliveries(_engine(settings))
    return DeliveryBook(settings.data / "deliveries.db")


def newest_book(settings: Settings) -> NewestBook | None:
    """Return the table of newest values; None where the store itself tells them soon enough."""
    if settings.store != "influxdb":
        return None
    if is_shared(settings):
        return NewestBook(_engine(settings))
    # not the file of alarms: whoever writes there waits for every other
    return NewestBook(open_engine(f"sqlite:///{(settings.data / 'newest.db').absolute()}"), own_file=True)


def tool_writer(settings: Settings, clock: Clock) -> WritingStore:
    """Return what writes readings beside the process ingest: they become newest values, too."""
    writer, book = store_writer(settings, clock), newest_book(settings)
    return writer if book is None else WriterWithNewest(writer, NewestValues(book, clock))


def store_writer(settings: Settings, clock: Clock) -> WritingStore:
    """Return what writes readings, wherever they belong."""
    if settings.store != "influxdb":
        return SqliteStoreWriter(settings.data / "readings.db")
    counties = county_stores(settings, clock)
    return counties or _influx_writer(settings, clock, DEFAULT, _address(settings))


def store_query(settings: Settings, clock: Clock) -> StoreQuery:
    """Return what answers questions about readings, wherever they lie."""
    query, book = store_itself(settings, clock), newest_book(settings)
    return query if book is None else QueryWithNewest(query, book)


def store_itself(settings: Settings, clock: Clock) -> StoreQuery:
    """Return the same without the table of newest values."""
    if settings.store != "influxdb":
        return SqliteStoreQuery(settings.data / "readings.db")
    asked = {name: _influx_query(settings, clock, name, one) for name, one in _addresses(settings).items()}
    if len(asked) == 1:
        return asked[DEFAULT]
    guarded = {name: GuardedStore(name, one, clock) for name, one in asked.items()}
    return CountyStoresQuery(guarded, homes(settings), default=DEFAULT)


def county_stores(settings: Settings, clock: Clock) -> CountyStores | None:
    """Return the stores of all counties to write to; None where there is one store."""
    addresses = _addresses(settings)
    if len(addresses) == 1:
        return None
    directory = HomeDirectory(homes(settings), clock, default=DEFAULT, stores=addresses)
    stores = {n: CountyStore(n, _influx_writer(settings, clock, n, one), clock) for n, one in addresses.items()}
    return CountyStores(stores, directory, default=DEFAULT)


def store_progress(settings: Settings) -> StoreProgress:
    """Return where it is written down how far stores are that are behind."""
    return StoreProgress(_engine(settings))


def homes(settings: Settings) -> ResidentHomes:
    """Return what knows where residents' series lie."""
    counties = read_counties(settings.influxdb_file)
    store_of: Mapping[str, str] = {} if counties is None else counties.store_of
    parted_ms = 0 if counties is None else counties.parted_ms
    return ResidentHomes(
        sessionmaker(_engine(settings), expire_on_commit=False),
        lambda county: store_of.get(county, DEFAULT),
        parted_ms=parted_ms,
        before=DEFAULT,
    )


def some_residents(sessions: sessionmaker[Session]) -> Callable[[str, int], Sequence[str]]:
    """Return what lists the next so many watched residents after one."""

    def some_after(resident_id: str, most: int) -> Sequence[str]:
        wanted = select(Resident.id).where(Resident.id > resident_id, Resident.active).order_by(Resident.id).limit(most)
        with reading(sessions).begin() as session:
            return list(session.scalars(wanted))

    return some_after


def hourly_works(settings: Settings, clock: Clock) -> Sequence[HourlyWork]:
    """Return what keeps the hourly values of charts true, one for each store."""
    if settings.store != "influxdb":
        return [sqlite_hourly_work(settings.data / "readings.db", clock)]
    from ingest.store.influxdb.hours import influx_hourly_work  # noqa: PLC0415 - see above

    return [
        influx_hourly_work(_influx(settings, name, one), clock, _marks(settings, clock, name))
        for name, one in _addresses(settings).items()
    ]


def _influx_writer(settings: Settings, clock: Clock, name: str, address: StoreAddress) -> WritingStore:
    from ingest.store.influxdb.writer import InfluxStoreWriter  # noqa: PLC0415 - see above

    return InfluxStoreWriter(_influx(settings, name, address), _marks(settings, clock, name))


def _influx_query(settings: Settings, clock: Clock, name: str, address: StoreAddress) -> StoreQuery:
    from ingest.store.influxdb.query import InfluxStoreQuery  # noqa: PLC0415 - see above

    return InfluxStoreQuery(_influx(settings, name, address), _marks(settings, clock, name))


def _addresses(settings: Settings) -> Mapping[str, StoreAddress]:
    counties = read_counties(settings.influxdb_file)
    return {DEFAULT: _address(settings), **({} if counties is None else counties.stores)}


def _address(settings: Settings) -> StoreAddress:
    return StoreAddress(url=settings.influxdb_url, token=settings.influxdb_token)


def _marks(settings: Settings, clock: Clock, name: str) -> DatabaseDueHours | None:
    """Return the marks of a store in the database; None where they are in a file."""
    if not is_shared(settings):
        return None
    return DatabaseDueHours(_engine(settings), name, clock, worker=f"{socket.gethostname()[:48]}-{os.getpid()}")


def _engine(settings: Settings) -> Engine:
    return _engine_at(settings.database)


@cache
def _engine_at(address: str) -> Engine:
    """Return one pool for all these tables of a process, so that a city's connections can be counted.

    Whoever closes a table closes the pool's connections; a table that is used after that opens new ones.
    """
    return open_engine(address)


def _influx(settings: Settings, name: str, address: StoreAddress) -> InfluxSettings:
    from ingest.store.influxdb.settings import InfluxSettings  # noqa: PLC0415 - see above

    return InfluxSettings(
        url=address.url,
        org=address.org or settings.influxdb_org,
        bucket=address.bucket or settings.influxdb_bucket,
        token=str(address.token or settings.influxdb_token),
        hours_file=settings.data / ("hours.db" if name == DEFAULT else f"hours-{name}.db"),
    )
