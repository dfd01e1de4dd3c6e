"""The gateway's view of the database: which commands wait for devices, and what became of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from sqlalchemy import ColumnElement, Row, Select, Text, cast, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, sessionmaker

from anhu.contract.clock import HOUR_MS, Clock
from anhu.contract.commands import ANSWERED_BY
from anhu.registry.database import reading
from anhu.registry.line_tables import DeviceLine
from anhu.registry.tables import DeviceCommand
from gateway.codec import Command
from gateway.command_answers import CommandAnswer
from gateway.command_numbers import command_number

log = logging.getLogger(__name__)
_ANSWERED_WITHIN_MS = HOUR_MS
_MOST_NAMED = 1_000  # in one statement; SQLite takes 32,766
_WAITS = (DeviceCommand.delivered_at_ms.is_(None), DeviceCommand.failed_at_ms.is_(None))
_Waiting = Row[str, str, str, int, str, str]


class DatabaseCommandQueue:
    """Waiting commands, as `gateway.directory.CommandQueue` wants them.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    clock : Clock
        Decides which commands have expired.
    door : str, optional
        This front door among several: it sends only what no other one sends that still holds the device.
    """

    def __init__(self, sessions: sessionmaker[Session], clock: Clock, door: str = "") -> None:
        self._sessions, self._door = sessions, door
        self._reading = reading(sessions)
        self._clock = clock

    def pending(self, device_ids: Sequence[str]) -> Sequence[tuple[str, Command]]:
        """Return (device_id, command) for commands not yet delivered and not expired, oldest first."""
        wanted = frozenset(device_ids)
        with self._reading.begin() as session:
            rows = [r for r in session.execute(self._waiting(wanted)) if r.device_id in wanted]
        if self._door and any(row.taken_by != self._door for row in rows):
            ours = self._take([row.id for row in rows if row.taken_by != self._door])
            rows = [row for row in rows if row.taken_by == self._door or row.id in ours]
        return list(_readable(rows))

    def _waiting(self, wanted: frozenset[str]) -> Select[str, str, str, int, str, str]:
        arguments = cast(DeviceCommand.arguments, Text).label("arguments")
        row = DeviceCommand
        waiting = (
            select(row.device_id, row.name, row.id, row.created_at_ms, arguments, row.taken_by)
            .where(*_WAITS, row.expires_at_ms > self._clock.now_ms())
            .order_by(row.created_at_ms, row.id)
        )
        if len(wanted) <= _MOST_NAMED:
            return waiting.where(row.device_id.in_(wanted))
        here = exists().where(DeviceLine.device_id == row.device_id, DeviceLine.door == self._door)
        return waiting.where(here) if self._door else waiting

    def _take(self, command_ids: Sequence[str]) -> frozenset[str]:
        """Take commands that nobody sends, or whose door no longer holds the device; return those that are ours."""
        row, taken = DeviceCommand, set[str]()
        is_free = or_(row.taken_by.in_(("", self._door)), ~_holds(row.taken_by))
        with self._sessions.begin() as session:
            for start in range(0, len(command_ids), _MOST_NAMED):
                some = row.id.in_(sorted(command_ids)[start : start + _MOST_NAMED])
                mine = update(row).where(some, *_WAITS, is_free).values(taken_by=self._door).returning(row.id)
                taken.update(session.scalars(mine, execution_options={"synchronize_session": False}))
        return frozenset(taken)

    def delivered(self, command_id: str, at_ms: int) -> None:
        """Record that the device acknowledged the command. [ms]."""
        with self._sessions.begin() as session:
            session.execute(update(DeviceCommand).where(DeviceCommand.id == command_id).values(delivered_at_ms=at_ms))

    def failed(self, command_id: str, why: str, at_ms: int) -> None:
        """Record that the command cannot be delivered, and why; one that was delivered stays so. [ms]."""
        this = (DeviceCommand.id == command_id, DeviceCommand.delivered_at_ms.is_(None))
        with self._sessions.begin() as session:
            session.execute(update(DeviceCommand).where(*this).values(failed_at_ms=at_ms, failure=why[:200]))

    def answered(self, answers: Sequence[CommandAnswer]) -> int:
        """Write down those that answer something; return how many did.

        A device that answers has been asked: what it answers counts as delivered, though its acknowledgement was lost.
        """
        oldest_ms = min((one.at_ms for one in answers), default=0) - _ANSWERED_WITHIN_MS
        wanted = frozenset(one.device_id for one in answers)
        open_ones = select(DeviceCommand).where(
            DeviceCommand.answered_at_ms.is_(None), DeviceCommand.created_at_ms > oldest_ms
        )
        if len(wanted) <= _MOST_NAMED:
            open_ones = open_ones.where(DeviceCommand.device_id.in_(wanted))
        written = 0
        with self._reading.begin() as session:
            if session.scalar(open_ones.with_only_columns(DeviceCommand.id).limit(1)) is None:
                return 0  # positions come all day: hardly any of them was asked for
        with self._sessions.begin() as session:
            rows = session.scalars(open_ones.order_by(DeviceCommand.created_at_ms.desc())).all()
            for one in answers:
                row = next((row for row in rows if _is_answered(row, one)), None)
                if row is not None:
                    _answer(row, one)
                    written += 1
        return written


def _holds(door: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Say that the device of a command is connected at a door, and nowhere since."""
    younger = aliased(DeviceLine)
    is_older = exists().where(
        younger.device_id == DeviceLine.device_id, younger.expires_at_ms == 0, younger.since_ms > DeviceLine.since_ms
    )
    this = (DeviceLine.device_id == DeviceCommand.device_id, DeviceLine.door == door, DeviceLine.expires_at_ms == 0)
    return exists().where(*this, ~is_older)


def _is_answered(row: DeviceCommand, one: CommandAnswer) -> bool:
    if row.device_id != one.device_id or row.answered_at_ms is not None or row.failed_at_ms is not None:
        return False
    if one.command_id:
        return one.command_id in (row.id, command_number(row.id))
    asked = one.text in ANSWERED_BY.get(row.name, ())
    return asked and row.delivered_at_ms is not None and row.created_at_ms <= one.at_ms


def _answer(row: DeviceCommand, one: CommandAnswer) -> None:
    if one.is_refusal:
        row.failed_at_ms, row.failure = one.at_ms, one.text[:200]
        row.delivered_at_ms = row.delivered_at_ms or one.at_ms
        return
    row.answered_at_ms, row.answer = one.at_ms, one.text[:200]
    row.delivered_at_ms = row.delivered_at_ms or one.at_ms


def _readable(rows: Iterable[_Waiting]) -> Iterator[tuple[str, Command]]:
    """Leave out, and log, what cannot be read: one bad row must not keep all others from their devices."""
    for row in rows:
        try:
            said = msgspec.json.decode(row.arguments)
            yield row.device_id, Command(name=row.name, command_id=row.id, arguments=said, at_ms=row.created_at_ms)
        except (msgspec.DecodeError, ValueError, TypeError):
            log.warning("command %s of device %s cannot be read and is not delivered", row.id, row.device_id)
