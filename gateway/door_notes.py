"""What came to nothing at the door, added up in the database, where the pages read it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, update
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.tables import DeviceNote
from gateway.directory import DoorNote


class DatabaseNoteBook:
    """Notes of devices, as `gateway.directory.NoteBook` wants them; several doors may add to the same one.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    def add(self, notes: Sequence[DoorNote]) -> None:
        """Add them."""
        with self._sessions.begin() as session:
            for note in sorted(notes):  # in one order: two doors that add at once never wait for each other in a circle
                values = {"last": note.last, "at_ms": note.at_ms}
                this = (DeviceNote.device_id == note.device_id, DeviceNote.kind == note.kind)
                changed = session.execute(
                    update(DeviceNote)
                    .where(*this)
                    .values(times=DeviceNote.times + note.times, **values)
                    .returning(DeviceNote.kind)
                )
                if changed.first() is None:
                    row = {"device_id": note.device_id, "kind": note.kind, "times": note.times}
                    session.execute(insert(DeviceNote).values(**row, **values))
