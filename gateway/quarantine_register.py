"""Strangers in the database: each with a bounded share of the room, until somebody adopts them or they grow old."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, delete, func, insert, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session, sessionmaker

from anhu.contract.clock import DAY_MS
from anhu.contract.printable import printable
from anhu.contract.record import Undecoded, decode_as_written
from anhu.registry.database import reading
from anhu.registry.database_changes import NothingYet
from anhu.registry.partition_key import partition_key
from anhu.registry.payload_vault import PayloadVault, opened
from anhu.registry.quarantine_tables import (
    QuarantinedDevice,
    QuarantinedMessage,
    QuarantineOverflow,
    UnassignedReading,
)
from anhu.registry.sealing import WrongKeyError
from anhu.registry.tables import Resident
from gateway.codec import Frame
from gateway.door_specs import DoorKind
from gateway.quarantine_overflow import note_passed
from gateway.replay import WaitingMessage, WaitingReading
from gateway.stranger import Held, PassedBy

_logger = logging.getLogger(__name__)
MOST_DEVICES = 5_000
"""In all."""
MOST_OF_SOURCE = 500
"""Devices of one product or address."""
MOST_MESSAGES = 200
"""Of one device: calls for help stay longest, then the newest."""
MOST_BYTES = 64 * 1_048_576
"""Of all messages together. [byte]"""
KEPT_MS = 14 * DAY_MS
"""Who has not been heard for so long is forgotten. [ms]"""
_MOST_PAYLOAD_BYTES = 262_144
_MOST_SHOWN_CHARS = 200
_MOST_UNREADABLE = 1_000
_MOST_ROUTE_CHARS = 300


class DatabaseStrangerRegister:
    """Strangers, as `gateway.quarantine.StrangerRegister` wants them.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    vault : PayloadVault, optional
        Seals what they say; without the installation's key it stands there as it is.
    """

    def __init__(self, sessions: sessionmaker[Session], vault: PayloadVault | None = None) -> None:
        self._sessions = sessions
        self._reading = reading(sessions)
        self._vault = vault
        self._unreadable: dict[str, None] = {}
        self._adopted, self._settled = NothingYet(sessions), NothingYet(sessions)

    def write(self, held: Sequence[Held], passed: Sequence[PassedBy]) -> Sequence[bool]:
        """Keep messages durably; return for each whether there was room."""
        with self._sessions.begin() as session:
            found = _rooms(session, held)
            kept = [found[one.stranger.device_id] and _fits(one) for one in held]
            rows = [one for one, has_room in zip(held, kept, strict=True) if has_room]
            _note(session, rows)
            if rows:
                session.execute(insert(QuarantinedMessage), [_message(one, self._vault) for one in rows])
                _make_room(session, {one.stranger.device_id for one in rows})
            note_passed(session, passed)
        return kept

    def adopted(self, limit: int) -> Sequence[WaitingMessage]:
        """Return messages of strangers that were adopted, each device's in their order."""
        if self._adopted.still():
            return ()
        which = select(QuarantinedDevice.id).where(QuarantinedDevice.adopted_ms.is_not(None))
        waiting = (
            select(QuarantinedMessage)
            .where(QuarantinedMessage.quarantined_id.in_(which), self._readable(QuarantinedMessage.sealed))
            .where(QuarantinedMessage.id.not_in([int(one) for one in self._unreadable if one.isdecimal()]))
            .order_by(QuarantinedMessage.received_at_ms, QuarantinedMessage.id)
            .limit(limit)
        )
        with self._reading.begin() as session:
            rows = [(row, self._opened(str(row.id), row.payload, row)) for row in session.scalars(waiting)]
            self._adopted.note(rows)
            return [WaitingMessage(row.id, _frame(row, payload)) for row, payload in rows if payload is not None]

    def settled(self, limit: int) -> Sequence[WaitingReading]:
        """Return readings of shared devices of which somebody said whose they are, the oldest first."""
        if self._settled.still():
            return ()
        waiting = (
            select(UnassignedReading, Resident.centre_id)
            .join(Resident, Resident.id == UnassignedReading.resident_id)
            .where(UnassignedReading.settled_ms.is_not(None), UnassignedReading.replayed_ms.is_(None))
            .where(self._readable(UnassignedReading.sealed), UnassignedReading.id.not_in(list(self._unreadable)))
            .order_by(UnassignedReading.received_at_ms, UnassignedReading.id)
            .limit(limit)
        )
        with self._reading.begin() as session:
            rows = [(row, self._opened(row.id, row.record, row), key) for row, key in session.execute(waiting)]
            self._settled.note(rows)
            return [_waiting(row, record, centre_id) for row, record, centre_id in rows if record is not None]

    def _readable(self, sealed: InstrumentedAttribute[bool]) -> ColumnElement[bool]:
        """Return the condition on rows that can be read here: without a key the others wait for it."""
        return true() if self._vault is not None else sealed.is_(False)

    def _opened(self, name: str, payload: bytes, row: QuarantinedMessage | UnassignedReading) -> bytes | None:
        """Return what stands in a row; None, loudly and once, where it was sealed with another key."""
        whose = row.quarantined_id if isinstance(row, QuarantinedMessage) else row.id
        try:
            return opened(self._vault, payload, whose, sealed=row.sealed)
        except WrongKeyError as error:
            _logger.error("it cannot be replayed: %s", error)  # noqa: TRY400 - the key, not the code
            if len(self._unreadable) < _MOST_UNREADABLE:
                self._unreadable[name] = None
            return None

    def replayed(self, message_ids: Sequence[int], reading_ids: Sequence[str], now_ms: int) -> None:
        """Take that these are in the LOG. [ms]."""
        with self._sessions.begin() as session:
            which = QuarantinedMessage.id.in_(message_ids)
            counted = select(QuarantinedMessage.quarantined_id, func.count()).where(which)
            for device_id, times in session.execute(counted.group_by(QuarantinedMessage.quarantined_id)).all():
                row = session.get(QuarantinedDevice, device_id)
                if row is not None:
                    row.replayed += times
            session.execute(delete(QuarantinedMessage).where(which))
            done = update(UnassignedReading).where(UnassignedReading.id.in_(reading_ids))
            session.execute(done.values(replayed_ms=now_ms))

    def tidy(self, now_ms: int) -> None:
        """Delete what is too old, or too much: the oldest goes, calls for help last. [ms]."""
        with self._sessions.begin() as session:
            old = select(QuarantinedDevice.id).where(QuarantinedDevice.last_ms < now_ms - KEPT_MS)
            session.execute(delete(QuarantinedMessage).where(QuarantinedMessage.quarantined_id.in_(old)))
            session.execute(delete(QuarantinedDevice).where(QuarantinedDevice.id.in_(old)))
            session.execute(delete(QuarantineOverflow).where(QuarantineOverflow.last_ms < now_ms - KEPT_MS))
            _shrink(session)


