"""Which front door holds which device, in the platform's database: what the doors know of each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Delete, Row, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import MINUTE_MS
from anhu.registry.database import reading
from anhu.registry.line_tables import DeviceLine, DoorDuty, FrontDoor, OustedLine
from anhu.registry.tables import Base
from gateway.lines import Claim, DoorRow, Gone, Held, Left, Line, Ousted

_KEY = (DeviceLine.device_id, DeviceLine.way, DeviceLine.client_id)
_OUSTED_KEY = (OustedLine.device_id, OustedLine.way, OustedLine.client_id)
_TABLE = Base.metadata.tables["device_line"]
_TABLE_KEY = (_TABLE.c.device_id, _TABLE.c.way, _TABLE.c.client_id)
_COUNTED_MS = 5 * MINUTE_MS
"""Within which moves and breaks are counted together."""
_MOST_ABSENT = 8
"""Lines that one device may leave behind."""
_SWEPT = 5_000
_LineRow = Row[Any]


class DatabaseLines:
    """Lines, as `gateway.lines.LineBook` wants them.

    Rows of one device are locked in one order, so two doors that change the same ones at once are one after the other:
    of two connections that end together exactly one is its device's last.

    Parameters
    ----------
    sessions : sessionmaker
        Of the platform's database.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions, self._reading = sessions, reading(sessions)

    def beat(self, door: str, *, is_first: bool = False) -> bool:
        """Say that a door is alive; False when the others have given it up."""
        with self._sessions.begin() as session:
            if is_first:
                session.add(FrontDoor(id=door, beat=1))
                return True
            this = update(FrontDoor).where(FrontDoor.id == door).values(beat=FrontDoor.beat + 1)
            return session.execute(this.returning(FrontDoor.id)).first() is not None

    def ended(self, door: str) -> None:
        """Say that a door ends."""
        with self._sessions.begin() as session:
            session.execute(update(FrontDoor).where(FrontDoor.id == door).values(ended=True))

    def doors(self) -> Sequence[DoorRow]:
        """Return all doors."""
        with self._reading.begin() as session:
            rows = session.execute(select(FrontDoor.id, FrontDoor.beat, FrontDoor.ended))
            return [DoorRow(row.id, row.beat, row.ended) for row in rows]

    def claim(self, door: str, claims: Sequence[Claim], now_ms: int) -> Sequence[Held]:
        """Take lines, each once, and return what became of each. [ms]."""
        wanted = {one.line: one for one in sorted(claims)}
        with self._sessions.begin() as session:
            _lay_missing(session, wanted)
            rows = _locked(session, {line.device_id for line in wanted})
            held: dict[Line, Held] = {}
            moved, ousted, plain = [], [], list[Held]()
            for line, claim in wanted.items():
                row = rows[line]
                if claim.is_late and row.epoch and row.door != door and row.since_ms > claim.since_ms:
                    held[line] = Held(line, 0)
                    continue
                held[line] = one = _held(row, claim, door, now_ms)
                if one.from_door or claim.is_late:
                    moved.append(_taken(row, claim, one, door, now_ms))
                else:
                    plain.append(one)
                if row.door and row.door != door:
                    ousted.append(_ousted_values(row.door, line, one.epoch, clean=claim.clean))
            _take_all(session, door, plain, max((one.since_ms for one in claims), default=now_ms))
            _put(session, DeviceLine, moved)
            _put(session, OustedLine, ousted)
            _drop_oldest(session, rows, set(wanted))
        return [held[one.line] for one in claims]

    def leave(self, door: str, left: Sequence[Left], now_ms: int) -> Sequence[Gone]:
        """Give lines back, unless another connection has taken them. [ms]."""
        with self._sessions.begin() as session:
            rows = _locked(session, {one.line.device_id for one in left})
            mine = {one.line: one for one in left if _is_of(rows.get(one.line), door, one.epoch)}
            breaks = {line: _breaks_of(line, rows, now_ms) + one.broke for line, one in mine.items()}
            gone = [line for line, one in mine.items() if one.kept == b"" and not breaks[line]]
            stays = [_absent(rows[line], one, breaks[line], now_ms) for line, one in mine.items() if line not in gone]
            _put(session, DeviceLine, stays)
            if gone:
                session.execute(_delete_lines(gone))
            there = {line[:2] for line, row in rows.items() if row.door != door and _is_connected(row)}
            of_others = {line for line, row in rows.items() if row.door != door}
            return [Gone(x.line not in of_others, x.line[:2] in there, breaks.get(x.line, 0)) for x in left]

    def keep(self, door: str, kept: Sequence[tuple[Line, int, bytes]]) -> None:
        """Write what is kept of sessions whose lines this door holds under these epochs."""
        with self._sessions.begin() as session:
            rows = _locked(session, {line.device_id for line, _, _ in kept})
            new = {line: what for line, epoch, what in kept if _is_of(rows.get(line), door, epoch)}
            _put(session, DeviceLine, [{**_values(rows[line]), "kept": what} for line, what in new.items()])

    def ousted(self, door: str, limit: int) -> Sequence[Ousted]:
        """Return the lines that others took from a door and it has not let go."""
        wanted = select(*_OUSTED_KEY, OustedLine.epoch, OustedLine.clean).where(OustedLine.door == door).limit(limit)
        with self._reading.begin() as session:
            return [Ousted(Line(row[0], row[1], row[2]), row[3], row[4]) for row in session.execute(wanted)]

    def let_go(self, door: str, lines: Sequence[tuple[Ousted, bytes | None]]) -> None:
        """Let lines go, with what is kept of their sessions at last; None leaves what stands there."""
        with self._sessions.begin() as session:
            said = {one.line: (one.epoch, kept) for one, kept in lines if kept is not None}
            rows = _locked(session, {line.device_id for line in said}) if said else {}
            new = {line: kept for line, (epoch, kept) in said.items() if line in rows and rows[line].epoch == epoch}
            _put(session, DeviceLine, [{**_values(rows[line]), "kept": kept} for line, kept in new.items()])
            epochs = [(*one.line, one.epoch) for one, _ in lines]
            this = (OustedLine.door == door, tuple_(*_OUSTED_KEY, OustedLine.epoch).in_(epochs))
            session.execute(delete(OustedLine).where(*this))

    def still_held(self, lines: Collection[Line]) -> Mapping[Line, bytes | None]:
        """Return for each line None while another door has not let go of it, then what is kept of it."""
        devices = sorted({line.device_id for line in lines})
        with self._reading.begin() as session:
            waiting = session.execute(select(*_OUSTED_KEY).where(OustedLine.device_id.in_(devices)))
            held = {Line(*row) for row in waiting}
            rows = session.execute(select(*_KEY, DeviceLine.kept).where(DeviceLine.device_id.in_(devices)))
            kept = {Line(row[0], row[1], row[2]): row[3] for row in rows}
        return {line: None if line in held else kept.get(line, b"") for line in lines}

    def adopt(self, door: str, dead: Sequence[str], limit: int) -> Sequence[tuple[Line, int, bytes]]:
        """Take the connected lines of doors that are dead; return each with its new epoch and what is kept."""
        of_dead = (DeviceLine.door.in_(dead), DeviceLine.expires_at_ms == 0)
        with self._sessions.begin() as session:
            some = session.scalars(select(DeviceLine.device_id).where(*of_dead).limit(limit)).all()
            locked = _locked(session, set(some))
            rows = {line: row for line, row in locked.items() if row.door in dead and _is_connected(row)}
            _put(session, OustedLine, [_ousted_values(r.door, x, r.epoch + 1, clean=False) for x, r in rows.items()])
            _put(session, DeviceLine, [{**_values(r), "door": door, "epoch": r.epoch + 1} for r in rows.values()])
            return [(line, row.epoch + 1, row.kept) for line, row in rows.items()]

    def duties(self, door: str, names: Sequence[str], dead: Collection[str]) -> Collection[str]:
        """Take duties that are nobody's, or a dead door's; return those that this door has."""
        with self._reading.begin() as session:
            of = {row.name: row.door for row in session.execute(select(DoorDuty.name, DoorDuty.door))}
            known = set(session.scalars(select(FrontDoor.id)))
        free = [one for one in names if of.get(one) != door and (of.get(one) in dead or of.get(one) not in known)]
        if free:
            with self._sessions.begin() as session:
                for name in sorted(free):
                    if of.get(name) is None:
                        new = _insert(session, DoorDuty).values(name=name, door=door)
                        session.execute(new.on_conflict_do_nothing())
                    else:
                        this = (DoorDuty.name == name, DoorDuty.door == of[name])
                        session.execute(update(DoorDuty).where(*this).values(door=door))
                of = {row.name: row.door for row in session.execute(select(DoorDuty.name, DoorDuty.door))}
        return {name for name in names if of.get(name) == door}

    def sweep(self, now_ms: int, forgotten: Sequence[str]) -> None:
        """Drop what is over: sessions that expired, and doors that are to be forgotten. [ms]."""
        over = (DeviceLine.expires_at_ms > 0, DeviceLine.expires_at_ms < now_ms)
        with self._sessions.begin() as session:
            found = session.execute(select(*_KEY).where(*over).order_by(*_KEY).limit(_SWEPT).with_for_update()).all()
            if found:
                session.execute(_delete_lines(found))
            if forgotten:
                session.execute(delete(OustedLine).where(OustedLine.door.in_(forgotten)))
                session.execute(delete(FrontDoor).where(FrontDoor.id.in_(forgotten)))


