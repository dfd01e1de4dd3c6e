"""The platform in numbers, in the form that Prometheus reads: what each process says of itself, alarms, messages.

A process that has fallen silent keeps its numbers and says ``anhu_process_up 0``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.episodes.untold import untold_count
from alerts.tables import Alert
from anhu import __version__
from anhu.contract.clock import SECOND_MS
from anhu.contract.exposition import exposed, of_process
from anhu.contract.numbers import Family, Sample, gauge, with_label
from anhu.contract.priority import Priority
from anhu.outbox.tables import UNDECIDED, Outbox
from anhu.registry.database import reading
from api.dependencies import Dependencies, Numbers
from api.schemas.platform import Component
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alerts
from api.services.platform import SILENT_MS

_MEMBER = "member"
"""Label: which of the processes of a name; ``instance`` is Prometheus' own word for whom it asked."""
_OF = ("process", _MEMBER)
_SHOWN = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)


def metrics(deps: Dependencies, viewer: Viewer) -> bytes:
    """Return everything as text. The alarms are those that the viewer may see."""
    require(viewer, Permission.READ_PLATFORM)
    now_ms = deps.clock.now_ms()
    with reading(deps.sessions)() as session:
        of_database = [*_alarms(session, viewer, now_ms), *_messages(session, now_ms)]
    return exposed([*_processes(deps.components(), now_ms), *_measured(deps.measured()), *of_database])


def _processes(parts: Iterable[Component], now_ms: int) -> Iterator[Family]:
    said = list(parts)
    yield Family("anhu_build_info", "The version that answers.", "gauge", ("version",), (Sample((__version__,), 1.0),))
    up = tuple(Sample((part.name, part.instance), float(now_ms - part.at_ms < SILENT_MS)) for part in said)
    yield Family("anhu_process_up", "Whether a process has said something lately.", "gauge", _OF, up)
    heard = tuple(Sample((part.name, part.instance), part.at_ms / SECOND_MS) for part in said)
    yield Family("anhu_process_heard_timestamp_seconds", "When it last did.", "gauge", _OF, heard)
    for part in said:
        for family in of_process(part.name, part.counters):
            yield with_label(family, _MEMBER, part.instance)


def _measured(said: Iterable[Numbers]) -> Iterator[Family]:
    for one in said:
        for family in one.families:
            yield with_label(family, _MEMBER, one.instance)


def _alarms(session: Session, viewer: Viewer, now_ms: int) -> Iterator[Family]:
    unanswered = case((Alert.response == Response.UNACKED, 1), else_=0)
    oldest = func.min(case((Alert.response == Response.UNACKED, Alert.raised_at_ms)))
    query = select(Alert.priority, func.count(), func.sum(unanswered), oldest)
    found = {
        priority: numbers
        for priority, *numbers in session.execute(
            query.where(Alert.is_open, visible_alerts(viewer)).group_by(Alert.priority)
        )
    }
    values = {_level(priority): found.get(priority, (0, 0, None)) for priority in _SHOWN}
    yield _by_level("anhu_alarms_open", "Open alarms.", {level: one[0] for level, one in values.items()})
    unanswered_now = {level: one[1] for level, one in values.items()}
    yield _by_level("anhu_alarms_unanswered", "Those that nobody has answered.", unanswered_now)
    waits_s = {level: 0 if one[2] is None else (now_ms - one[2]) / SECOND_MS for level, one in values.items()}
    yield _by_level("anhu_alarms_oldest_unanswered_seconds", "How long the oldest of them waits.", waits_s)
    untold = untold_count(session)
    yield gauge("anhu_alarms_untold", "Open alarms that nobody can be told of.", untold)


def _level(priority: Priority) -> str:
    return priority.name.lower()


def _by_level(name: str, what: str, values: Mapping[str, float]) -> Family:
    samples = tuple(Sample((level,), float(value)) for level, value in values.items())
    return Family(name, what, "gauge", ("priority",), samples)


def _messages(session: Session, now_ms: int) -> Iterator[Family]:
    waiting = select(func.count(), func.min(Outbox.due_at_ms)).where(Outbox.state.in_(UNDECIDED))
    number, due_ms = session.execute(waiting).one()
    late_s = 0.0 if due_ms is None else max(now_ms - due_ms, 0) / SECOND_MS
    yield gauge("anhu_outbox_waiting", "Messages that are to be sent.", float(number))
    yield gauge("anhu_outbox_late_seconds", "How long the first of them is due.", late_s)
