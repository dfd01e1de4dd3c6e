"""Calls: said twice, a key is the answer, and what became of a call that nobody took."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator

import pytest

from anhu.contract.clock import ManualClock
from anhu.contract.words import text
from anhu.outbox.callbacks import ProviderCall
from notify.callback_reader import News
from notify.channel import Message, Recipient
from notify.channels.voice import VoiceSettings
from notify.channels.voice.fake import VoiceServer
from notify.channels.voice.reader import VoiceReader
from notify.channels.voice.sender import Voice
from notify.cloud.fake_cloud import Asked
from notify.cloud.template import LONGEST
from tests.notify.channels.test_sms import DATA

MESSAGE = Message(
    idempotency_key="a-1:raised.3:0:k-1" * 5, subject="【安护】紧急求助", text="x", data=DATA, reference="123456"
)
CLOUDS = ["aliyun", "tencent"]


@pytest.fixture
def far() -> Iterator[VoiceServer]:
    with VoiceServer() as started:
        yield started


def call(far: VoiceServer, cloud: str, message: Message = MESSAGE) -> Asked:
    settings: VoiceSettings = far.settings(far.port) if cloud == "aliyun" else far.tencent_settings(far.port)

    async def scene() -> None:
        channel = Voice.from_settings(settings, ManualClock(1_795_406_400_000))
        assert channel is not None
        delivery = await channel.send(message, Recipient(address="+8613800138000"))
        assert delivery.provider_id == f"n-{len(far.asked)}"
        await channel.close()

    asyncio.run(scene())
    return far.kept[-1]


def read(body: bytes) -> list[News]:
    return list(VoiceReader("s").news(ProviderCall("POST", {}, {}, body)))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_it_says_what_whom_and_when_twice(far: VoiceServer, cloud: str) -> None:
    asked = call(far, cloud)
    said = {"what": "紧急求助", "who": "张*三", "level": "高", "when": "12:00"}
    assert far.spoken(asked) == said | {"keys": "无需按键"}
    assert int(asked.values["PlayTimes"]) == 2


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("who", ["staff", "family", "resident", "stranger"])
def test_it_says_what_the_keys_mean_for_who_is_called(far: VoiceServer, cloud: str, language: str, who: str) -> None:
    message = dataclasses.replace(MESSAGE, data={**DATA, "answers_as": who}, language=language)
    keys = far.spoken(call(far, cloud, message))["keys"]
    assert keys == text(f"voice.keys.{'nobody' if who == 'stranger' else who}", language)
    assert 0 < len(keys) <= LONGEST


def test_at_aliyun_three_keys_are_taken_and_the_short_reference_fits(far: VoiceServer) -> None:
    values = call(far, "aliyun").values
    assert [values[f"MenuKeyMap.{n}.Key"] for n in (1, 2, 3)] == ["1", "2", "3"]
    assert values["OutId"] == "123456"
    assert values["CalledNumber"] == "13800138000"


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("key", "answer"), [("1", "acknowledge"), ("2", "on_the_way"), ("3", "cannot"), ("9", "")])
def test_a_key_is_the_answer(far: VoiceServer, cloud: str, key: str, answer: str) -> None:
    asked = call(far, cloud)
    (news,) = read(far.key(asked, "n-1", key))
    assert (news.answer, news.provider_id, news.event) == (answer, "n-1", f"n-1:{key}")
    assert news.state == "delivered", "who presses a key has taken the call"
    assert news.text == ("" if answer else key)


def test_a_key_that_the_result_names_again_is_the_same(far: VoiceServer) -> None:
    asked = call(far, "aliyun")
    (key,), (result,) = read(far.key(asked, "n-1", "1")), read(far.result(asked, "n-1", "200000", pressed="1"))
    assert key == result


@pytest.mark.parametrize(
    ("code", "state", "again_s"),
    [
        ("200000", "delivered", None),
        ("200008", "delivered", None),
        ("200001", "failed", 60.0),
        ("200002", "failed", 60.0),
        ("200003", "failed", 60.0),
        ("200004", "failed", None),
        ("200005", "failed", 120.0),
        ("200010", "failed", 300.0),
        ("200011", "failed", None),
        ("200999", "failed", 60.0),
    ],
)
def test_how_a_call_ended_at_aliyun(far: VoiceServer, code: str, state: str, again_s: float | None) -> None:
    (news,) = read(far.result(call(far, "aliyun"), "n-1", code))
    assert (news.state, news.again_after_s, news.answer) == (state, again_s, "")
    assert news.key == "123456"


@pytest.mark.parametrize("code", ["200101", "200102", "200103", "300000", ""])
def test_what_a_call_says_on_its_way_is_no_end(far: VoiceServer, code: str) -> None:
    assert read(far.result(call(far, "aliyun"), "n-1", code)) == []


@pytest.mark.parametrize(("code", "state"), [("0", "delivered"), ("1", "failed"), ("2", "failed")])
def test_how_a_call_ended_at_tencent(far: VoiceServer, code: str, state: str) -> None:
    (news,) = read(far.result(call(far, "tencent"), "n-1", code))
    assert (news.state, news.provider_id) == (state, "n-1")


def test_a_number_that_is_not_in_use_is_called_no_more() -> None:
    said = b'{"voice_failure_callback": {"callid": "n-1", "failure_code": 8, "failure_reason": "\\u7a7a\\u53f7"}}'
    (news,) = read(said)
    assert (news.state, news.again_after_s) == ("failed", None)


def test_two_clouds_take_turns_like_texts(far: VoiceServer) -> None:
    tencent = far.tencent_settings(far.port)
    names = [one.name for one in dataclasses.fields(tencent) if one.name.startswith("voice_tencent")]
    whole = dataclasses.replace(far.settings(far.port), **{name: getattr(tencent, name) for name in names})
    far.down = {"aliyun"}

    async def scene() -> None:
        channel = Voice.from_settings(whole, ManualClock(1_795_406_400_000))
        assert channel is not None
        await channel.send(MESSAGE, Recipient(address="13800138000"))
        await channel.close()

    asyncio.run(scene())
    assert [one.cloud for one in far.kept] == ["tencent"]
