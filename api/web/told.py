"""Who was not told, and why, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.schemas.alerts import AlertEventView
from api.schemas.desk import UntoldView
from api.web.wording import Wording

_REASONS: Mapping[str, str] = {
    "no answer": "no_answer",
    "channel ": "not_set_up",
    "it waits": "its_turn",
    "no usable": "no_address",
    "mail server: ": "mail_server",
    "HTTP 3": "moved",
}
"""How a channel's own reason begins -> the word for it."""


def reason_words(reason: str, wording: Wording) -> str:
    """Return why a message did not go, with the channel's own words behind it: they help whoever mends it."""
    key = next((word for begins, word in _REASONS.items() if reason.startswith(begins)), "")
    if not key and reason.endswith("inside the own network"):
        key = "private"
    return f"{wording.word('reason', key)} ({reason})" if key else reason


def untold_words(untold: Iterable[UntoldView], wording: Wording) -> str:
    """Return why nobody can be told, contact by contact."""
    chinese = wording.language == "zh-CN"
    said = [
        f"{one.owner_name} · {(one.channel_zh if chinese else one.channel_en) or one.channel}: "
        f"{reason_words(one.reason, wording)}"
        for one in untold
    ]
    return "; ".join(said) or wording.t("alert.no_contact")


def history_text(line: AlertEventView, wording: Wording) -> str:
    """Return what a line of history says beside its name."""
    data: Mapping[str, Any] = line.data
    if line.what == "nobody_told":
        reasons = (f"{one['channel']}: {reason_words(one['reason'], wording)}" for one in data.get("why", ()))
        return "; ".join(reasons) or wording.t("alert.no_contact")
    if line.what == "notify_failed":
        return f"{data.get('channel', '')}: {reason_words(str(data.get('reason', '')), wording)}"
    if line.what == "escalated":
        count = int(data.get("messages", 0))
        return wording.t("alert.messages", count=count) if count else wording.t("alert.told_nobody")
    return line.text
