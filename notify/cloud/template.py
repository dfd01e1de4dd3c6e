"""The variables of a template that a cloud has approved. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from notify.channel import Message

VARIABLES = ("what", "who", "level", "when", "code")
LONGEST = 35
"""Characters of a variable at Aliyun. [-]"""
_NOBODY = "-"
_SIGN = re.compile(r"^【[^】]*】|^\[[^\]]*\]\s*")
_LEVELS = {"high": ("高", "high"), "medium": ("中", "medium"), "low": ("低", "low"), "info": ("提示", "info")}


def variables(message: Message, longest: int) -> dict[str, str]:
    """Return the variables of a message; none is empty, for clouds refuse that, and none is too long."""
    data = message.data
    subject = _SIGN.sub("", message.subject)
    title = str(data.get("title") or subject)
    chinese = not subject.isascii()
    mark = ("演练" if chinese else "DRILL ") if data.get("drill") else ""
    values = {
        "what": mark + title,
        "who": str(data.get("resident_name") or data.get("device_id") or _NOBODY),
        "level": _LEVELS.get(str(data.get("priority")), (_NOBODY, _NOBODY))[0 if chinese else 1],
        "when": _when(str(data.get("local_time") or "")),
        "code": str(data.get("reply_code") or _NOBODY),
    }
    return {name: _fitting(value, longest) for name, value in values.items()}


def _when(text: str) -> str:
    """Return hour and minute of a time as messages tell it."""
    try:
        return datetime.fromisoformat(text).strftime("%H:%M")
    except ValueError:
        return _NOBODY


def _fitting(text: str, longest: int) -> str:
    """Return a value without what variables may not hold: brackets of a signature, line ends, links."""
    plain = re.sub(r"[【】\r\n\t]", "", text).replace("://", " ")
    return (plain if len(plain) <= longest else plain[: max(longest - 1, 1)] + "…")[:longest] or _NOBODY
