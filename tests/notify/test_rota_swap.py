"""Who is asked to take a shift hears of it, and who asked hears the answer; each once, in the own language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from anhu.contract.priority import Priority
from anhu.registry.rota.swaps import Wanted, accept_swap, ask_swap, refuse_swap, withdraw_swap
from anhu.registry.rota_tables import RotaShift, RotaSwap
from anhu.registry.tables import Contact
from api.services.swap_news import tell_of_swap
from notify.channels.webhook.fake import WebhookServer
from tests.anhu.registry.rota.written import write_rota
from tests.api.world import World
from tests.notify.playing import step_once
from tests.notify.test_rota_gaps import lead_contact

ANSWERS = {"accepted": accept_swap, "refused": refuse_swap}


def said(receiver: WebhookServer) -> list[Mapping[str, Any]]:
    return [json.loads(call.body) for call in receiver.calls]


def ask(world: World, receiver: WebhookServer) -> str:
    """Let Wang ask Li to take tomorrow's day for Li's night after it; both have a webhook."""
    with world.sessions.begin() as session:
        row = write_rota(session)
        for user in ("u-wang", "u-li"):
            session.add(lead_contact(receiver, owner=user, name=f"k-{user}"))
        shifts = {one.name: one.id for one in session.scalars(select(RotaShift))}
        swap = ask_swap(
            session,
            row,
            asker_id="u-wang",
            other_id="u-li",
            given=Wanted(shifts["白班"], "2026-11-24"),
            back=Wanted(shifts["夜班"], "2026-11-25"),
            note="女儿家长会",
            now_ms=world.clock.now_ms(),
        )
        tell(session, swap, world)
        return swap.id


def tell(session: Session, swap: RotaSwap, world: World) -> None:
    tell_of_swap(session, swap, now_ms=world.clock.now_ms())


def answer(world: World, swap_id: str, how: str) -> None:
    with world.sessions.begin() as session:
        tell(session, ANSWERS[how](session, swap_id, by="u-li", now_ms=world.clock.now_ms()), world)


def test_who_is_asked_reads_which_shift_for_which_and_where_to_answer(
    either_world: World, receiver: WebhookServer
) -> None:
    ask(either_world, receiver)
    for _ in range(2):
        step_once(either_world)
    (letter,) = said(receiver)
    whole = json.dumps(letter, ensure_ascii=False)
    for part in ("王芳 asks you", "2026-11-24 白班", "2026-11-25 夜班", "女儿家长会", "https://desk.example/rota/mine"):
        assert part in whole
    assert letter["state"] == "asked"


@pytest.mark.parametrize(("how", "words"), [("accepted", "李强 takes your shift"), ("refused", "李强 cannot take")])
def test_who_asked_reads_the_answer(either_world: World, receiver: WebhookServer, how: str, words: str) -> None:
    swap = ask(either_world, receiver)
    step_once(either_world)
    answer(either_world, swap, how)
    step_once(either_world)
    assert [one["state"] for one in said(receiver)] == ["asked", how]
    assert words in json.dumps(said(receiver)[-1], ensure_ascii=False)


def test_what_was_answered_before_it_was_sent_is_not_asked_any_more(
    either_world: World, receiver: WebhookServer
) -> None:
    swap = ask(either_world, receiver)
    with either_world.sessions.begin() as session:
        gone = withdraw_swap(session, swap, by="u-wang", now_ms=either_world.clock.now_ms())
        tell(session, gone, either_world)
    step_once(either_world)
    assert [one["state"] for one in said(receiver)] == ["withdrawn"]


def test_who_wants_calls_for_help_only_is_told_of_no_swap(either_world: World, receiver: WebhookServer) -> None:
    swap = ask(either_world, receiver)
    step_once(either_world)
    with either_world.sessions.begin() as session:
        session.get_one(Contact, "k-u-wang").min_priority = int(Priority.HIGH)
    answer(either_world, swap, "refused")
    step_once(either_world)
    assert [one["state"] for one in said(receiver)] == ["asked"]
