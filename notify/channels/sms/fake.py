"""Both clouds as far as texts go: what a phone would show, and the receipts and replies that they would call with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from anhu.contract.settings import Secret
from notify.channels.sms import SmsSettings
from notify.cloud.fake_cloud import KEY_ID, SECRET, Asked, FakeCloud, named
from notify.cloud.template import VARIABLES
from notify.fake_server import Taken

SIGN = "安护"
CALLBACK_END = "callback-end-of-sms"


class SmsServer(FakeCloud):
    """Takes ``SendSms`` of both clouds."""

    @classmethod
    def settings(cls, port: int) -> SmsSettings:
        """Return settings with Aliyun alone."""
        return SmsSettings(
            sms_callback_secret=Secret(CALLBACK_END),
            sms_aliyun_key_id=KEY_ID,
            sms_aliyun_key_secret=Secret(SECRET),
            sms_aliyun_sign=SIGN,
            sms_aliyun_template="SMS_1",
            sms_aliyun_url=f"http://127.0.0.1:{port}",
        )

    @classmethod
    def tencent_settings(cls, port: int) -> SmsSettings:
        """Return settings with Tencent Cloud alone."""
        return SmsSettings(
            sms_first="tencent",
            sms_callback_secret=Secret(CALLBACK_END),
            sms_tencent_key_id=KEY_ID,
            sms_tencent_key_secret=Secret(SECRET),
            sms_tencent_app="1400000000",
            sms_tencent_sign=SIGN,
            sms_tencent_template="7",
            sms_tencent_url=f"http://127.0.0.1:{port}",
            sms_tencent_chars=35,
        )

    def as_taken(self, one: Asked) -> Taken:
        """Return what the phone shows: the signature stands before the text."""
        values = self.variables(one)
        who = f"：{values['who']}" if values["who"] != "-" else ""
        subject = f"【{one.values['SignName']}】{values['what']}{who}"
        if one.cloud == "aliyun":
            return Taken(one.values.get("OutId", ""), named(one.values["PhoneNumbers"]), subject)
        return Taken(one.values["SessionContext"], named(one.values["PhoneNumberSet"][0]), subject)

    @staticmethod
    def variables(one: Asked) -> dict[str, str]:
        """Return the variables of a text."""
        if one.cloud == "aliyun":
            values: dict[str, str] = json.loads(one.values.get("TemplateParam") or "{}")
            return values
        return dict(zip(VARIABLES, one.values["TemplateParamSet"], strict=True))

    def answer_of(self, one: Asked, code: str, number: str) -> Mapping[str, Any]:
        """Answer as the cloud does."""
        if one.cloud == "aliyun":
            return {"Code": code or "OK", "Message": code or "OK", "BizId": "" if code else number, "RequestId": "r"}
        status = {
            "SerialNo": "" if code else number,
            "PhoneNumber": one.values["PhoneNumberSet"][0],
            "Fee": 0 if code else 1,
            "SessionContext": one.values.get("SessionContext", ""),
            "Code": code or "Ok",
            "Message": code or "send success",
            "IsoCode": "CN",
        }
        return {"Response": {"SendStatusSet": [status], "RequestId": "r"}}

    def confirmation(self, one: Asked, number: str) -> tuple[str, bytes]:
        """Return the call that a text arrived."""
        return f"/callbacks/sms/{CALLBACK_END}", self.receipt(one, number)

    @staticmethod
    def receipt(one: Asked, number: str, code: str = "DELIVERED") -> bytes:
        """Return the call with which the cloud says what became of a text."""
        arrived = code in {"DELIVERED", "DELIVRD"}
        if one.cloud == "aliyun":
            said = {
                "phone_number": one.values["PhoneNumbers"],
                "send_time": "2026-11-23 12:00:00",
                "report_time": "2026-11-23 12:00:02",
                "success": arrived,
                "err_code": code,
                "err_msg": "x",
                "sms_size": "1",
                "biz_id": number,
                "out_id": one.values["OutId"],
            }
        else:
            said = {
                "user_receive_time": "2026-11-23 12:00:02",
                "nationcode": "86",
                "mobile": one.values["PhoneNumberSet"][0].removeprefix("+86"),
                "report_status": "SUCCESS" if arrived else "FAIL",
                "errmsg": code,
                "description": "x",
                "sid": number,
            }
        return json.dumps([said]).encode()

    @staticmethod
    def reply(cloud: str, number: str, text: str, *, sequence: int = 1) -> bytes:
        """Return the call with which the cloud brings a reply."""
        mobile = number.removeprefix("+86")
        if cloud == "tencent":
            said = {
                "extend": "",
                "mobile": mobile,
                "nationcode": "86",
                "sign": SIGN,
                "text": text,
                "time": 1_457_336_869,
            }
            return json.dumps({**said, "time": 1_457_336_869 + sequence}).encode()
        one = {"phone_number": mobile, "send_time": "2026-11-23 12:01:00", "content": text, "sign_name": SIGN}
        return json.dumps([{**one, "dest_code": "1", "sequence_id": sequence}]).encode()
