"""Puts an alert into words for one recipient: enough to act, as little about the person as will do. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from alerts.kinds import KINDS
from alerts.tables import Alert, Outbox
from anhu.contract.clock import SECOND_MS, to_rfc3339
from anhu.contract.priority import Priority
from anhu.contract.words import text
from anhu.registry.tables import Contact, Resident
from notify.channel import Message

_SHORT_NAME = 2


def masked(name: str) -> str:
    """Return a name as a message may show it: 张*三 for 张小三, 李* for 李四."""
    if len(name) <= _SHORT_NAME:
        return f"{name[:1]}*"
    return f"{name[0]}*{name[-1]}"


def compose(
    outbox: Outbox, alert: Alert, resident: Resident, contact: Contact, *, public_url: str, zone: tzinfo
) -> Message:
    """Return the message that an outbox row stands for.

    Parameters
    ----------
    public_url : str
        Where people reach the desk; empty: the message has no link.
    zone : tzinfo
        In which times are told.
    """
    language = contact.language
    kind = KINDS.get(alert.kind)
    named = {"zh-CN": kind.zh, "en": kind.en}.get(language, kind.en) if kind else alert.kind
    priority = Priority(alert.priority).name.lower()
    link = f"{public_url}/desk?alert={alert.id}" if public_url else ""
    values = {"title": named, "name": masked(resident.name), "priority": text(f"notify.priority.{priority}", language)}
    data = {
        "type": f"alert.{_reason(outbox)}",
        "id": outbox.idempotency_key,
        "alert_id": alert.id,
        "kind": alert.kind,
        "title": named,
        "priority": priority,
        "late": alert.late,
        "resident_id": resident.id,
        "resident_name": values["name"],
        "started_at": to_rfc3339(alert.started_at_ms),
        "raised_at": to_rfc3339(alert.raised_at_ms),
        "step": outbox.data.get("step", 0),
        "prompt_emergency": bool(outbox.data.get("prompt_emergency")),
        "link": link,
    }
    return Message(
        idempotency_key=outbox.idempotency_key,
        subject=text("notify.subject", language, **values),
        text="\n".join(_lines(outbox, alert, values | {"time": _time(alert, zone), "link": link}, language)),
        data=data,
    )


def _reason(outbox: Outbox) -> str:
    """Return ``raised``, ``escalated``, ``worsened`` or ``returned``."""
    return outbox.reason.partition("-")[0]


def _time(alert: Alert, zone: tzinfo) -> str:
    return datetime.fromtimestamp(alert.started_at_ms / SECOND_MS, tz=zone).strftime("%Y-%m-%d %H:%M:%S (UTC%z)")


def _lines(outbox: Outbox, alert: Alert, values: dict[str, str], language: str) -> list[str]:
    lines = [
        text(f"notify.{_reason(outbox)}", language, **values),
        text("notify.at", language, **values),
    ]
    if alert.late:
        lines.append(text("notify.late", language))
    if outbox.data.get("prompt_emergency"):
        lines.append(text("notify.emergency", language))
    if values["link"]:
        lines.append(text("notify.link", language, **values))
    lines.append(text("notify.no_reply", language))
    return lines