def _locked(session: Session, device_ids: Collection[str]) -> dict[Line, _LineRow]:
    """Return all lines of these devices, locked in one order."""
    these = select(_TABLE).where(DeviceLine.device_id.in_(sorted(device_ids)))
    rows = session.execute(these.order_by(*_KEY).with_for_update())
    return {Line(row.device_id, row.way, row.client_id): row for row in rows}


def _lay_missing(session: Session, lines: Iterable[Line]) -> None:
    """Lay the rows that are not there yet, so that all can be locked."""
    devices = sorted({line.device_id for line in lines})
    there = {Line(*row) for row in session.execute(select(*_KEY).where(DeviceLine.device_id.in_(devices)))}
    empty = {"door": "", "epoch": 0, "since_ms": 0, "expires_at_ms": 1, "kept": b""}
    new = [{**line._asdict(), **empty} for line in sorted(lines) if line not in there]
    if new:
        laid = _insert(session, DeviceLine).on_conflict_do_nothing().returning(_TABLE.c.device_id)
        session.execute(laid, new)


def _take_all(session: Session, door: str, held: Sequence[Held], since_ms: int) -> None:
    """Take the lines of clients that were connected at no other door: nearly all, after an outage fifty thousand."""
    for keeps in (True, False):
        lines = [tuple(one.line) for one in held if bool(one.kept) is keeps]
        if lines:
            taken = {"door": door, "epoch": _TABLE.c.epoch + 1, "since_ms": since_ms, "expires_at_ms": 0}
            values = taken if keeps else {**taken, "kept": b""}
            session.execute(update(_TABLE).where(tuple_(*_TABLE_KEY).in_(lines)).values(values))


