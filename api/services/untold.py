"""Of which alerts nobody can be told, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from alerts.tables import Alert
from anhu.registry.tables import Centre, Team, User
from api.schemas.desk import UntoldView
from api.visit import Visit

_OWNERS: Mapping[str, type[Centre | Team | User]] = {"centre": Centre, "team": Team, "user": User}


def untold_of(visit: Visit, alerts: Iterable[Alert]) -> Mapping[str, list[UntoldView]]:
    """Return alert -> the contacts that could not be told, of the alerts that nobody can be told of."""
    found = {alert.id: list(alert.untold_why or ()) for alert in alerts if alert.untold_since_ms is not None}
    names = _names(visit, [one for why in found.values() for one in why])
    return {alert_id: [_view(visit, one, names) for one in why] for alert_id, why in found.items()}


def _names(visit: Visit, why: Iterable[Mapping[str, Any]]) -> Mapping[tuple[str, str], str]:
    asked: dict[str, set[str]] = {}
    for one in why:
        asked.setdefault(one["owner_kind"], set()).add(one["owner_id"])
    names: dict[tuple[str, str], str] = {}
    for kind, ids in asked.items():
        table = _OWNERS[kind]
        rows = visit.session.execute(select(table.id, table.name).where(table.id.in_(ids)))
        names |= {(kind, owner_id): name for owner_id, name in rows}
    return names


def _view(visit: Visit, one: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> UntoldView:
    form = visit.channels.get(one["channel"])
    return UntoldView(
        channel=one["channel"],
        channel_zh=form.title.zh if form else "",
        channel_en=form.title.en if form else "",
        owner_name=names.get((one["owner_kind"], one["owner_id"]), ""),
        reason=one["reason"],
    )
