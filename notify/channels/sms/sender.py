"""Sends a text with the variables of its template. Our key goes along: the receipt brings it back.

Neither cloud takes a key as a sign that it has the message already: a text whose answer was lost may come twice. It
says the same, and its receipt keeps it from being sent once more.
"""

from __future__ import annotations

from typing import Self

import msgspec

from anhu.contract.clock import Clock
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient
from notify.channels.sms import SmsSettings
from notify.cloud import aliyun, tencent
from notify.cloud.falling_over import FallingOver
from notify.cloud.template import LONGEST, VARIABLES, variables
from notify.cloud.verdict import RefusedError, Why
from notify.numbers import at_home, e164
from notify.outgoing import fresh_client

_ONE_CLOUD_S = 4.5


class Sms(Channel):
    """Sends texts.

    Parameters
    ----------
    settings : SmsSettings
        The clouds.
    clock : Clock
        For the signatures' time.
    """

    def __init__(self, settings: SmsSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._order = FallingOver(settings.clouds)
        self._client = fresh_client(_ONE_CLOUD_S)

    @classmethod
    def from_settings(cls, settings: SmsSettings, clock: Clock) -> Self | None:
        """Make it, where a cloud is set up."""
        return cls(settings, clock) if settings.clouds else None

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Send one text."""
        number = e164(to.address)
        if number is None:
            raise PermanentError("no usable number")
        return await self._order.send(
            {
                "aliyun": lambda: self._through_aliyun(message, number),
                "tencent": lambda: self._through_tencent(message, number),
            }
        )

    async def _through_aliyun(self, message: Message, number: str) -> Delivery:
        s = self._settings
        said = await aliyun.call(
            self._client,
            s.sms_aliyun_url,
            aliyun.Key(s.sms_aliyun_key_id, s.sms_aliyun_key_secret),
            action="SendSms",
            version="2017-05-25",
            query={
                "PhoneNumbers": at_home(number),
                "SignName": s.sms_aliyun_sign,
                "TemplateCode": s.sms_aliyun_template,
                "TemplateParam": msgspec.json.encode(variables(message, LONGEST)).decode(),
                "OutId": message.idempotency_key,
            },
            now_ms=self._clock.now_ms(),
        )
        return Delivery(provider_id=str(said.get("BizId", "")), detail="taken by aliyun")

    async def _through_tencent(self, message: Message, number: str) -> Delivery:
        s = self._settings
        values = variables(message, s.sms_tencent_chars)
        said = await tencent.call(
            self._client,
            s.sms_tencent_url,
            tencent.Key(s.sms_tencent_key_id, s.sms_tencent_key_secret),
            service=tencent.Service("sms", "2021-01-11", s.sms_tencent_region),
            action="SendSms",
            body={
                "PhoneNumberSet": [number],
                "SmsSdkAppId": s.sms_tencent_app,
                "SignName": s.sms_tencent_sign,
                "TemplateId": s.sms_tencent_template,
                "TemplateParamSet": [values[name] for name in VARIABLES],
                "SessionContext": message.idempotency_key,
            },
            now_ms=self._clock.now_ms(),
        )
        states = said.get("SendStatusSet") or []
        if not states:
            raise RefusedError(Why.DOWN, "tencent: no answer for the number")
        if states[0].get("Code") != "Ok":
            raise tencent.refusal(str(states[0].get("Code", "")))
        return Delivery(provider_id=str(states[0].get("SerialNo", "")), detail="taken by tencent")

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()
