"""What devices announced, in the platform's database: for the front door at which they speak next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import reading
from anhu.registry.line_tables import DeviceAnnouncement
from gateway.codec import Announced, Announcement

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])


class DatabaseAnnouncements:
    """Announcements of all doors, as `gateway.announced_elsewhere.AnnouncementBook` wants them.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions, self._reading = sessions, reading(sessions)

    def of(self, device_ids: Sequence[str]) -> Mapping[str, Sequence[Announced]]:
        """Return what these devices announced."""
        row = DeviceAnnouncement
        found: dict[str, list[Announced]] = {}
        with self._reading.begin() as session:
            wanted = select(row.device_id, row.key, row.said).where(row.device_id.in_(device_ids)).order_by(row.key)
            for device_id, key, said in session.execute(wanted):
                read = tuple(Announcement(*one) for one in _decoder.decode(said))
                found.setdefault(device_id, []).append(Announced(key, read))
        return found

    def write(self, changes: Sequence[tuple[str, Announced]]) -> None:
        """Write what devices announce under keys, each in place of what was there."""
        row = DeviceAnnouncement
        with self._sessions.begin() as session:
            for device_id, (key, said) in sorted(changes):
                session.execute(delete(row).where(row.device_id == device_id, row.key == key))
                if said:
                    session.execute(insert(row).values(device_id=device_id, key=key, said=_encoder.encode(said)))
