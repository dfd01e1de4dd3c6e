"""Both clouds as far as calls go: what a phone would say, and the keys and results that they would call with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from anhu.contract.settings import Secret
from notify.channels.voice import VoiceSettings
from notify.cloud.fake_cloud import KEY_ID, SECRET, Asked, FakeCloud, named
from notify.fake_server import Taken

CALLBACK_END = "callback-end-of-voice"
_SPOKEN = ("what", "who", "level", "when", "keys")


class VoiceServer(FakeCloud):
    """Takes ``IvrCall`` of Aliyun and ``SendTtsVoice`` of Tencent Cloud."""

    refusals = {  # noqa: RUF012 - a table of the class, as in its base
        "aliyun": ("isp.SYSTEM_ERROR", "isv.MOBILE_NUMBER_ILLEGAL"),
        "tencent": ("InternalError.UpstreamError", "InvalidParameterValue.CalledNumberVerifyFail"),
    }

    @classmethod
    def settings(cls, port: int) -> VoiceSettings:
        """Return settings with Aliyun alone."""
        return VoiceSettings(
            voice_callback_secret=Secret(CALLBACK_END),
            voice_aliyun_key_id=KEY_ID,
            voice_aliyun_key_secret=Secret(SECRET),
            voice_aliyun_show_number="057100000000",
            voice_aliyun_template="TTS_1",
            voice_aliyun_url=f"http://127.0.0.1:{port}",
        )

    @classmethod
    def tencent_settings(cls, port: int) -> VoiceSettings:
        """Return settings with Tencent Cloud alone."""
        return VoiceSettings(
            voice_first="tencent",
            voice_callback_secret=Secret(CALLBACK_END),
            voice_tencent_key_id=KEY_ID,
            voice_tencent_key_secret=Secret(SECRET),
            voice_tencent_app="1400000000",
            voice_tencent_template="7",
            voice_tencent_url=f"http://127.0.0.1:{port}",
        )

    def as_taken(self, one: Asked) -> Taken:
        """Return what is said: who calls, then the alarm."""
        values = self.spoken(one)
        who = f"：{values['who']}" if values["who"] != "-" else ""
        subject = f"【安护】{values['what']}{who}"
        if one.cloud == "aliyun":
            return Taken(one.values.get("OutId", ""), named(one.values["CalledNumber"]), subject)
        return Taken(one.values["SessionContext"], named(one.values["CalledNumber"]), subject)

    @staticmethod
    def spoken(one: Asked) -> dict[str, str]:
        """Return the variables of a call."""
        if one.cloud == "aliyun":
            values: dict[str, str] = json.loads(one.values.get("StartTtsParams") or "{}")
            return values
        return dict(zip(_SPOKEN, one.values["TemplateParamSet"], strict=True))

    def answer_of(self, one: Asked, code: str, number: str) -> Mapping[str, Any]:
        """Answer as the cloud does."""
        if one.cloud == "aliyun":
            return {"Code": code or "OK", "Message": code or "OK", "CallId": "" if code else number, "RequestId": "r"}
        if code:
            return {"Response": {"Error": {"Code": code, "Message": "x"}, "RequestId": "r"}}
        status = {"CallId": number, "SessionContext": one.values.get("SessionContext", "")}
        return {"Response": {"SendStatus": status, "RequestId": "r"}}

    def confirmation(self, one: Asked, number: str) -> tuple[str, bytes]:
        """Return the call that somebody took it, without a key."""
        return f"/callbacks/voice/{CALLBACK_END}", self.result(one, number, "200000" if one.cloud == "aliyun" else "0")

    @staticmethod
    def key(one: Asked, number: str, pressed: str) -> bytes:
        """Return the call with which the cloud says which key was pressed."""
        if one.cloud == "aliyun":
            said = {"status_code": "300000", "dtmf": pressed, "out_id": one.values["OutId"], "call_id": number}
            return json.dumps([{**said, "status_time": "2026-11-23 12:00:12"}]).encode()
        said = {"call_from": "", "callid": number, "keypress": pressed, "mobile": "138", "nationcode": "86"}
        return json.dumps({"voicekey_callback": said}).encode()

    @staticmethod
    def result(one: Asked, number: str, code: str, *, pressed: str = "") -> bytes:
        """Return the call with which the cloud says how a call ended."""
        if one.cloud == "aliyun":
            said = {"call_id": number, "status_code": code, "out_id": one.values["OutId"], "dtmf": pressed}
            return json.dumps([{**said, "duration": "10", "hangup_direction": "x", "voice_type": "voice"}]).encode()
        said = {"result": code, "callid": number, "mobile": "138", "nationcode": "86", "fee": "1"}
        return json.dumps({"voiceprompt_callback": said}).encode()
