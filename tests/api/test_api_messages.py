"""Threads between family, desk and team: who reads, who is told, what sounds like help, what comes twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest

from alerts.tables import Alert
from anhu.contract.clock import DAY_MS, HOUR_MS, MINUTE_MS
from anhu.outbox.tables import Outbox
from anhu.registry.care_tables import CareMessage
from anhu.registry.tables import Audit, Contact, Resident, User
from api.services.message_news import not_at_night
from api.services.messages import MOST_A_MINUTE
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.world import NOW_MS, Site, World, serve

THREAD = "/api/v1/residents/r-ours/messages"


@pytest.fixture
def either(either_world: World, store: SqliteStoreQuery) -> Iterator[Site]:
    with serve(either_world, store) as served:
        yield served


def message(text: str, key: str = "key-00000001", **more: object) -> dict[str, object]:
    return {"text": text, "key": key, **more}


def test_family_desk_and_team_write_in_one_thread_and_each_has_an_own_mark(either: Site) -> None:
    with either.program("family") as family, either.program("desk") as desk, either.program("team") as team:
        assert family.post(THREAD, json=message("I visit on Sunday")).status_code == 201
        assert desk.get("/api/v1/messages/unread").json() == {"messages": 1, "residents": 1}
        shown = desk.get(THREAD).json()
        assert [(one["name"], one["role"], one["text"]) for one in shown["messages"]] == [
            ("the family", "family", "I visit on Sunday")
        ]
        newest = shown["messages"][-1]["id"]
        assert desk.post(f"{THREAD}/read", json={"message_id": newest}).status_code == 204
        assert desk.post(THREAD, json=message("We tell her", "key-00000002")).status_code == 201
        assert [client.get("/api/v1/messages/unread").json()["messages"] for client in (desk, family, team)] == [
            0,
            1,
            2,
        ]
        threads = team.get("/api/v1/messages").json()
        assert [(one["resident_name"], one["unread"], one["last_text"]) for one in threads] == [
            ("张小三", 2, "We tell her")
        ]
        assert desk.post(f"{THREAD}/read", json={"message_id": 0}).status_code == 204  # it never goes back
        assert desk.get("/api/v1/messages/unread").json()["messages"] == 0
    with either.world.sessions() as session:
        actions = [row.action for row in session.query(Audit).order_by(Audit.id) if row.action.startswith("message.")]
        texts = [str(row.detail) for row in session.query(Audit)]
    assert actions.count("message.write") == 2
    assert "message.read" in actions
    assert not any("Sunday" in text for text in texts)


def test_a_mark_beyond_the_newest_message_does_not_hide_what_is_written_later(site: Site) -> None:
    with site.program("family") as family, site.program("desk") as desk:
        family.post(THREAD, json=message("one"))
        desk.post(f"{THREAD}/read", json={"message_id": 10**9})
        family.post(THREAD, json=message("two", "key-00000002"))
        assert desk.get("/api/v1/messages/unread").json()["messages"] == 1


def test_a_desk_is_told_of_a_month_a_team_of_all_and_a_thread_shows_what_is_unread(site: Site) -> None:
    with site.program("family") as family, site.program("desk") as desk, site.program("team") as team:
        family.post(THREAD, json=message("long ago"))
        with site.world.sessions.begin() as session:
            session.query(CareMessage).update({CareMessage.at_ms: NOW_MS - 40 * DAY_MS})
        told = [client.get("/api/v1/messages/unread").json()["messages"] for client in (desk, team)]
        assert told == [0, 1]
        assert [one["unread"] for one in desk.get("/api/v1/messages").json()] == [1]


@pytest.mark.parametrize("at_once", [False, True])
def test_what_is_sent_twice_under_one_key_is_said_once(either: Site, at_once: bool) -> None:  # noqa: FBT001 - a case
    with either.program("family") as family:
        sent = [lambda: family.post(THREAD, json=message("救命，她摔倒了"))] * 6
        with ThreadPoolExecutor(6 if at_once else 1) as pool:
            answers = list(pool.map(lambda act: act(), sent))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
    with either.world.sessions() as session:
        assert session.query(CareMessage).count() == 1
        assert [alert.repeats for alert in session.query(Alert)] == [0]


def test_words_for_help_raise_one_medium_alarm_that_pages_the_desk(either: Site) -> None:
    either.world.contact("https://desk.example/hook")
    with either.program("family") as family, either.program("desk") as desk:
        first = family.post(THREAD, json=message("妈妈摔倒了，快来人")).json()
        either.world.clock.forward(1_000)
        again = family.post(THREAD, json=message("救命！", "key-00000002")).json()
        assert first["alert_id"] == again["alert_id"] != ""
        alert = desk.get(f"/api/v1/alerts/{first['alert_id']}").json()
        assert (alert["kind"], alert["priority"], alert["repeats"]) == ("help_in_message", "medium", 1)
        assert "摔倒" in alert["evidence"]["words"]
        assert "救命" in alert["evidence"]["words"]
        closed = {"outcome": "false", "family_note": "x"}
        assert desk.post(f"/api/v1/alerts/{alert['id']}/close", json=closed).status_code == 200
        either.world.clock.forward(MINUTE_MS)
        later = family.post(THREAD, json=message("救命", "key-00000003")).json()
        assert later["alert_id"] not in {"", alert["id"]}
    with either.world.sessions() as session:
        assert {row.reason for row in session.query(Outbox).filter_by(subject_kind="alert")} == {"raised"}


@pytest.mark.parametrize(("role", "text"), [("desk", "她摔倒了吗？"), ("family", "明天我去看她"), ("team", "没有摔倒")])
def test_a_question_of_the_desk_and_an_everyday_message_raise_nothing(site: Site, role: str, text: str) -> None:
    with site.program(role) as client:
        assert client.post(THREAD, json=message(text)).json()["alert_id"] == ""


def test_a_message_about_somebody_who_is_watched_no_more_says_that_it_raised_nothing(site: Site) -> None:
    with site.world.sessions.begin() as session:
        session.get_one(Resident, "r-ours").active = False
    with site.program("family") as family:
        answer = family.post(THREAD, json=message("救命"))
        assert (answer.status_code, answer.json()["alert_id"]) == (201, "")


def test_who_writes_too_much_is_held_back_but_never_from_calling_for_help(site: Site) -> None:
    with site.program("family") as family:
        codes = [family.post(THREAD, json=message("x", f"key-{n:08}")).status_code for n in range(MOST_A_MINUTE + 2)]
        assert codes == [201] * MOST_A_MINUTE + [429] * 2
        assert family.post(THREAD, json=message("救命", "key-help")).json()["alert_id"]
        site.world.clock.forward(MINUTE_MS)
        assert family.post(THREAD, json=message("x", "key-later")).status_code == 201


def test_nobody_of_another_family_reads_or_writes(site: Site) -> None:
    with site.world.sessions.begin() as session:
        session.query(User).filter_by(id="u-family").one()
        session.add(CareMessage(resident_id="r-theirs", user_id="u-admin", at_ms=NOW_MS, text="secret", key="k"))
    with site.program("family") as family, site.program("vendor") as vendor:
        theirs = "/api/v1/residents/r-theirs/messages"
        assert family.get(theirs).status_code == 404
        assert family.post(theirs, json=message("x")).status_code == 404
        assert family.post(f"{theirs}/read", json={"message_id": 1}).status_code == 404
        assert family.get("/api/v1/messages").json() == []
        assert family.get("/api/v1/messages/unread").json() == {"messages": 0, "residents": 0}
        assert vendor.get("/api/v1/messages").status_code == 403


def test_readers_are_told_once_until_they_read_and_not_at_night(either: Site) -> None:
    with either.world.sessions.begin() as session:
        for owner in ("u-family", "u-team"):
            session.add(
                Contact(id=f"k-{owner}", owner_kind="user", owner_id=owner, channel="email", address="a@example.org")
            )
        session.add(
            Contact(id="k-desk", owner_kind="centre", owner_id="ours", channel="email", address="d@example.org")
        )
    either.world.clock.forward(10 * HOUR_MS)  # 22:00 at home
    with either.program("desk") as desk, either.program("family") as family:
        for n in range(3):
            desk.post(THREAD, json=message("x", f"key-{n:08}"))
        with either.world.sessions() as session:
            rows = session.query(Outbox).order_by(Outbox.contact_id).all()
            assert [(row.contact_id, row.subject_kind) for row in rows] == [
                ("k-u-family", "new_message"),
                ("k-u-team", "new_message"),
            ]
            assert {row.due_at_ms for row in rows} == {NOW_MS + 20 * HOUR_MS}  # 08:00
        newest = family.get(THREAD).json()["messages"][-1]["id"]
        family.post(f"{THREAD}/read", json={"message_id": newest})
        desk.post(THREAD, json=message("news", "key-after"))
    with either.world.sessions() as session:
        assert session.query(Outbox).filter_by(contact_id="k-u-family").count() == 2
        assert session.query(Outbox).filter_by(contact_id="k-u-team").count() == 1


@pytest.mark.parametrize(("hour", "waits_h"), [(7, 1), (8, None), (12, None), (20, None), (21, 11), (23, 9), (0, 8)])
def test_a_hint_waits_for_the_morning(hour: int, waits_h: int | None) -> None:
    now_ms = NOW_MS + (hour - 12) * HOUR_MS
    due_ms = not_at_night(now_ms, ZoneInfo("Asia/Shanghai"))
    assert due_ms == (None if waits_h is None else now_ms + waits_h * HOUR_MS)


def test_a_thread_is_read_in_pages(site: Site) -> None:
    with site.world.sessions.begin() as session:
        for n in range(120):
            session.add(CareMessage(resident_id="r-ours", user_id="u-desk", at_ms=n, text=str(n), key=str(n)))
    with site.program("family") as family:
        seen: list[str] = []
        before: dict[str, int] = {}
        for _ in range(3):
            part = family.get(THREAD, params=before).json()
            seen = [one["text"] for one in part["messages"]] + seen
            before = {"before": part["messages"][0]["id"]}
        assert seen == [str(n) for n in range(120)]
        assert part["more"] is False
