"""Texts: what fits a template, which cloud is asked, what codes mean, what replies mean."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator

import pytest

from anhu.contract.clock import ManualClock
from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.settings import Secret
from anhu.outbox.callbacks import ProviderCall
from notify.callback_reader import News, UnreadableCallError, believable
from notify.channel import Channel, Delivery, Message, PermanentError, Recipient, RetryableError
from notify.channels.sms import CHANNEL, SmsSettings
from notify.channels.sms.fake import SmsServer
from notify.channels.sms.reader import SmsReader
from notify.channels.sms.replies import reply
from notify.channels.sms.sender import Sms
from notify.cloud.template import variables
from notify.numbers import check_number, spellings

DATA = {
    "title": "紧急求助",
    "resident_name": "张*三",
    "priority": "high",
    "local_time": "2026-11-23T12:00:07+08:00",
    "reply_code": "37",
    "drill": False,
}
MESSAGE = Message(idempotency_key="a-1:raised.3:0:k-1", subject="【安护】紧急求助：张*三（高）", text="x", data=DATA)
TO = Recipient(address="+8613800000000")


@pytest.fixture
def far() -> Iterator[SmsServer]:
    with SmsServer() as started:
        yield started


def both(far: SmsServer) -> SmsSettings:
    """Return settings with both clouds, Aliyun first."""
    tencent = far.tencent_settings(far.port)
    names = [one.name for one in dataclasses.fields(tencent) if one.name.startswith("sms_tencent")]
    return dataclasses.replace(far.settings(far.port), **{name: getattr(tencent, name) for name in names})


def sent(settings: SmsSettings, times: int = 1) -> list[Delivery | RetryableError | PermanentError]:
    async def once(channel: Channel) -> Delivery | RetryableError | PermanentError:
        try:
            return await channel.send(MESSAGE, TO)
        except (RetryableError, PermanentError) as error:
            return error

    async def scene() -> list[Delivery | RetryableError | PermanentError]:
        channel = Sms.from_settings(settings, ManualClock(1_795_406_400_000))
        assert channel is not None
        try:
            return [await once(channel) for _ in range(times)]
        finally:
            await channel.close()

    return asyncio.run(scene())


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
def test_the_variables_of_the_template_are_filled_and_none_is_empty(far: SmsServer, cloud: str) -> None:
    settings = far.settings(far.port) if cloud == "aliyun" else far.tencent_settings(far.port)
    (delivery,) = sent(settings)
    assert isinstance(delivery, Delivery)
    assert delivery.provider_id
    (asked,) = far.kept
    values = {"what": "紧急求助", "who": "张*三", "level": "高", "when": "12:00", "code": "37"}
    assert far.variables(asked) == values


@pytest.mark.parametrize("longest", [6, 12, 35])
def test_a_variable_is_never_too_long_nor_empty_nor_a_link(longest: int) -> None:
    for title in ("", "长" * 50, "https://evil.example/x", "【官方】中奖", "a\r\nb"):
        message = dataclasses.replace(MESSAGE, data={"title": title, "drill": True})
        for value in variables(message, longest).values():
            assert 0 < len(value) <= longest
            assert "://" not in value
            assert "【" not in value
            assert value.isprintable()


def test_a_drill_says_so_even_in_six_characters() -> None:
    assert variables(dataclasses.replace(MESSAGE, data={**DATA, "drill": True}), 6)["what"].startswith("演练")


CODES = [
    ("isv.MOBILE_NUMBER_ILLEGAL", PermanentError, 0),
    ("isv.PARAM_LENGTH_LIMIT", PermanentError, 0),
    ("isv.BUSINESS_LIMIT_CONTROL", RetryableError, 60),
    ("isv.DAY_LIMIT_CONTROL", RetryableError, 60),
    ("Throttling.User", RetryableError, 60),
    ("isv.AMOUNT_NOT_ENOUGH", RetryableError, 0),
    ("isv.SMS_TEMPLATE_ILLEGAL", RetryableError, 0),
    ("SignatureDoesNotMatch", RetryableError, 0),
    ("isp.SYSTEM_ERROR", RetryableError, 0),
    ("isv.SOMETHING_NEW", RetryableError, 0),
    ("isv.CALLED_SHOW_NUMBER_ILLEGAL", RetryableError, 0),
]
TENCENT = [
    ("InvalidParameterValue.IncorrectPhoneNumber", PermanentError, 0),
    ("FailedOperation.PhoneNumberInBlacklist", PermanentError, 0),
    ("InvalidParameterValue.TemplateParameterLengthLimit", PermanentError, 0),
    ("LimitExceeded.PhoneNumberDailyLimit", RetryableError, 60),
    ("FailedOperation.InsufficientBalanceInSmsPackage", RetryableError, 0),
    ("InternalError.Timeout", RetryableError, 0),
]


@pytest.mark.parametrize(
    ("cloud", "code", "kind", "after_s"),
    [
        *[("aliyun", *one) for one in CODES],
        *[("tencent", *one) for one in TENCENT],
    ],
)
def test_a_code_means_for_now_or_for_good(far: SmsServer, cloud: str, code: str, kind: type, after_s: float) -> None:
    far.codes = [code]
    (error,) = sent(far.settings(far.port) if cloud == "aliyun" else far.tencent_settings(far.port))
    assert isinstance(error, kind)
    assert code in str(error)
    assert getattr(error, "after_s", 0) == after_s


@pytest.mark.parametrize("code", ["isp.SYSTEM_ERROR", "isv.BUSINESS_LIMIT_CONTROL", "isv.AMOUNT_NOT_ENOUGH"])
def test_what_the_first_cloud_does_not_take_goes_through_the_second(far: SmsServer, code: str) -> None:
    far.codes = [code]
    assert isinstance(sent(both(far))[0], Delivery)
    assert [one.cloud for one in far.kept] == ["tencent"]


def test_a_cloud_that_is_down_is_asked_last_for_a_while(far: SmsServer) -> None:
    far.down = {"aliyun"}
    assert all(isinstance(one, Delivery) for one in sent(both(far), 3))
    assert [one.cloud for one in far.asked] == ["aliyun", "tencent", "tencent", "tencent"]


def test_a_number_that_there_is_not_is_tried_through_no_other_cloud(far: SmsServer) -> None:
    far.codes = ["isv.MOBILE_NUMBER_ILLEGAL"]
    assert isinstance(sent(both(far))[0], PermanentError)
    assert len(far.asked) == 1


def test_a_cloud_that_may_have_taken_it_is_not_followed_by_the_other_at_once(
    far: SmsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notify.channels.sms.sender._ONE_CLOUD_S", 0.3)
    far.silent = True
    (error,) = sent(both(far))
    assert isinstance(error, RetryableError)
    assert [one.cloud for one in far.asked] == ["aliyun"]


def test_nothing_secret_stands_in_what_is_said(far: SmsServer) -> None:
    (error,) = sent(dataclasses.replace(far.settings(far.port), sms_aliyun_key_secret=Secret("wrong-key")))
    assert "SignatureDoesNotMatch" in str(error)
    assert "wrong-key" not in str(error)


@pytest.mark.parametrize("said", ["1", "１", " 1 ", "1。", "1.", "“1”", "1\n", "\ufeff1", "①"])
def test_a_digit_however_it_is_typed_answers(said: str) -> None:
    assert reply(said) == ("acknowledge", "")


@pytest.mark.parametrize(
    ("said", "answer", "code"),
    [
        ("2", "on_the_way", ""),
        ("3", "cannot", ""),
        ("137", "acknowledge", "37"),
        ("1 37", "acknowledge", "37"),
        ("１　３７", "acknowledge", "37"),
        ("2，37。", "on_the_way", "37"),
        ("3-37", "cannot", "37"),
    ],
)
def test_a_code_says_which_alarm(said: str, answer: str, code: str) -> None:
    assert reply(said) == (answer, code)


@pytest.mark.parametrize(
    "said",
    ["", "收到", "好的", "4", "0", "11111", "1 377", "T", "退订", "1楼没人", "13800000000", "1 or 2", "x" * 9_999],
)
def test_anything_else_answers_nothing(said: str) -> None:
    assert reply(said) == ("", "")


def called(body: bytes) -> list[News]:
    return list(SmsReader("s").news(ProviderCall("POST", {}, {}, body)))


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
@pytest.mark.parametrize(
    ("code", "state", "again_s"),
    [("DELIVERED", "delivered", None), ("MOBILE_NOT_ON_SERVICE", "failed", None), ("UNDELIV", "failed", 60.0)],
)
def test_a_receipt_says_what_became_of_it(
    far: SmsServer, cloud: str, code: str, state: str, again_s: float | None
) -> None:
    sent(far.settings(far.port) if cloud == "aliyun" else far.tencent_settings(far.port))
    (news,) = called(far.receipt(far.kept[0], "n-1", code))
    assert (news.state, news.provider_id) == (state, "n-1")
    assert news.again_after_s == again_s
    assert news.key == (MESSAGE.idempotency_key if cloud == "aliyun" else "")


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
def test_a_reply_says_of_whom_in_every_spelling_and_twice_is_the_same(far: SmsServer, cloud: str) -> None:
    (news,) = called(far.reply(cloud, "+8613800138000", "１ 37"))
    (again,) = called(far.reply(cloud, "+8613800138000", "１ 37"))
    (other,) = called(far.reply(cloud, "+8613800138000", "１ 37", sequence=2))
    assert (news.answer, news.code, news.text) == ("acknowledge", "37", "１ 37")
    assert {"13800138000", "+8613800138000", "8613800138000"} <= {*news.spelt}
    assert news.event == again.event != other.event


@pytest.mark.parametrize("body", [b"", b"x", b"\xff", b"[1]", b'"x"', b"7"])
def test_what_is_no_call_of_a_cloud_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableCallError):
        called(body)


def test_what_a_cloud_may_say_some_day_is_passed_by() -> None:
    assert called(b'[{"something": "new"}]') == []


def test_a_callback_secret_that_could_be_guessed_is_none() -> None:
    assert believable("short", "sms") == ""
    assert believable("x" * 16, "sms") == "x" * 16


@pytest.mark.parametrize("number", ["13800138000", "+8613800138000", "+4915112345678", "057188888888"])
def test_a_number_can_be_entered_as_people_do(number: str) -> None:
    check_number(number)
    assert number in spellings(number) or number.startswith("0")


@pytest.mark.parametrize("number", ["", "138", "1380013800a", "138 0013 8000", "+", "１３８００１３８０００", "1" * 40])
def test_what_is_no_number_is_refused_when_it_is_entered(number: str) -> None:
    with pytest.raises(FieldError, match="telephone"):
        check_number(number)


def test_a_cloud_that_is_half_set_up_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="ANHU_SMS_ALIYUN_SIGN"):
        SmsSettings(sms_aliyun_key_id="x", sms_aliyun_key_secret=Secret("y"))
    with pytest.raises(SettingsError, match="ANHU_SMS_FIRST"):
        SmsSettings(sms_first="pigeon")
    assert CHANNEL.missing(SmsSettings())