def _frame(row: QuarantinedMessage, payload: bytes) -> Frame:
    return Frame(
        door=DoorKind(row.door),
        route=row.route,
        payload=payload,
        device_id=row.frame_device_id,
        received_at_ms=row.received_at_ms,
        retained=row.retained,
    )


def _waiting(row: UnassignedReading, record: bytes, centre_id: str | None) -> WaitingReading:
    found = decode_as_written(record)
    if isinstance(found, Undecoded):
        raise TypeError(f"reading {row.id} is none")
    key = partition_key(centre_id, row.resident_id, row.device_id, None)
    return WaitingReading(row.id, found.reading(), row.slot, row.resident_id, key)


def _fits(one: Held) -> bool:
    return len(one.frame.payload) <= _MOST_PAYLOAD_BYTES


def _rooms(session: Session, held: Sequence[Held]) -> dict[str, bool]:
    """Return for each device of a batch whether there is room for it; a new one is entered."""
    ids = {one.stranger.device_id for one in held}
    if not ids:
        return {}
    rooms = dict.fromkeys(session.scalars(select(QuarantinedDevice.id).where(QuarantinedDevice.id.in_(ids))), True)
    new = {one.stranger.device_id: one for one in held if one.stranger.device_id not in rooms}
    if not new:
        return rooms
    sources = {_source(one) for one in new.values()}
    counted = (
        select(QuarantinedDevice.source, func.count())
        .where(QuarantinedDevice.source.in_(sources))
        .group_by(QuarantinedDevice.source)
    )
    used = Counter(dict(session.execute(counted).all()))
    total = session.scalar(select(func.count()).select_from(QuarantinedDevice)) or 0
    for device_id, one in new.items():
        source = _source(one)
        rooms[device_id] = _fits(one) and used[source] < MOST_OF_SOURCE and total < MOST_DEVICES
        if rooms[device_id]:
            used[source] += 1
            total += 1
            session.add(_device(one))
    session.flush()
    return rooms


