"""Results of calls and the keys that were pressed, of both clouds.

Aliyun's ``VoiceCallReport`` (a key) and ``VoiceReport`` (how it ended) are JSON lists; Tencent sends one object, named
by what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from notify.callback_reader import Answer, News
from notify.cloud.calls import CloudCalls

_KEYS: Mapping[str, Answer] = {"1": "acknowledge", "2": "on_the_way", "3": "cannot"}
_PRESSED = "300000"
_TAKEN = {"200000": "heard to the end, no key", "200008": "heard, no key in time"}
_NEVER = {"200004": "no such number", "200011": "out of service", "200105": "number barred", "200117": "caller barred"}
_AGAIN = {
    "200001": ("hung up early", 60.0),
    "200002": ("busy", 60.0),
    "200003": ("not taken", 60.0),
    "200005": ("not reachable or refused", 120.0),
    "200007": ("not reachable", 120.0),
    "200010": ("switched off", 300.0),
    "200121": ("too many calls at once", 30.0),
}
"""Aliyun's codes: what happened, and when to call again. [s]"""
_AGAIN_S = 60.0
_NO_SUCH_NUMBER = 8
"""Tencent's code for a number that is not in use."""
_PASSING = frozenset({"200101", "200102", "200103"})


class VoiceReader(CloudCalls):
    """Reads what comes to ``/callbacks/voice/…``."""

    def read(self, said: Mapping[str, Any]) -> Iterable[News]:
        """Return the key or the result that one object is."""
        return _aliyun(said) if "call_id" in said else _tencent(said)


def _aliyun(said: Mapping[str, Any]) -> list[News]:
    call_id, key = str(said["call_id"]), str(said.get("out_id") or "")
    code, pressed = str(said.get("status_code", "")), str(said.get("dtmf") or "")
    if pressed:
        return [_pressed(key, call_id, pressed)]
    if code in _PASSING or code == _PRESSED or not code.startswith("200"):
        return []
    if code in _TAKEN:
        return [News(key=key, provider_id=call_id, state="delivered", detail=f"call: {_TAKEN[code]}")]
    if code in _NEVER:
        return [News(key=key, provider_id=call_id, state="failed", detail=f"call: {_NEVER[code]}")]
    why, again_s = _AGAIN.get(code, (code, _AGAIN_S))
    return [News(key=key, provider_id=call_id, state="failed", again_after_s=again_s, detail=f"call: {why}")]


def _tencent(said: Mapping[str, Any]) -> list[News]:
    for name, one in said.items():
        if isinstance(one, dict) and "callid" in one:
            call_id = str(one["callid"])
            if name == "voicekey_callback":
                return [_pressed("", call_id, str(one.get("keypress", "")))]
            if name == "voice_failure_callback":
                return [_failed(call_id, one)]
            if name == "voiceprompt_callback":
                return _ended(call_id, str(one.get("result", "")))
    return []


def _failed(call_id: str, one: Mapping[str, Any]) -> News:
    again_s = None if one.get("failure_code") == _NO_SUCH_NUMBER else _AGAIN_S
    detail = f"call: {one.get('failure_reason') or one.get('failure_code')}"
    return News(provider_id=call_id, state="failed", again_after_s=again_s, detail=detail)


def _ended(call_id: str, result: str) -> list[News]:
    if result == "0":
        return [News(provider_id=call_id, state="delivered", detail="call: taken")]
    return [News(provider_id=call_id, state="failed", again_after_s=_AGAIN_S, detail="call: not taken")]


def _pressed(key: str, call_id: str, pressed: str) -> News:
    """Return a key: the first counts; one that means nothing was pressed by somebody all the same."""
    first = pressed[:1]
    answer: Answer | Literal[""] = _KEYS.get(first, "")
    return News(
        key=key,
        provider_id=call_id,
        state="delivered",
        detail="call: a key was pressed",
        answer=answer,
        text="" if answer else pressed[:20],
        event=f"{call_id}:{first}",
    )
