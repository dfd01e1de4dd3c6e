"""The platform in numbers, in the form that Prometheus reads: what each process says of itself, alarms, messages.

A counter's name says what kind it is (`_GAUGES` are those that may fall); milliseconds become seconds, as is the custom
there. A process that has fallen silent keeps its numbers and says ``anhu_process_up 0``.

Source: Prometheus documentation, "Metric and label naming".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from alerts.episodes.lifecycle import Response
from alerts.episodes.untold import untold_count
from alerts.tables import Alert
from anhu import __version__
from anhu.contract.clock import SECOND_MS
from anhu.contract.priority import Priority
from anhu.outbox.tables import UNDECIDED, Outbox
from anhu.registry.database import reading
from api.dependencies import Dependencies
from api.schemas.platform import Component
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_alerts
from api.services.platform import SILENT_MS

_SHOWN = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)
_GAUGES = frozenset(
    {
        "backlog_bytes",
        "beats",
        "beats_failed",
        "connected",
        "connections",
        "deadman_failing",
        "held_by_limit",
        "intake_announcements_unwritten",
        "log_bytes",
        "looks_wait_s",
        "looks_waiting_bytes",
        "notes_unwritten",
        "pending_bytes",
        "port",
        "present_unwritten",
        "restless",
        "sessions",
        "sessions_unwritten",
        "strangers",
        "strangers_held",
        "stuck_s",
        "tcp_connected",
        "tcp_devices",
        "tcp_notes_unwritten",
        "tcp_present_unwritten",
        "tcp_restless",
        "tcp_strangers",
        "watched",
    }
)
"""What may fall again; of a name that ends like a time it goes without saying."""
_GAUGE_ENDS = ("_ms", "_s", "_bytes")
_GAUGE_BEGINS = ("stuck_", "failed_")
_NAME = re.compile(r"[^a-z0-9_]")


def metrics(deps: Dependencies, viewer: Viewer) -> bytes:
    """Return everything as text. The alarms are those that the viewer may see."""
    require(viewer, Permission.READ_PLATFORM)
    now_ms = deps.clock.now_ms()
    with reading(deps.sessions)() as session:
        of_database = [*_alarms(session, viewer, now_ms), *_messages(session, now_ms)]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([*_processes(deps.components(), now_ms), *of_database]))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        """Give what was collected."""
        yield from self._families


def _processes(parts: Iterable[Component], now_ms: int) -> Iterator[Metric]:
    said = list(parts)
    info = GaugeMetricFamily("anhu_build_info", "The version that answers.", labels=["version"])
    info.add_metric([__version__], 1)
    yield info
    up = GaugeMetricFamily("anhu_process_up", "Whether a process has said something lately.", labels=["process"])
    heard = GaugeMetricFamily("anhu_process_heard_timestamp_seconds", "When it last did.", labels=["process"])
    for part in said:
        up.add_metric([part.name], float(now_ms - part.at_ms < SILENT_MS))
        heard.add_metric([part.name], part.at_ms / SECOND_MS)
    yield up
    yield heard
    for part in said:
        for name, value in sorted(part.counters.items()):
            yield _of_process(part.name, _NAME.sub("_", name.lower()), value)


def _of_process(process: str, name: str, value: float) -> Metric:
    what = f"As the process {process} says: {name}."
    if name.endswith("_ms"):
        stem = name.removesuffix("_ms")
        unit = "timestamp_seconds" if stem.endswith(("since", "received", "last_beat")) else "seconds"
        return GaugeMetricFamily(f"anhu_{process}_{stem}_{unit}", what, value=value / SECOND_MS)
    if name.endswith("_s"):
        return GaugeMetricFamily(f"anhu_{process}_{name.removesuffix('_s')}_seconds", what, value=value)
    if name in _GAUGES or name.endswith(_GAUGE_ENDS) or name.startswith(_GAUGE_BEGINS):
        return GaugeMetricFamily(f"anhu_{process}_{name}", what, value=value)
    return CounterMetricFamily(f"anhu_{process}_{name}", what, value=value)


def _alarms(session: Session, viewer: Viewer, now_ms: int) -> Iterator[Metric]:
    unanswered = case((Alert.response == Response.UNACKED, 1), else_=0)
    oldest = func.min(case((Alert.response == Response.UNACKED, Alert.raised_at_ms)))
    query = select(Alert.priority, func.count(), func.sum(unanswered), oldest)
    found = {
        priority: numbers
        for priority, *numbers in session.execute(
            query.where(Alert.is_open, visible_alerts(viewer)).group_by(Alert.priority)
        )
    }
    families = [
        GaugeMetricFamily("anhu_alarms_open", "Open alarms.", labels=["priority"]),
        GaugeMetricFamily("anhu_alarms_unanswered", "Those that nobody has answered.", labels=["priority"]),
        GaugeMetricFamily(
            "anhu_alarms_oldest_unanswered_seconds", "How long the oldest of them waits.", labels=["priority"]
        ),
    ]
    for priority in _SHOWN:
        number, waiting, oldest_ms = found.get(priority, (0, 0, None))
        values = (number, waiting, 0 if oldest_ms is None else (now_ms - oldest_ms) / SECOND_MS)
        for family, value in zip(families, values, strict=True):
            family.add_metric([priority.name.lower()], float(value))
    yield from families
    yield GaugeMetricFamily(
        "anhu_alarms_untold", "Open alarms that nobody can be told of.", value=untold_count(session)
    )


def _messages(session: Session, now_ms: int) -> Iterator[Metric]:
    waiting = select(func.count(), func.min(Outbox.due_at_ms)).where(Outbox.state.in_(UNDECIDED))
    number, due_ms = session.execute(waiting).one()
    late_s = 0.0 if due_ms is None else max(now_ms - due_ms, 0) / SECOND_MS
    yield GaugeMetricFamily("anhu_outbox_waiting", "Messages that are to be sent.", value=float(number))
    yield GaugeMetricFamily("anhu_outbox_late_seconds", "How long the first of them is due.", value=late_s)