def _source(one: Held) -> str:
    return one.stranger.source(one.frame.door.value)


def _device(one: Held) -> QuarantinedDevice:
    stranger, frame = one.stranger, one.frame
    return QuarantinedDevice(
        id=stranger.device_id,
        said=_shown(stranger.said, _MOST_SHOWN_CHARS),
        door=frame.door.value,
        route=_shown(frame.route, _MOST_ROUTE_CHARS),
        product_id=stranger.product_id[:64],
        codec=stranger.codec[:64],
        address=_shown(stranger.address, 64),
        source=_source(one),
        messages=0,
        first_ms=frame.received_at_ms,
        last_ms=frame.received_at_ms,
    )


def _note(session: Session, rows: Sequence[Held]) -> None:
    """Count messages with their device, and take where the newest came from."""
    newest = {one.stranger.device_id: one for one in rows}
    times = Counter(one.stranger.device_id for one in rows)
    calls = Counter(one.stranger.device_id for one in rows if one.is_call)
    for device_id in sorted(newest):  # in one order: two doors that write at once never wait for each other in a circle
        one = newest[device_id]
        values: dict[str, object] = {
            "messages": QuarantinedDevice.messages + times[device_id],
            "calls": QuarantinedDevice.calls + calls[device_id],
            "last_ms": one.frame.received_at_ms,
            "route": _shown(one.frame.route, _MOST_ROUTE_CHARS),
            "address": _shown(one.stranger.address, 64),
        }
        if calls[device_id]:
            values["last_call_ms"] = one.frame.received_at_ms
        session.execute(update(QuarantinedDevice).where(QuarantinedDevice.id == device_id).values(**values))


def _message(one: Held, vault: PayloadVault | None) -> dict[str, object]:
    frame, whose = one.frame, one.stranger.device_id
    return {
        "quarantined_id": whose,
        "frame_device_id": frame.device_id[:_MOST_SHOWN_CHARS],
        "door": frame.door.value,
        "route": frame.route,
        "payload": frame.payload if vault is None else vault.seal(frame.payload, whose),
        "sealed": vault is not None,
        "received_at_ms": frame.received_at_ms,
        "retained": frame.retained,
        "is_call": one.is_call,
    }


def _make_room(session: Session, ids: Iterable[str]) -> None:
    """Let of each device the oldest go that are too many."""
    counted = (
        select(QuarantinedMessage.quarantined_id)
        .where(QuarantinedMessage.quarantined_id.in_(list(ids)))
        .group_by(QuarantinedMessage.quarantined_id)
        .having(func.count() > MOST_MESSAGES)
    )
    for device_id in session.scalars(counted).all():
        over = (
            select(QuarantinedMessage.id)
            .where(QuarantinedMessage.quarantined_id == device_id)
            .order_by(QuarantinedMessage.is_call.desc(), QuarantinedMessage.id.desc())
            .offset(MOST_MESSAGES)
            .limit(10 * MOST_MESSAGES)
        )
        session.execute(delete(QuarantinedMessage).where(QuarantinedMessage.id.in_(session.scalars(over).all())))


def _shrink(session: Session) -> None:
    """Let the oldest messages go until all fit into the room."""
    size = func.length(QuarantinedMessage.payload)
    total = session.scalar(select(func.coalesce(func.sum(size), 0))) or 0
    while total > MOST_BYTES:
        oldest = select(QuarantinedMessage.id, size).order_by(QuarantinedMessage.is_call, QuarantinedMessage.id)
        gone = session.execute(oldest.limit(1_000)).all()
        session.execute(delete(QuarantinedMessage).where(QuarantinedMessage.id.in_([row[0] for row in gone])))
        total -= sum(row[1] for row in gone)


def _shown(text: str, most_chars: int) -> str:
    return printable(text[:most_chars])[:most_chars]
