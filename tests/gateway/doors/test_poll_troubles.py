"""Clouds that are down, slow, broken, false or astray: noted where people look, and asked again with care."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace

import pytest

from anhu.contract.clock import MINUTE_MS
from anhu.contract.meaning import is_call
from anhu.contract.observation import Event
from gateway.doors.poll.pace import first_s, next_s, pause_s
from gateway.doors.poll.questions import Questions
from gateway.doors.poll.settings import PollSettings
from tests.gateway.doors.fake_cloud import SECRET, FakeCloud, Saying, state
from tests.gateway.doors.polling import AT_MS, FAST, Polled, polling

MANY = tuple(f"band-{i:02}" for i in range(30))


def troubled(polled: Polled, device_id: str = "band-1") -> str:
    return polled.state(device_id).failure


TROUBLES = [
    pytest.param(Saying(status=401), "credentials: HTTP 401", id="401"),
    pytest.param(Saying(body=b'{"code":401,"msg":"bad sign"}'), "credentials: code 401", id="401 inside a 200"),
    pytest.param(Saying(status=503), "busy: HTTP 503", id="503"),
    pytest.param(Saying(status=429, headers={"Retry-After": "1"}), "busy: HTTP 429", id="429"),
    pytest.param(Saying(status=404), "status: HTTP 404", id="404"),
    pytest.param(Saying(hangs_up=True), "unreachable: ", id="hangs up"),
    pytest.param(Saying(pause_s=5.0), "slow: no whole answer within 0.5 s", id="says nothing"),
    pytest.param(Saying(body=b"{" * 200, byte_by_byte_s=0.05), "slow: ", id="a byte at a time"),
    pytest.param(Saying(body=b" " * 10_000_000), "too_long: over 65536 bytes", id="ten megabytes"),
    pytest.param(Saying(body=b"<html>log in</html>"), "nonsense: payload", id="a page of somebody else"),
    pytest.param(Saying(body=b'{"code":500,"msg":"x"}'), "nonsense: code", id="its own error"),
    pytest.param(state("band-2", AT_MS), "nonsense: asked about band-1, answered about band-2", id="another device"),
    pytest.param(
        Saying(body=zlib.compress(b" " * 10_000_000), headers={"Content-Encoding": "deflate"}),
        "nonsense: a packed answer",
        id="packed",
    ),
]


@pytest.mark.parametrize(("saying", "failure"), TROUBLES)
def test_a_trouble_has_a_name_where_vendor_and_desk_look_and_is_over_with_the_next_good_answer(
    saying: Saying, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: failure in troubled(polled))
        assert failure in polled.state().failure
        assert polled.state().failing_since_ms == AT_MS
        assert polled.log.readings() == []
        assert polled.count("clouds_failing") == 1
        polled.clock.forward(10 * MINUTE_MS)
        assert polled.count("clouds_silent") == 1
        polled.cloud.says = lambda one: state(one, AT_MS)
        await polled.until(lambda: polled.state().failing_since_ms == 0 and polled.log.readings())
        assert polled.count("clouds_silent") == 0
        assert polled.cloud.sent_bytes < 3_000_000, "an answer without end is not read to its end"

    polling(work, says=lambda _: saying)
    assert SECRET not in caplog.text
    assert "signature" not in caplog.text


def test_what_failed_stands_beside_the_device() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.count("failed") >= 2)

    seen: list[Polled] = []

    async def keeping(polled: Polled) -> None:
        seen.append(polled)
        await work(polled)

    polling(keeping, says=lambda _: Saying(status=401))
    [(kind, times, last)] = seen[0].notes.of("band-1")
    assert (kind, last) == ("poll", "credentials: HTTP 401")
    assert times >= 2


def test_a_cloud_that_sends_our_secret_back_shows_it_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: "***" in troubled(polled))
        assert SECRET not in troubled(polled)

    polling(work, says=lambda _: Saying(body=f'{{"code":9,"msg":"no {SECRET}"}}'.encode()))
    assert SECRET not in caplog.text


def test_an_answer_that_cannot_be_read_is_kept_raw_and_a_call_in_it_is_heard() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(polled.log.undecoded)
        await polled.until(polled.log.readings)
        [reading] = polled.log.readings()
        [call] = reading.observations
        assert reading.device_id == "band-1"
        assert isinstance(call, Event)
        assert is_call(call)
        assert polled.log.undecoded()[0].reason.startswith("nonsense: ")
        await polled.until(lambda: polled.count("failed") >= 4)
        assert len(polled.log.undecoded()) == 1, "and not again and again"

    polling(work, says=lambda _: Saying(body=b'{"code":9,"data":{"sos":true}}'))


def test_an_answer_about_another_device_of_ours_is_that_ones() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: troubled(polled, "band-1").startswith("nonsense: "))
        await polled.until(polled.log.readings)
        assert {one.device_id for one in polled.log.readings()} == {"band-2"}

    polling(work, devices=("band-1", "band-2"), says=lambda _: state("band-2", AT_MS))


def test_nobody_follows_a_cloud_to_another_address() -> None:
    async def work(polled: Polled) -> None:
        other = await FakeCloud(lambda one: state(one, AT_MS)).start()
        away = {"Location": f"{other.address}/device/getDeviceCurrentState"}
        polled.cloud.says = lambda _: Saying(status=302, headers=away)
        await polled.until(lambda: troubled(polled) == "redirected: HTTP 302")
        assert other.targets == []
        await other.stop()

    polling(work, says=lambda _: Saying(status=503))


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:{port}",
        "https://localhost:{port}",
        "https://[::1]:{port}",
        "https://2130706433:{port}",
        "https://[::ffff:127.0.0.1]:{port}",
        "https://169.254.169.254",
        "https://10.1.2.3",
        "http://127.0.0.1:{port}",
        "http://93.184.216.34",
        "ftp://93.184.216.34",
        "gopher:",
    ],
)
def test_no_neighbour_is_asked_that_nobody_allowed(address: str) -> None:
    async def work(polled: Polled) -> None:
        polled.change(address=address.format(port=polled.cloud.port))
        await polled.until(lambda: troubled(polled).startswith(("address: ", "unreachable: ")))
        assert polled.cloud.targets == []

    polling(work, neighbours=())


def test_while_a_cloud_is_down_one_question_at_a_time_tries_it_and_then_all_are_asked() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: polled.count("failed") >= 6)
        assert polled.cloud.most_at_once <= FAST.at_once_per_product
        polled.cloud.most_at_once = 0
        failed = polled.count("failed")
        await polled.until(lambda: polled.count("failed") >= failed + 4)
        assert polled.cloud.most_at_once == 1
        polled.cloud.says = lambda one: state(one, AT_MS)
        await polled.until(lambda: len({one.device_id for one in polled.log.readings()}) == len(MANY))

    polling(work, devices=MANY, says=lambda _: Saying(status=503))


def test_one_broken_device_does_not_hold_up_the_others() -> None:
    def says(device_id: str) -> Saying:
        return Saying(body=b"{") if device_id == MANY[0] else state(device_id, AT_MS)

    async def work(polled: Polled) -> None:
        await polled.until(lambda: len({one.device_id for one in polled.log.readings()}) == len(MANY) - 1)
        await polled.until(lambda: troubled(polled, MANY[0]))
        await polled.until(lambda: polled.count("unchanged") >= len(MANY))
        assert polled.cloud.most_at_once <= FAST.at_once_per_product

    polling(work, devices=MANY, says=says)


def test_new_credentials_are_tried_at_once() -> None:
    async def work(polled: Polled) -> None:
        await polled.until(lambda: troubled(polled) == "credentials: HTTP 401")
        polled.change(secret=SECRET)
        await polled.until(polled.log.readings)

    async def wrong(polled: Polled) -> None:
        polled.change(secret="another")
        await polled.until(lambda: polled.cloud.strangers)
        await work(polled)

    polling(wrong, settings=replace(FAST, first_pause_s=60.0, longest_pause_s=60.0), says=lambda one: state(one, AT_MS))


def test_a_secret_that_cannot_be_read_is_told_and_asks_nobody() -> None:
    async def work(polled: Polled) -> None:
        polled.change(secret="")
        await polled.until(lambda: troubled(polled).startswith("secret: "))
        asked = len(polled.cloud.targets)
        await asyncio.sleep(0.05)
        assert len(polled.cloud.targets) == asked

    polling(work)


def test_pauses_double_up_to_the_longest_and_nobody_asks_in_step() -> None:
    assert [pause_s(n, 15.0, 600.0, 0.0, lambda: 0.0) for n in (1, 2, 3, 6, 7, 100)] == [15, 30, 60, 480, 600, 600]
    assert pause_s(3, 15.0, 600.0, 0.0, lambda: 1.0) == 45.0
    assert pause_s(1, 15.0, 600.0, 120.0, lambda: 0.5) == 120.0, "as long as the cloud asks for"
    assert pause_s(1, 15.0, 600.0, 86_400.0, lambda: 0.5) == 600.0, "but not for ever"
    assert (next_s(60.0, lambda: 0.0), next_s(60.0, lambda: 0.5)) == (54.0, 60.0)
    assert (first_s(60.0, lambda: 0.0), first_s(60.0, lambda: 0.5)) == (0.0, 30.0)


def test_after_an_outage_the_waiting_questions_come_one_by_one_within_a_period() -> None:
    rolls = iter([n / 16 for n in range(16)] * 10)
    questions = Questions(60.0, PollSettings(), lambda: next(rolls))
    questions.want([f"d-{i}" for i in range(16)], 1, 0.0)
    first = questions.take(1.0)
    assert first is not None
    questions.failed(first, 1.0, wait_s=0.0, of_cloud=True)
    assert questions.take(5.0) is None, "the cloud is left in peace"
    probe = questions.take(600.0)
    assert probe is not None
    assert questions.take(600.0) is None, "a single question tries it"
    questions.answered(probe, 600.0)
    due = [one for one in (questions.take(630.0) for _ in range(20)) if one is not None]
    assert 0 < len(due) <= PollSettings().at_once_per_product


def test_who_is_not_wanted_any_more_is_not_asked_about() -> None:
    questions = Questions(60.0, PollSettings(), lambda: 0.0)
    questions.want(["a", "b"], 1, 0.0)
    questions.want(["b"], 1, 0.0)
    taken = questions.take(1.0)
    assert taken is not None
    assert taken.device_ids == ("b",)
    assert questions.take(1.0) is None
