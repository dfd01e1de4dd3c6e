"""The dispatcher on both databases, against a real receiver: nobody is forgotten, nobody is paged after an answer."""

from __future__ import annotations

import json

import pytest

from alerts.episodes import responses
from anhu.contract.clock import MINUTE_MS
from anhu.outbox.tables import Outbox, Receipt
from anhu.registry.tables import Centre, Resident
from notify.channels.webhook.fake import WebhookServer
from notify.dispatcher import Dispatcher
from tests.api.world import NOW_MS, World
from tests.notify.playing import answers, play, states, step_once


def test_a_fall_reaches_the_centre_with_little_about_the_person(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(receiver.url)
    alert = either_world.raise_alert("r-ours", late=True)
    step_once(either_world)
    (call,) = receiver.calls
    body = json.loads(call.body)
    assert body["type"] == "alert.raised"
    assert (body["alert_id"], body["kind"], body["priority"], body["late"]) == (alert, "fall", "high", True)
    assert body["resident_name"] == "张*三"
    assert body["link"] == f"https://desk.example/desk?alert={alert}"
    assert body["subject"] == "【安护】跌倒：张*三（高）"
    assert "2026-11-23 12:00:00 (UTC+0800)" in body["text"]
    assert "延迟上报" in body["text"]
    for private in ("张小三", "幸福里", "13800000000", "key at 502", "signing-secret", "1941"):
        assert private not in call.body.decode()
    assert states(either_world) == [("sent", 1)]
    with either_world.sessions() as session:
        (receipt,) = session.query(Receipt)
        assert (receipt.state, receipt.detail, receipt.at_ms) == ("sent", "HTTP 204", NOW_MS)


@pytest.mark.parametrize("whose", ["the home's", "the centre's"])
def test_a_message_tells_the_time_at_the_home(either_world: World, receiver: WebhookServer, whose: str) -> None:
    with either_world.sessions.begin() as session:
        home = session.get_one(Resident, "r-ours")
        place = home if whose == "the home's" else session.get_one(Centre, home.centre_id)
        place.time_zone = "Europe/Berlin"
    either_world.contact(receiver.url)
    either_world.raise_alert("r-ours")
    step_once(either_world)
    assert "2026-11-23 05:00:00 (UTC+0100)" in json.loads(receiver.calls[0].body)["text"]


def test_the_message_speaks_the_recipients_language(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url, language="en")
    world.raise_alert("r-ours")
    step_once(world)
    assert json.loads(receiver.calls[0].body)["subject"] == "[Anhu] Fall: 张*三 (high)"


def test_a_crashed_message_is_not_sent_after_an_answer(either_world: World, receiver: WebhookServer) -> None:
    either_world.contact(receiver.url)
    alert = either_world.raise_alert("r-ours")
    with either_world.sessions.begin() as session:
        row = session.query(Outbox).one()
        row.state, row.attempts, row.lease_until_ms = "sending", 1, NOW_MS + 1_000
        responses.acknowledge(session, alert, actor="u-desk", now_ms=NOW_MS)
    either_world.clock.forward(4 * MINUTE_MS)
    step_once(either_world)
    assert receiver.calls == []
    assert states(either_world) == [("cancelled", 1)]


def test_an_answer_in_the_very_moment_stops_what_is_not_yet_sent(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    world.answer_behind(world.raise_alert("r-ours"))
    step_once(world)
    assert receiver.calls == []
    assert states(world) == [("cancelled", 0)]


def test_an_answer_while_it_is_sent_stops_the_next_attempt(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    alert = world.raise_alert("r-ours")
    receiver.replies = answers(503)

    def answer() -> None:
        with world.sessions.begin() as session:
            responses.acknowledge(session, alert, actor="u-desk", now_ms=NOW_MS)

    receiver.before_answer = answer
    step_once(world)
    assert states(world) == [("cancelled", 1)]
    world.clock.forward(MINUTE_MS * 4)
    step_once(world)
    assert len(receiver.calls) == 1


def test_worsening_is_told_although_somebody_is_on_scene(world: World, receiver: WebhookServer) -> None:
    world.contact(receiver.url)
    alert = world.raise_alert("r-ours", "fall")
    with world.sessions.begin() as session:
        responses.on_scene(session, alert, actor="u-desk", now_ms=NOW_MS)
    world.raise_alert("r-ours", "long_lie")
    step_once(world)
    (call,) = receiver.calls
    assert json.loads(call.body)["type"] == "alert.worsened"


def test_a_call_for_help_does_not_wait_behind_a_storm_at_the_same_contact(
    either_world: World, receiver: WebhookServer
) -> None:
    either_world.contact(receiver.url)
    for kind in ("water_leak", "room_temperature", "no_motion", "bathroom_dwell", "bed_exit", "not_up"):
        either_world.raise_alert("r-ours", kind)

    async def scene(dispatcher: Dispatcher) -> None:
        storm = dispatcher._due_work.lease(either_world.clock.now_ms(), 32, 24, [])
        assert len(storm) == 4, "no more to one contact at once"
        either_world.raise_alert("r-ours", "sos")
        (job,) = dispatcher._due_work.lease(either_world.clock.now_ms(), 28, 20, storm)
        assert job.message.data["kind"] == "sos"

    play(either_world, scene)
