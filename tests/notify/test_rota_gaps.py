"""A gap in a rota is told before it happens, once at a time, and to somebody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.registry.rota.leave import end_leave, take_leave
from anhu.registry.rota_tables import LeaveRow, RotaGapRow, RotaRow
from anhu.registry.tables import Contact, User
from notify.channels.webhook.fake import WebhookServer
from notify.subjects.rota_gap import RotaGapSubject
from tests.anhu.registry.rota.rotas import at
from tests.anhu.registry.rota.written import write_rota
from tests.api.world import World
from tests.notify.playing import step_once

NIGHT = "2026-11-26"


@pytest.fixture
def desk(either_world: World, receiver: WebhookServer) -> World:
    """A desk whose lead has a webhook."""
    with either_world.sessions.begin() as session:
        write_rota(session)
        session.add(lead_contact(receiver))
    return either_world


def lead_contact(receiver: WebhookServer, *, owner: str = "u-zhao", name: str = "k-lead") -> Contact:
    facts = {"channel": "webhook", "address": receiver.url, "min_priority": 0, "language": "en", "enabled": True}
    return Contact(id=name, owner_kind="user", owner_id=owner, secret="s", **facts)


def be_away(world: World, user: str = "u-li", day: str = NIGHT) -> None:
    with world.sessions.begin() as session:
        take_leave(session, user_id=user, from_day=day, until_day=day, note="", set_by=user, now_ms=1)


def said(receiver: WebhookServer) -> list[Mapping[str, Any]]:
    return [json.loads(call.body) for call in receiver.calls]


def reasons(receiver: WebhookServer) -> list[tuple[str, str]]:
    return [(one["reason"], one["starts_at"]) for one in said(receiver)]


def test_a_rota_without_gaps_says_nothing(desk: World, receiver: WebhookServer) -> None:
    step_once(desk)
    assert said(receiver) == []


def test_a_gap_is_told_when_found_a_day_ahead_and_when_it_begins_each_once(
    desk: World, receiver: WebhookServer
) -> None:
    be_away(desk)
    for _ in range(3):
        step_once(desk)
        desk.clock.forward(10 * MINUTE_MS)
    first = at(f"{NIGHT} 00:00")
    evening = at(f"{NIGHT} 20:00")
    assert reasons(receiver) == [("ahead", "2026-11-25T16:00:00.000Z")], "the end of the night before is the first"
    assert "1 more new gaps" in json.dumps(said(receiver)[0]), "and the night itself is another"
    for moment in (first - DAY_MS, first - DAY_MS + HOUR_MS, evening - DAY_MS, first, first + HOUR_MS, evening):
        desk.clock.set(moment)
        step_once(desk)
    night, evening_before = "2026-11-26T12:00:00.000Z", "2026-11-25T16:00:00.000Z"
    assert sorted(reasons(receiver)) == sorted(
        [("ahead", evening_before)]
        + [(reason, start) for reason in ("soon", "now") for start in (night, evening_before)]
    )


def test_the_message_names_the_desk_the_time_who_is_missing_and_what_happens(
    desk: World, receiver: WebhookServer
) -> None:
    be_away(desk)
    step_once(desk)
    desk.clock.set(at(f"{NIGHT} 20:00"))
    step_once(desk)
    letter = next(one for one in said(receiver) if one["starts_at"].startswith("2026-11-26"))
    assert letter["owner"] == "centre:ours"
    whole = json.dumps(letter, ensure_ascii=False)
    assert "centre ours" in whole
    assert "2026-11-26 20:00" in whole
    assert "李强 is on leave" in whole
    assert "https://desk.example/rota?owner=centre%3Aours" in whole


def test_a_gap_that_was_filled_is_not_told_any_more(desk: World, receiver: WebhookServer) -> None:
    be_away(desk)
    step_once(desk)
    with desk.sessions.begin() as session:
        end_leave(session, session.scalars(select(LeaveRow)).one())
    desk.clock.set(at(f"{NIGHT} 21:00"))
    step_once(desk)
    assert {reason for reason, _ in reasons(receiver)} == {"ahead"}
    with desk.sessions() as session:
        assert {row.closed for row in session.scalars(select(RotaGapRow))} == {True}


def test_who_is_disabled_without_a_word_makes_a_gap_within_minutes(desk: World, receiver: WebhookServer) -> None:
    step_once(desk)
    with desk.sessions.begin() as session:
        session.get_one(User, "u-wang").enabled = False
    desk.clock.forward(5 * MINUTE_MS)
    step_once(desk)
    assert sorted(reason for reason, _ in reasons(receiver)) == ["ahead", "now", "soon"], "not one for each of 14 days"
    assert "王芳 is disabled" in json.dumps(said(receiver), ensure_ascii=False)


def test_without_a_lead_the_desk_itself_is_told_and_without_that_an_administrator(
    either_world: World, receiver: WebhookServer
) -> None:
    with either_world.sessions.begin() as session:
        write_rota(session)
    be_away(either_world)
    step_once(either_world)
    assert said(receiver) == []
    with either_world.sessions.begin() as session:
        session.add(lead_contact(receiver, owner="u-admin"))
    either_world.clock.forward(5 * MINUTE_MS)
    step_once(either_world)
    assert len(said(receiver)) == 1, "what nobody could be told is told as soon as somebody can be"
    either_world.contact(receiver.url)
    be_away(either_world, "u-wang", "2026-11-28")
    step_once(either_world)
    with either_world.sessions() as session:
        newest = session.scalars(select(RotaGapRow).where(RotaGapRow.start_ms >= at("2026-11-28 00:00"))).all()
    assert [row.told for row in newest] == ["ahead"]
    assert len(said(receiver)) == 2


def test_a_clock_that_was_set_back_does_not_put_a_look_off(desk: World) -> None:
    step_once(desk)
    with desk.sessions.begin() as session:
        RotaGapSubject().clock_set_back(session, 1000, DAY_MS)
    with desk.sessions() as session:
        assert session.scalars(select(RotaRow.look_at_ms)).all() == [1000]
