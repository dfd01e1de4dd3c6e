"""Receipts and replies of both clouds. Which one calls is seen from what it says.

Aliyun ``SmsReport`` and ``SmsUp`` are JSON lists; Tencent's receipts are a list, its reply is one object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from notify.callback_reader import News
from notify.channels.sms.replies import reply
from notify.cloud.calls import CloudCalls
from notify.numbers import spellings

_NEVER = ("MOBILE_NOT_ON_SERVICE", "NUMBER", "BLACK", "PARAM", "EMPTY", "UNDELIV_NUM")
"""In a code: no second text would arrive either."""
_AGAIN_S = 60.0


class SmsReader(CloudCalls):
    """Reads what comes to ``/callbacks/sms/…``."""

    def read(self, said: Mapping[str, Any]) -> Iterable[News]:
        """Return the receipt or the reply that one object is."""
        news = _news(said)
        return () if news is None else (news,)


def _news(said: Mapping[str, Any]) -> News | None:
    if "content" in said or "text" in said:
        return _replied(said)
    if "biz_id" in said or "out_id" in said:
        code = str(said.get("err_code", ""))
        ids = (str(said.get("out_id") or ""), str(said.get("biz_id") or ""))
        return _receipt(*ids, arrived=said.get("success") in {True, "true"}, code=code)
    if "sid" in said:
        arrived = said.get("report_status") == "SUCCESS"
        return _receipt("", str(said["sid"]), arrived=arrived, code=str(said.get("errmsg", "")))
    return None


def _receipt(key: str, provider_id: str, *, arrived: bool, code: str) -> News:
    if arrived:
        return News(key=key, provider_id=provider_id, state="delivered", detail=code)
    again_s = None if any(word in code.upper() for word in _NEVER) else _AGAIN_S
    said = f"not delivered: {code}"
    return News(key=key, provider_id=provider_id, state="failed", again_after_s=again_s, detail=said)


def _replied(said: Mapping[str, Any]) -> News:
    """Return a reply; one without a number of its own is told from another by what it says and when."""
    text = str(said.get("content", said.get("text", "")))
    number = str(said.get("phone_number") or f"+{said.get('nationcode', '86')}{said.get('mobile', '')}")
    when = str(said.get("send_time", said.get("time", "")))
    event = str(said.get("sequence_id") or hashlib.sha256(f"{number}\n{when}\n{text}".encode()).hexdigest()[:24])
    meant = reply(text)
    answer = meant.answer
    return News(address=number, spelt=spellings(number), answer=answer, code=meant.code, text=text, event=event)
