"""The directory's version: one number that grows with every change of devices, residents' flags and limits.

Front doors and the engine ask what is newer than the version they hold. A change that concerns a resident marks all
of the resident's devices, so that one question covers everything.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from anhu.registry.tables import Counter, Device, Resident

_DIRECTORY = "directory"


def directory_version(session: Session) -> int:
    """Return the present version."""
    return session.scalar(select(Counter.value).where(Counter.name == _DIRECTORY)) or 0


def next_version(session: Session) -> int:
    """Return a version that nobody has had, and keep other writers waiting until this transaction ends.

    Waiting matters: were a higher version visible before a lower one, a reader would pass the lower one by.
    """
    counter = session.get(Counter, _DIRECTORY, with_for_update=True, populate_existing=True)
    if counter is None:
        counter = Counter(name=_DIRECTORY, value=0)
        session.add(counter)
    counter.value += 1
    session.flush()
    return counter.value


def touch_resident(session: Session, resident_id: str) -> None:
    """Mark all devices of a resident as changed, and the gateways they are behind: those list them with their keys.

    An edge gateway lists what is behind a gateway of its home, too.
    """
    version = next_version(session)
    of_parents = select(Device.id, Device.parent_id).where(Device.parent_id.is_not(None))
    mine = session.execute(of_parents.where(Device.resident_id == resident_id))
    gateways = {row.parent_id for row in mine}
    edges = session.scalars(select(Device.parent_id).where(Device.id.in_(gateways), Device.parent_id.is_not(None)))
    above = gateways | {one for one in edges if one}
    # Two statements, each with an index: one that asks for either would read every device there is.
    for which in (Device.resident_id == resident_id, Device.id.in_(sorted(above))):
        session.execute(
            update(Device).where(which).values(version=version),
            execution_options={"synchronize_session": "fetch"},
        )


def touch_centre(session: Session, centre_id: str) -> None:
    """Mark all devices of a centre's residents as changed."""
    residents = select(Resident.id).where(Resident.centre_id == centre_id)
    session.execute(
        update(Device).where(Device.resident_id.in_(residents)).values(version=next_version(session)),
        execution_options={"synchronize_session": "fetch"},
    )
