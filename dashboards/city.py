"""A whole city's processes, as Prometheus sees them: from the doors to the telephone.

Where each process is asked by itself, the pages say the same of all of them once more: one job is looked at (`$job`).
What lies in the database is said by the pages alone, by each of them alike.
"""

from __future__ import annotations

from dashboards.grid import dashboard
from dashboards.panels import Json
from dashboards.promql import Graph, panel, values_of
from dashboards.titles import both

_ONE = '{job="$job"}'
_WHO = "instance, member"


def _rate(metric: str, by: str = _WHO) -> str:
    return f"sum by ({by}) (rate({metric}{_ONE}[$__rate_interval]))"


def _now(metric: str, by: str = _WHO) -> str:
    return f"sum by ({by}) ({metric}{_ONE})"


def _quantile(share: float, stage: str, by: str = "le") -> str:
    chosen = f'{{job="$job",stage="{stage}"}}'
    return f"histogram_quantile({share}, sum by ({by}) (rate(anhu_stage_seconds_bucket{chosen}[$__rate_interval])))"


def _both_ends(*stages: str) -> dict[str, str]:
    return {f"{stage} p{share * 100:.0f}": _quantile(share, stage) for stage in stages for share in (0.5, 0.99)}


_NAME = "{{instance}} {{member}}"
_ALIVE = (
    Graph("up", {"{{process}}": "sum by (process) (anhu_process_up)"}, kind="stat", decimals=0),
    Graph("down", {"{{process}} {{member}}": "anhu_process_up == 0"}, kind="stat", decimals=0),
    Graph("shards", {f"alerts {_NAME}": _now("anhu_alerts_shards"), f"ingest {_NAME}": _now("anhu_ingest_shards")}),
    Graph("loop", {"{{process}}": (
        "histogram_quantile(0.99, sum by (le, process) "
        '(rate(anhu_loop_lag_seconds_bucket{job="$job"}[$__rate_interval])))'
    )}, unit="s", decimals=3),
)  # fmt: skip
_DOORS = (
    Graph("received", {
        f"mqtt {_NAME}": _rate("anhu_gateway_received_total"),
        f"http {_NAME}": _rate("anhu_gateway_push_messages_total"),
        f"tcp {_NAME}": _rate("anhu_gateway_tcp_received_total"),
        f"broker {_NAME}": _rate("anhu_gateway_broker_received_total"),
    }),
    Graph("acknowledged", _both_ends("received_to_log"), unit="s", decimals=3),
    Graph("connected", {f"mqtt {_NAME}": _now("anhu_gateway_connected"),
                        f"tcp {_NAME}": _now("anhu_gateway_tcp_connected")}, decimals=0),
    Graph("refused", {
        "LOG": _rate("anhu_gateway_intake_log_failures_total", "job"),
        "logins": _rate("anhu_gateway_logins_refused_total", "job"),
        "undecoded": _rate("anhu_gateway_intake_undecoded_total", "job"),
    }),
    Graph("quarantine", {
        "kept": _rate("anhu_gateway_strangers_kept_total", "job"),
        "refused": _rate("anhu_gateway_strangers_refused_total", "job"),
        "calls": _rate("anhu_gateway_strangers_calls_total", "job"),
    }, decimals=2),
    Graph("queues", {
        f"door {_NAME}": _now("anhu_gateway_pending_bytes"),
        f"Kafka {_NAME}": _now("anhu_gateway_log_waiting_bytes"),
        f"looks {_NAME}": _now("anhu_api_looks_waiting_bytes"),
    }, unit="By"),
)  # fmt: skip
_LOG = (
    Graph("alerts_behind", {
        "{{partition}} {{instance}} {{member}}": _now("anhu_alerts_partition_backlog_bytes", f"partition, {_WHO}"),
    }, unit="By"),
    Graph("ingest_behind", {
        "{{partition}} {{instance}} {{member}}": _now("anhu_ingest_partition_backlog_bytes", f"partition, {_WHO}"),
    }, unit="By"),
    Graph("late", {
        f"alerts {_NAME}": _now("anhu_alerts_lag_seconds"),
        f"ingest {_NAME}": _now("anhu_ingest_lag_seconds"),
        f"store {_NAME}": _now("anhu_ingest_stuck_seconds"),
    }, unit="s"),
    Graph("log_away", {
        f"alerts {_NAME}": _now("anhu_alerts_log_away_seconds"),
        f"ingest {_NAME}": _now("anhu_ingest_log_unheard_seconds"),
    }, unit="s"),
    Graph("letters", {
        "undecoded": _rate("anhu_ingest_undecoded_total", "job"),
        "rejected": _rate("anhu_ingest_rejected_total", "job"),
        "conflicts": _rate("anhu_ingest_conflicts_total", "job"),
    }, decimals=2),
    Graph("lost", {
        "door": _now("anhu_gateway_log_dropped_unread_total", "job"),
        "alerts": _now("anhu_alerts_log_dropped_unread_total", "job"),
        "ingest": _now("anhu_ingest_log_dropped_unread_total", "job"),
    }, decimals=0),
)  # fmt: skip
_PAGE = (
    Graph("to_decided", _both_ends("received_to_decided", "decided_to_outbox"), unit="s", decimals=3),
    Graph("to_sent", _both_ends("outbox_to_sent", "sent_to_receipt"), unit="s", decimals=2),
    Graph("to_told", {
        f"{{{{priority}}}} p{share * 100:.0f}": _quantile(share, "received_to_told", "le, priority")
        for share in (0.5, 0.99)
    }, unit="s", decimals=2),
    Graph("to_stored", _both_ends("received_to_stored"), unit="s", decimals=2),
    Graph("outbox", {"waiting": "max(anhu_outbox_waiting)"}, decimals=0),
    Graph("outbox_late", {"late": "max(anhu_outbox_late_seconds)"}, unit="s"),
    Graph("alarms", {
        "open {{priority}}": "max by (priority) (anhu_alarms_open)",
        "unanswered {{priority}}": "max by (priority) (anhu_alarms_unanswered)",
        "untold": "max(anhu_alarms_untold)",
    }, decimals=0),
    Graph("heartbeat", {"seconds": "max(anhu_watcher_phone_seconds)"}, unit="s", decimals=2),
)  # fmt: skip
_BELOW = (
    Graph("pool", {
        "{{process}} {{instance}} {{member}}": (
            f'max by (process, {_WHO}) (anhu_database_connections{{job="$job",state="used"}})'
            f' / max by (process, {_WHO}) (anhu_database_connections{{job="$job",state="most"}}) * 100'
        ),
    }, unit="%"),
    Graph("disk", {
        "{{process}} {{instance}} {{member}}": (
            'anhu_data_free_bytes{job="$job"} / anhu_data_size_bytes{job="$job"} * 100'
        ),
    }, unit="%"),
)  # fmt: skip
SECTIONS = {"alive": _ALIVE, "doors": _DOORS, "log": _LOG, "page": _PAGE, "below": _BELOW}
"""Key of a section's title -> its panels."""


def city() -> Json:
    """Return the dashboard."""
    sections = [(both(f"city.{key}"), [panel(one, "city") for one in graphs]) for key, graphs in SECTIONS.items()]
    jobs = values_of("job", "label_values(anhu_process_info, job)")
    return dashboard("city", variables=[jobs], sections=sections, since="now-1h", refresh="10s", source="prometheus")
