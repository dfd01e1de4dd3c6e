"""Who was not told, and why, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.schemas.alerts import AlertEventView
from api.schemas.desk import UntoldView
from api.web.receipts import said
from api.web.wording import Wording

_LATE = frozenset({"late_word", "acknowledged", "on_the_way", "on_scene", "closed"})


def untold_words(untold: Iterable[UntoldView], wording: Wording) -> str:
    """Return why nobody can be told, contact by contact."""
    chinese = wording.language == "zh-CN"
    contacts = [
        f"{one.owner_name} · {(one.channel_zh if chinese else one.channel_en) or one.channel}: "
        f"{said(one.reason, wording)}"
        for one in untold
    ]
    return "; ".join(contacts) or wording.t("alert.no_contact")


def history_text(line: AlertEventView, wording: Wording) -> str:
    """Return what a line of history says beside its name."""
    data: Mapping[str, Any] = line.data
    if line.what == "nobody_told":
        reasons = (f"{one['channel']}: {said(one['reason'], wording)}" for one in data.get("why", ()))
        return "; ".join(reasons) or wording.t("alert.no_contact")
    if line.what == "notify_failed":
        return f"{data.get('channel', '')}: {said(str(data.get('reason', '')), wording)}"
    if line.what in _LATE or line.what.startswith("family_"):
        return _said_by_phone(line, wording)
    if line.what == "escalated":
        count = int(data.get("messages", 0))
        return wording.t("alert.messages", count=count) if count else wording.t("alert.told_nobody")
    return line.text


def _said_by_phone(line: AlertEventView, wording: Wording) -> str:
    """Return what somebody said, when it was said if it came late, and when a relative will be there."""
    data: Mapping[str, Any] = line.data
    parts = [line.text] if line.text else []
    if "step" in data:
        refused = wording.t(f"response.{data.get('refused', 'closed')}")
        parts.insert(0, wording.t("unsent.came_late", step=wording.t(f"alert.{data['step']}"), refused=refused))
    if "arrives_at_ms" in data:
        parts.append(wording.t("family.arrives", at=wording.moment(int(data["arrives_at_ms"]))))
    if "said_at_ms" in data:
        parts.append(wording.t("unsent.said_at", at=wording.moment(int(data["said_at_ms"]))))
    if data.get("family_note"):
        parts.append(wording.t("family.note_for", note=str(data["family_note"])))
    return " · ".join(parts)
