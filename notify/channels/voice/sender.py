"""Calls a number, says the alarm twice, and lets the cloud collect a key.

Neither cloud takes a key of ours as a sign that it calls already: a call whose answer was lost may ring twice. At
Aliyun there is room for 15 characters only, so the message's short reference goes along.
"""

from __future__ import annotations

from typing import Self

import msgspec

from anhu.contract.clock import Clock
from anhu.contract.words import text
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient
from notify.channels.voice import VoiceSettings
from notify.cloud import aliyun, tencent
from notify.cloud.falling_over import FallingOver
from notify.cloud.template import LONGEST, variables
from notify.numbers import at_home, e164
from notify.outgoing import fresh_client

VARIABLES = ("what", "who", "level", "when")
_ANSWERS = ("staff", "family", "resident")
_ONE_CLOUD_S = 4.5
_TIMES = 2
_KEYS = ("1", "2", "3")
_LONGEST_REFERENCE = 15


class Voice(Channel):
    """Makes calls.

    Parameters
    ----------
    settings : VoiceSettings
        The clouds.
    clock : Clock
        For the signatures' time.
    """

    def __init__(self, settings: VoiceSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._order = FallingOver(settings.clouds)
        self._client = fresh_client(_ONE_CLOUD_S)

    @classmethod
    def from_settings(cls, settings: VoiceSettings, clock: Clock) -> Self | None:
        """Make it, where a cloud is set up."""
        return cls(settings, clock) if settings.clouds else None

    async def send(self, message: Message, to: Recipient) -> Delivery:
        """Make one call."""
        number = e164(to.address)
        if number is None:
            raise PermanentError("no usable number")
        found = variables(message, LONGEST)
        values = {name: found[name] for name in VARIABLES} | {"keys": _keys(message)}
        return await self._order.send(
            {
                "aliyun": lambda: self._through_aliyun(message, number, values),
                "tencent": lambda: self._through_tencent(message, number, values),
            }
        )

    async def _through_aliyun(self, message: Message, number: str, values: dict[str, str]) -> Delivery:
        s = self._settings
        spoken = msgspec.json.encode(values).decode()
        query = {
            "CalledNumber": at_home(number),
            "CalledShowNumber": s.voice_aliyun_show_number,
            "StartCode": s.voice_aliyun_template,
            "StartTtsParams": spoken,
            "PlayTimes": str(_TIMES),
            "OutId": (message.reference or message.idempotency_key)[:_LONGEST_REFERENCE],
        }
        for place, key in enumerate(_KEYS, start=1):
            query |= {
                f"MenuKeyMap.{place}.Key": key,
                f"MenuKeyMap.{place}.Code": s.voice_aliyun_template,
                f"MenuKeyMap.{place}.TtsParams": spoken,
            }
        said = await aliyun.call(
            self._client,
            s.voice_aliyun_url,
            aliyun.Key(s.voice_aliyun_key_id, s.voice_aliyun_key_secret),
            action="IvrCall",
            version="2017-05-25",
            query=query,
            now_ms=self._clock.now_ms(),
        )
        return Delivery(provider_id=str(said.get("CallId", "")), detail="taken by aliyun")

    async def _through_tencent(self, message: Message, number: str, values: dict[str, str]) -> Delivery:
        s = self._settings
        said = await tencent.call(
            self._client,
            s.voice_tencent_url,
            tencent.Key(s.voice_tencent_key_id, s.voice_tencent_key_secret),
            service=tencent.Service("vms", "2020-09-02", s.voice_tencent_region),
            action="SendTtsVoice",
            body={
                "TemplateId": s.voice_tencent_template,
                "CalledNumber": number,
                "VoiceSdkAppid": s.voice_tencent_app,
                "TemplateParamSet": list(values.values()),
                "PlayTimes": _TIMES,
                "SessionContext": message.idempotency_key,
            },
            now_ms=self._clock.now_ms(),
        )
        call_id = str((said.get("SendStatus") or {}).get("CallId", ""))
        return Delivery(provider_id=call_id, detail="taken by tencent")

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()


def _keys(message: Message) -> str:
    """Return what the keys mean for who is called; a message that takes no answer says that, too."""
    of = str(message.data.get("answers_as"))
    return text(f"voice.keys.{of if of in _ANSWERS else 'nobody'}", message.language)
