"""The clouds' own programs against our fakes: what the fakes take is what the clouds take, and ours is taken alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from alibabacloud_dysmsapi20170525 import models as sms_models
from alibabacloud_dysmsapi20170525.client import Client as AliyunSms
from alibabacloud_dyvmsapi20170525 import models as voice_models
from alibabacloud_dyvmsapi20170525.client import Client as AliyunVoice
from alibabacloud_tea_openapi.models import Config
from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as tencent_sms_models
from tencentcloud.sms.v20210111 import sms_client
from tencentcloud.vms.v20200902 import models as tencent_voice_models
from tencentcloud.vms.v20200902 import vms_client

from anhu.contract.clock import ManualClock
from notify.channel import Message, Recipient
from notify.channels import channel_class
from notify.channels.sms.fake import SmsServer
from notify.channels.voice.fake import VoiceServer
from notify.cloud import aliyun
from notify.cloud.fake_cloud import KEY_ID, SECRET, Asked, FakeCloud

WORDS = '{"what":"跌倒 ~*+&=%/?","who":"张*三"}'
ODD = "a-1:raised.3:0:k-1 ~*'()!+&=%/?跌倒"
MESSAGE = Message(idempotency_key=ODD, subject="【安护】跌倒", text="x", data={"title": "跌倒 ~*+&=%/?"}, reference="7")


@pytest.fixture
def texts() -> Iterator[SmsServer]:
    with SmsServer() as started:
        yield started


@pytest.fixture
def calls() -> Iterator[VoiceServer]:
    with VoiceServer() as started:
        yield started


def _aliyun(port: int, secret: str) -> Config:
    return Config(
        access_key_id=KEY_ID, access_key_secret=secret, endpoint=f"127.0.0.1:{port}", protocol="http", region_id="x"
    )


def _tencent(port: int) -> ClientProfile:
    return ClientProfile(httpProfile=HttpProfile(endpoint=f"127.0.0.1:{port}", protocol="http"))


def aliyun_text(far: FakeCloud, secret: str) -> str:
    request = sms_models.SendSmsRequest(
        phone_numbers="13800000000", sign_name="安护", template_code="SMS_1", template_param=WORDS, out_id=ODD
    )
    return str(AliyunSms(_aliyun(far.port, secret)).send_sms(request).body.code)


def aliyun_call(far: FakeCloud, secret: str) -> str:
    key = voice_models.IvrCallRequestMenuKeyMap(key="1", code="TTS_1", tts_params=WORDS)
    request = voice_models.IvrCallRequest(
        called_number="13800000000",
        called_show_number="0571",
        start_code="TTS_1",
        start_tts_params=WORDS,
        menu_key_map=[key],
        play_times=2,
        out_id="7",
    )
    return str(AliyunVoice(_aliyun(far.port, secret)).ivr_call(request).body.code)


def tencent_text(far: FakeCloud, secret: str) -> str:
    client = sms_client.SmsClient(credential.Credential(KEY_ID, secret), "ap-guangzhou", _tencent(far.port))
    request = tencent_sms_models.SendSmsRequest()
    given = {"SmsSdkAppId": "1", "SignName": "安护", "TemplateId": "2", "PhoneNumberSet": ["+8613800000000"]}
    values = ["跌倒", "张*三", "高", "12:00", "37"]
    request.from_json_string(json.dumps({**given, "TemplateParamSet": values, "SessionContext": ODD}))
    return str(client.SendSms(request).SendStatusSet[0].Code)


def tencent_call(far: FakeCloud, secret: str) -> str:
    client = vms_client.VmsClient(credential.Credential(KEY_ID, secret), "ap-guangzhou", _tencent(far.port))
    request = tencent_voice_models.SendTtsVoiceRequest()
    given = {"TemplateId": "2", "CalledNumber": "+8613800000000", "VoiceSdkAppid": "1", "PlayTimes": 2}
    values = ["跌倒", "张*三", "高", "12:00"]
    request.from_json_string(json.dumps({**given, "TemplateParamSet": values, "SessionContext": ODD}))
    return "Ok" if client.SendTtsVoice(request).SendStatus.CallId else ""


OFFICIAL: dict[str, tuple[str, Callable[[FakeCloud, str], str]]] = {
    "aliyun text": ("texts", aliyun_text),
    "aliyun call": ("calls", aliyun_call),
    "tencent text": ("texts", tencent_text),
    "tencent call": ("calls", tencent_call),
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_clouds_own_program_is_taken(request: pytest.FixtureRequest, name: str) -> None:
    fixture, send = OFFICIAL[name]
    far: FakeCloud = request.getfixturevalue(fixture)
    assert send(far, SECRET).upper() == "OK"
    assert (len(far.kept), far.bad) == (1, 0)


@pytest.mark.parametrize("name", OFFICIAL)
def test_with_another_secret_it_is_not(request: pytest.FixtureRequest, name: str) -> None:
    fixture, send = OFFICIAL[name]
    far: FakeCloud = request.getfixturevalue(fixture)
    with pytest.raises((TencentCloudSDKException, Exception), match="Signature"):
        send(far, "another")
    assert (len(far.kept), far.bad > 0) == (0, True)


def ours(far: FakeCloud, channel: str, settings: object) -> Asked:
    """Send with our own program what the official one sent."""

    async def scene() -> None:
        made = channel_class(channel).from_settings(settings, ManualClock(1_795_406_400_000))
        assert made is not None
        await made.send(MESSAGE, Recipient(address="13800000000"))
        await made.close()

    asyncio.run(scene())
    return far.kept[-1]


SAME = {"aliyun": {"PhoneNumbers", "SignName", "TemplateCode", "TemplateParam", "OutId"}}


def test_ours_says_the_same_to_the_clouds_as_theirs(texts: SmsServer, calls: VoiceServer) -> None:
    aliyun_text(texts, SECRET)
    theirs = texts.kept[-1]
    mine = ours(texts, "sms", texts.settings(texts.port))
    assert (mine.action, mine.headers["x-acs-version"]) == (theirs.action, theirs.headers["x-acs-version"])
    assert set(mine.values) == set(theirs.values) == SAME["aliyun"]
    assert mine.values["OutId"] == theirs.values["OutId"] == ODD
    tencent_text(texts, SECRET)
    theirs = texts.kept[-1]
    mine = ours(texts, "sms", texts.tencent_settings(texts.port))
    assert set(mine.values) == set(theirs.values)
    for name in ("x-tc-action", "x-tc-version", "x-tc-region", "content-type"):
        assert mine.headers[name] == theirs.headers[name]
    aliyun_call(calls, SECRET)
    theirs = calls.kept[-1]
    mine = ours(calls, "voice", calls.settings(calls.port))
    assert set(theirs.values) <= set(mine.values)
    assert mine.values["PlayTimes"] == theirs.values["PlayTimes"] == "2"
    assert len(mine.values["OutId"]) <= 15
    tencent_call(calls, SECRET)
    theirs = calls.kept[-1]
    mine = ours(calls, "voice", calls.tencent_settings(calls.port))
    assert set(mine.values) == set(theirs.values)
    assert mine.headers["x-tc-version"] == theirs.headers["x-tc-version"]


def test_a_request_that_was_changed_on_its_way_is_refused(texts: SmsServer) -> None:
    settings = texts.settings(texts.port)
    key = aliyun.Key(settings.sms_aliyun_key_id, settings.sms_aliyun_key_secret)
    line = aliyun.query_line({"PhoneNumbers": "13800000000", "OutId": "x"})
    names = {"host": f"127.0.0.1:{texts.port}", "x-acs-action": "SendSms", "x-acs-version": "2017-05-25"}
    whole = aliyun.signed({**names, "x-acs-date": "2026-11-23T04:00:00Z", "x-acs-signature-nonce": "n"}, line, key)
    for path, status in ((line, 200), (line.replace("138", "139"), 400)):
        assert httpx.post(f"{settings.sms_aliyun_url}/?{path}", headers=dict(whole)).status_code == status
    assert (len(texts.kept), texts.bad) == (1, 1)
