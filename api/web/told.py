"""Who was not told, and why, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.schemas.alerts import AlertEventView
from api.schemas.desk import UntoldView
from api.web.receipts import said
from api.web.wording import Wording


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
    if line.what == "escalated":
        count = int(data.get("messages", 0))
        return wording.t("alert.messages", count=count) if count else wording.t("alert.told_nobody")
    return line.text