def _held(row: _LineRow, claim: Claim, door: str, now_ms: int) -> Held:
    came_from = row.door if row.door != door and row.epoch and _is_connected(row) else ""
    is_kept = not claim.clean and (not row.expires_at_ms or row.expires_at_ms > now_ms)
    moves = _within(row.moves, row.moves_since_ms, now_ms) + bool(came_from)
    return Held(claim.line, row.epoch + 1, came_from, row.door, row.kept if is_kept else b"", moves)


def _taken(row: _LineRow, claim: Claim, held: Held, door: str, now_ms: int) -> dict[str, Any]:
    is_first = held.moves <= 1
    since_ms = now_ms if is_first else row.moves_since_ms
    taken = {"door": door, "epoch": held.epoch, "since_ms": claim.since_ms, "expires_at_ms": 0, "kept": held.kept}
    return {**_values(row), **taken, "moves": held.moves, "moves_since_ms": since_ms}


def _absent(row: _LineRow, left: Left, breaks: int, now_ms: int) -> dict[str, Any]:
    """Return the row of a client that went; one that broke off is remembered for a while, session or none."""
    kept = row.kept if left.kept is None else left.kept
    until_ms = max(left.expires_at_ms if kept else 0, now_ms + _COUNTED_MS if breaks else 1)
    since_ms = now_ms if breaks <= 1 else row.breaks_since_ms or now_ms
    counted = {"breaks": breaks, "breaks_since_ms": since_ms}
    return {**_values(row), "expires_at_ms": until_ms, "kept": kept, **counted}


def _breaks_of(line: Line, rows: Mapping[Line, _LineRow], now_ms: int) -> int:
    """Return how often a device broke off, by whatever name it came."""
    same = [row for one, row in rows.items() if one[:2] == line[:2]]
    return max((_within(row.breaks, row.breaks_since_ms, now_ms) for row in same), default=0)


def _within(times: int, since_ms: int, now_ms: int) -> int:
    return times if now_ms - since_ms < _COUNTED_MS else 0


def _is_connected(row: _LineRow) -> bool:
    return bool(row.door) and row.expires_at_ms == 0


def _is_of(row: _LineRow | None, door: str, epoch: int) -> bool:
    return row is not None and row.door == door and row.epoch == epoch


def _values(row: _LineRow) -> dict[str, Any]:
    return row._asdict()


def _ousted_values(door: str, line: Line, epoch: int, *, clean: bool) -> dict[str, Any]:
    return {"door": door, **line._asdict(), "epoch": epoch, "clean": clean}


def _drop_oldest(session: Session, rows: Mapping[Line, _LineRow], taken: Collection[Line]) -> None:
    """Drop what one device left behind under too many names."""
    left: dict[tuple[str, str], list[tuple[int, Line]]] = {}
    for line, row in rows.items():
        if line not in taken and not _is_connected(row):
            left.setdefault((line.device_id, line.way), []).append((row.expires_at_ms, line))
    over = [line for of_one in left.values() for _, line in sorted(of_one)[:-_MOST_ABSENT]]
    if over:
        session.execute(_delete_lines(over))


def _delete_lines(lines: Iterable[Sequence[str]]) -> Delete:
    return delete(DeviceLine).where(_is_one_of([tuple(line) for line in lines]))


def _is_one_of(lines: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    return tuple_(*_KEY).in_(lines)


def _insert(session: Session, table: type[Any]) -> Any:  # noqa: ANN401 - of either dialect
    on_postgres = session.get_bind().dialect.name == "postgresql"
    return (postgresql.insert if on_postgres else sqlite.insert)(Base.metadata.tables[table.__tablename__])


def _put(session: Session, table: type[Any], values: Sequence[Mapping[str, Any]]) -> None:
    """Write rows in one statement, in place of those that are there."""
    if not values:
        return
    insert = _insert(session, table)
    keys = [column.name for column in insert.table.primary_key]
    changes = {name: insert.excluded[name] for name in values[0] if name not in keys}
    written = insert.on_conflict_do_update(index_elements=keys, set_=changes)
    session.execute(written.returning(insert.table.c.device_id), list(values))
