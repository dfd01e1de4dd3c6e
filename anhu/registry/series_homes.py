"""Which time-series store takes a resident's readings: by the county of the centre, written down when it changes.

The county is the centre's, else that of who runs the centre, else that of the resident's home. What was received until
a move stays where it is; a row says since when another store takes what comes, so that reading knows where to ask.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import reading
from anhu.registry.series_tables import ResidentStore
from anhu.registry.tables import Centre, Device, Organisation, Resident
from anhu.registry.versions import directory_version

_COUNTY = 6
_AT_ONCE = 1_000
_MOST_CHANGED = 20_000

Homes: TypeAlias = Sequence[tuple[int, str]]
"""Since when which store takes what is received, the oldest first; the first since ever. [ms]."""

_REGION = case(
    (Centre.region_code != "", Centre.region_code),
    (Organisation.region_code != "", Organisation.region_code),
    else_=Resident.region_code,
)
_COUNTIES = (
    select(Resident.id, Resident.created_at_ms, _REGION)
    .outerjoin(Centre, Centre.id == Resident.centre_id)
    .outerjoin(Organisation, Organisation.id == Centre.organisation_id)
)


class ResidentHomes:
    """Tells where residents' series lie.

    Methods raise SQLAlchemyError while the database cannot be asked.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    store_of : callable
        Returns the store of a county, six digits; of an empty one too.
    parted_ms : int
        Until then everything was written to `before`; 0: it always went by county. [ms]
    before : str
        The store from that time.
    """

    def __init__(
        self, sessions: sessionmaker[Session], store_of: Callable[[str], str], *, parted_ms: int = 0, before: str = ""
    ) -> None:
        self._sessions, self._reading, self._store_of = sessions, reading(sessions), store_of
        self._parted_ms, self._before = parted_ms, before

    def settle(self, resident_ids: Collection[str], now_ms: int) -> Mapping[str, Homes]:
        """Return the homes of residents, as they are by now: a move, and who is new, is written down first. [ms].

        Residents whom nobody knows go where an empty county goes.
        """
        homes = dict(self.known(resident_ids))
        due: dict[str, list[tuple[int, str]]] = {}
        for resident_id, (created_ms, store) in self._present(resident_ids).items():
            known = homes.get(resident_id, ())
            if not known:
                due[resident_id] = self._first(created_ms, store)
            elif known[-1][1] != store:
                due[resident_id] = [(max(now_ms, known[-1][0] + 1), store)]
        if due:
            with self._sessions.begin() as session:
                _write(session, due)
            homes |= self.known(due)
        return homes

    def known(self, resident_ids: Collection[str]) -> Mapping[str, Homes]:
        """Return the homes of residents of whom anything was written."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        asked = sorted(resident_ids)
        with self._reading.begin() as session:
            for first in range(0, len(asked), _AT_ONCE):
                wanted = select(ResidentStore.resident_id, ResidentStore.since_ms, ResidentStore.store)
                wanted = wanted.where(ResidentStore.resident_id.in_(asked[first : first + _AT_ONCE]))
                for row in session.execute(wanted.order_by(ResidentStore.since_ms)):
                    found[row.resident_id].append((row.since_ms, row.store))
        return found

    def changed_since(self, version: int) -> tuple[int, Sequence[str] | None]:
        """Return the directory's version, and whose home may be another now; None: too many to name."""
        with self._reading.begin() as session:
            present = directory_version(session)
            if present == version:
                return present, ()
            wanted = select(Device.resident_id).where(Device.version > version, Device.resident_id.is_not(None))
            changed = [str(one) for one in session.scalars(wanted.distinct().limit(_MOST_CHANGED + 1))]
        return present, changed if len(changed) <= _MOST_CHANGED else None

    def _present(self, resident_ids: Collection[str]) -> Mapping[str, tuple[int, str]]:
        """Return of each resident when it was added, and the store of its county. [ms]."""
        nowhere = self._store_of("")
        found = dict.fromkeys(resident_ids, (0, nowhere))
        asked = sorted(resident_ids)
        with self._reading.begin() as session:
            for first in range(0, len(asked), _AT_ONCE):
                for row in session.execute(_COUNTIES.where(Resident.id.in_(asked[first : first + _AT_ONCE]))):
                    found[row[0]] = (row[1], self._store_of(row[2][:_COUNTY] if len(row[2]) >= _COUNTY else ""))
        return found

    def _first(self, created_ms: int, store: str) -> list[tuple[int, str]]:
        if created_ms >= self._parted_ms or store == self._before:
            return [(0, store)]
        return [(0, self._before), (self._parted_ms, store)]


def _write(session: Session, due: Mapping[str, Sequence[tuple[int, str]]]) -> None:
    on_postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgres else sqlite.insert
    rows = [
        {"resident_id": resident_id, "since_ms": since_ms, "store": store}
        for resident_id, homes in sorted(due.items())
        for since_ms, store in homes
    ]
    for first in range(0, len(rows), _AT_ONCE):
        session.execute(insert(ResidentStore).values(rows[first : first + _AT_ONCE]).on_conflict_do_nothing())
