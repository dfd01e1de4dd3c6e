"""From an alarm to a phone and back: real channels, both clouds' fakes, the dispatcher; one effect for each answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from alerts.episodes import responses
from anhu.contract.clock import MINUTE_MS, SECOND_MS
from anhu.outbox.tables import Receipt
from notify.channels.sms.fake import SmsServer
from notify.channels.voice.fake import VoiceServer
from notify.cloud.fake_cloud import Asked
from tests.api.world import World
from tests.notify.phones import Phones

NUMBER = "13800138000"


@pytest.fixture
def texts() -> Iterator[SmsServer]:
    with SmsServer() as started:
        yield started


@pytest.fixture
def calls() -> Iterator[VoiceServer]:
    with VoiceServer() as started:
        yield started


@pytest.fixture
def phones(either_world: World, texts: SmsServer, calls: VoiceServer) -> Phones:
    settings = {"sms": texts.settings(texts.port), "voice": calls.settings(calls.port)}
    return Phones(either_world, settings)


def test_a_reply_by_sms_takes_the_alarm(phones: Phones, texts: SmsServer) -> None:
    phones.world.contact(NUMBER, channel="sms")
    alert_id = phones.world.raise_alert("r-ours", "sos")
    phones.step()
    (text,) = texts.kept
    shown = texts.variables(text)
    assert (shown["who"], shown["level"], shown["when"]) == ("张*三", "高", "12:00")
    assert shown["code"].isdigit()
    phones.called("sms", texts.receipt(text, "n-1"))
    phones.called("sms", texts.reply("aliyun", NUMBER, " １。"))
    phones.step(SECOND_MS)
    assert phones.alert(alert_id) == ("acknowledged", "ours")
    assert phones.receipts() == ["sent", "delivered"]
    assert phones.history().count("acknowledged") == 1


def test_key_one_takes_the_alarm_and_twice_is_once(phones: Phones, calls: VoiceServer) -> None:
    phones.world.contact(NUMBER, channel="voice")
    alert_id = phones.world.raise_alert("r-ours", "sos")
    phones.step()
    (call,) = calls.kept
    for body in (
        calls.key(call, "n-1", "1"),
        calls.key(call, "n-1", "1"),
        calls.result(call, "n-1", "200000", pressed="1"),
    ):
        phones.called("voice", body)
    phones.step(SECOND_MS)
    assert phones.alert(alert_id) == ("acknowledged", "ours")
    assert phones.history().count("acknowledged") == 1
    assert phones.receipts() == ["sent", "delivered"]
    phones.step(4 * MINUTE_MS)  # who has it has five minutes to leave
    assert len(calls.kept) == 1


def test_a_key_that_comes_before_the_clouds_answer_is_not_lost(phones: Phones, calls: VoiceServer) -> None:
    phones.world.contact(NUMBER, channel="voice")
    alert_id = phones.world.raise_alert("r-ours", "sos")

    def at_once(call: Asked, number: str) -> None:
        phones.called("voice", calls.key(call, number, "1"))

    calls.on_taken = at_once
    phones.step()
    phones.step(SECOND_MS)
    phones.step(SECOND_MS)
    assert phones.alert(alert_id) == ("acknowledged", "ours")
    assert phones.rows() == ["delivered"]


def test_at_tencent_a_key_before_the_answer_waits_until_the_call_has_a_name(
    either_world: World, calls: VoiceServer
) -> None:
    phones = Phones(either_world, {"voice": calls.tencent_settings(calls.port)})
    phones.world.contact(NUMBER, channel="voice")
    alert_id = phones.world.raise_alert("r-ours", "sos")
    phones.called("voice", b'{"voicekey_callback": {"callid": "n-1", "keypress": "2"}}')
    phones.step()
    phones.step(2 * SECOND_MS)
    assert phones.alert(alert_id) == ("on_the_way", "ours")


def test_a_key_after_the_end_changes_nothing(phones: Phones, calls: VoiceServer) -> None:
    phones.world.contact(NUMBER, channel="voice")
    alert_id = phones.world.raise_alert("r-ours", "sos")
    phones.step()
    with phones.world.sessions.begin() as session:
        responses.close(session, alert_id, "false", actor="u-desk", now_ms=phones.world.clock.now_ms())
    phones.called("voice", calls.key(calls.kept[0], "n-1", "1"))
    phones.step(SECOND_MS)
    assert phones.alert(alert_id) == ("closed", "u-desk")


@pytest.mark.parametrize("code", ["200001", "200002", "200003"])
def test_a_call_that_nobody_took_is_made_again_while_it_is_needed(
    phones: Phones, calls: VoiceServer, code: str
) -> None:
    phones.world.contact(NUMBER, channel="voice")
    alert_id = phones.world.raise_alert("r-ours", "sos")
    phones.step()
    phones.called("voice", calls.result(calls.kept[0], "n-1", code))
    phones.step(SECOND_MS)
    assert len(calls.kept) == 1
    phones.step(61 * SECOND_MS)
    assert len(calls.kept) >= 2
    assert calls.kept[1].values["OutId"] == calls.kept[0].values["OutId"]
    with phones.world.sessions.begin() as session:
        responses.acknowledge(session, alert_id, actor="u-desk", now_ms=phones.world.clock.now_ms())
    made = len(calls.kept)
    phones.called("voice", calls.result(calls.kept[-1], f"n-{made}", code))
    phones.step(10 * MINUTE_MS)
    assert len(calls.kept) == made


def test_an_answering_machine_answers_no_alarm(phones: Phones, calls: VoiceServer) -> None:
    phones.world.contact(NUMBER, channel="voice")
    alert_id = phones.world.raise_alert("r-ours", "sos")
    phones.step()
    phones.called("voice", calls.result(calls.kept[0], "n-1", "200000"))
    phones.step(SECOND_MS)
    assert phones.alert(alert_id) == ("unacked", "")
    phones.step(61 * SECOND_MS)
    assert len(calls.kept) == 2, "the ladder goes on"


def test_a_text_whose_answer_was_lost_is_not_sent_again_when_its_receipt_comes(
    phones: Phones, texts: SmsServer
) -> None:
    phones.world.contact(NUMBER, channel="sms")
    phones.world.raise_alert("r-ours", "sos")
    texts.lie(1)
    phones.step()
    assert phones.rows()[0] == "failed_temporary"
    phones.called("sms", texts.receipt(texts.kept[0], "n-1"))
    phones.step(SECOND_MS)
    phones.step(30 * SECOND_MS)
    assert len(texts.kept) == 1
    assert phones.rows()[0] == "delivered"


def test_a_text_whose_answer_was_lost_comes_again_with_the_same_name(phones: Phones, texts: SmsServer) -> None:
    phones.world.contact(NUMBER, channel="sms")
    phones.world.raise_alert("r-ours", "sos")
    texts.lie(1)
    phones.step()
    phones.step(3 * SECOND_MS)
    assert len({one.key for one in texts.taken()}) == 1
    assert len({texts.variables(one)["code"] for one in texts.kept}) == 1
    for number, text in enumerate(texts.kept, start=1):
        phones.called("sms", texts.receipt(text, f"n-{number}"))
    phones.step(SECOND_MS)
    assert phones.rows() == ["delivered"]


def test_two_dispatchers_send_one_text(phones: Phones, texts: SmsServer) -> None:
    from notify.channels import open_channels  # noqa: PLC0415 - of this scene alone

    phones.world.contact(NUMBER, channel="sms")
    phones.world.raise_alert("r-ours", "sos")
    texts.delay_s = 0.2

    async def both() -> None:
        channels = open_channels(phones.settings, phones.world.clock)
        one, two = phones.dispatcher(channels), phones.dispatcher(channels)
        now_ms = phones.world.clock.now_ms()
        await asyncio.gather(one.step(now_ms), two.step(now_ms))
        for channel in channels.values():
            await channel.close()

    asyncio.run(both())
    assert len(texts.kept) == 1


def test_a_provider_that_is_down_for_an_hour_is_reached_when_it_is_back(phones: Phones, texts: SmsServer) -> None:
    phones.world.contact(NUMBER, channel="sms")
    phones.world.raise_alert("r-ours", "sos")
    texts.down = {"aliyun"}
    for _ in range(60):
        phones.step(MINUTE_MS)
    assert "nobody_told" in phones.history()
    assert not texts.kept
    texts.down = set()
    phones.step(61 * SECOND_MS)
    assert texts.kept
    assert "told_again" in phones.history()


def test_several_alarms_to_one_number_have_codes_of_their_own(phones: Phones, texts: SmsServer) -> None:
    phones.world.contact(NUMBER, channel="sms")
    ids = [phones.world.raise_alert("r-ours", kind) for kind in ("sos", "fall")]
    phones.step()
    by_code = {texts.variables(text)["code"]: text for text in texts.kept}
    assert len(by_code) == 2
    code = next(c for c, text in by_code.items() if ids[1] in text.values["OutId"])
    phones.called("sms", texts.reply("aliyun", NUMBER, f"2 {code}"))
    phones.step(SECOND_MS)
    assert phones.alert(ids[0]) == ("unacked", "")
    assert phones.alert(ids[1]) == ("on_the_way", "ours")


def test_receipts_name_no_number(phones: Phones, texts: SmsServer) -> None:
    phones.world.contact(NUMBER, channel="sms")
    phones.world.raise_alert("r-ours", "sos")
    texts.codes = ["isv.MOBILE_NUMBER_ILLEGAL"]
    phones.step()
    assert all(NUMBER not in detail for detail in phones.rows(Receipt, lambda row: row.detail))
