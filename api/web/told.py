"""Who was not told, and why, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    text = " · ".join(filter(None, (_of_work(line.what, data, wording), _late(data, wording), line.text)))
    return " · ".join(filter(None, (text, _how(data, wording), *_of_family(data, wording))))


def _how(data: Mapping[str, Any], wording: Wording) -> str:
    """Return by which way an answer came, and in how many minutes somebody is there."""
    if "via" not in data:
        return ""
    via = wording.t("alert.via", what=wording.word("via", str(data["via"])))
    minutes = wording.t("alert.in_minutes", minutes=data["minutes"]) if "minutes" in data else ""
    back = wording.t("alert.handed_back") if data.get("handed_back") else ""
    return " · ".join(filter(None, (via, minutes, back)))


def _of_work(what: str, data: Mapping[str, Any], wording: Wording) -> str:
    """Return what a line about working on the alert together says before its remark."""
    match what:
        case "closed":
            return " · ".join(wording.word(name, str(data[name])) for name in ("outcome", "found") if data.get(name))
        case "called":
            return f"{data.get('to', '')}: {wording.word('called', str(data.get('result', '')))}"
        case "offered":
            return wording.t("hand.to_whom", name=data.get("name", ""))
        case "merged":
            kind = wording.kind(str(data.get("kind", "")))
            return wording.t("merge.into", kind=kind) if "into" in data else wording.t("merge.from", kind=kind)
        case "practice":
            return wording.t(f"queue.practice_{data.get('practice') or 'none'}")
    return ""


def _late(data: Mapping[str, Any], wording: Wording) -> str:
    """Return which step came too late, from a phone that had no line."""
    if "step" not in data or "refused" not in data:
        return ""
    refused = wording.t(f"response.{data['refused']}")
    return wording.t("unsent.came_late", step=wording.t(f"alert.{data['step']}"), refused=refused)


def _of_family(data: Mapping[str, Any], wording: Wording) -> Iterator[str]:
    """Give when a relative will be there, when it was said if it came late, and what relatives are told."""
    if "arrives_at_ms" in data:
        yield wording.t("family.arrives", at=wording.moment(int(data["arrives_at_ms"])))
    if "said_at_ms" in data:
        yield wording.t("unsent.said_at", at=wording.moment(int(data["said_at_ms"])))
    if data.get("family_note"):
        yield wording.t("family.note_for", note=str(data["family_note"]))
