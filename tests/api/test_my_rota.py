"""One's own shifts over HTTP: swaps that both accept, leave, and a calendar that needs no login."""

from __future__ import annotations

from typing import Any

import httpx
import icalendar
import pytest
from sqlalchemy import select

from anhu.contract.clock import DAY_MS
from anhu.registry.rota_tables import CalendarAddress
from anhu.registry.tables import Token, User
from api.security.viewers import token_digest
from notify.rota_watch import look_at_one
from tests.anhu.registry.rota.rotas import at
from tests.anhu.registry.rota.written import write_rota
from tests.api.test_rota import get, on_call
from tests.api.world import NOW_MS, Site

TODAY, TOMORROW = "2026-11-23", "2026-11-24"


@pytest.fixture
def desk(site: Site) -> Site:
    """Monday noon; Wang has the day, Li the night, Zhao leads; another Zhao leads elsewhere."""
    with site.world.sessions.begin() as session:
        write_rota(session)
        session.add(User(id="u-far", login="far", name="far", role="desk", centre_id="theirs", is_lead=True))
        session.flush()
        for who in ("wang", "li", "zhao", "far"):
            facts = {"purpose": "api", "label": "x", "created_at_ms": NOW_MS, "expires_at_ms": NOW_MS + 99 * DAY_MS}
            session.add(Token(sha256=token_digest(f"token-{who}"), user_id=f"u-{who}", **facts))
    return site


def post(site: Site, who: str, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> httpx.Response:
    with site.program(who) as client:
        return client.request(method, f"/api/v1{path}", json=body or {})


def shift_id(site: Site, name: str) -> str:
    return str(next(one["id"] for one in get(site, "zhao")["shifts"] if one["name"] == name))


def ask(site: Site, *, day: str = TOMORROW, other: str = "u-li", **more: str) -> httpx.Response:
    body = {"shift_id": shift_id(site, "白班"), "day": day, "other_id": other} | more
    return post(site, "wang", "/me/swaps", body)


def swaps(site: Site, who: str) -> list[tuple[str, str]]:
    return [(one["asker"], one["state"]) for one in get(site, who, "/api/v1/me/rota")["swaps"]]


def who_on(site: Site, wall: str) -> list[str]:
    before = site.world.clock.now_ms()
    site.world.clock.set(at(wall))
    found = on_call(site, "zhao")[0]
    site.world.clock.set(before)
    return found


def test_my_shifts_are_those_of_the_next_four_weeks(desk: Site) -> None:
    mine = get(desk, "wang", "/api/v1/me/rota")
    assert len(mine["turns"]) == 29
    assert mine["turns"][1]["start"] == "2026-11-24T00:00:00.000Z"
    assert get(desk, "zhao", "/api/v1/me/rota")["turns"] == []


def test_a_swap_counts_when_both_have_said_yes(desk: Site) -> None:
    swap = ask(desk).json()["id"]
    assert who_on(desk, f"{TOMORROW} 12:00") == ["u-wang"], "asking changes nothing"
    assert swaps(desk, "li") == [("王芳", "asked")]
    assert post(desk, "li", f"/me/swaps/{swap}/accept").status_code == 204
    assert who_on(desk, f"{TOMORROW} 12:00") == ["u-li"]
    assert who_on(desk, "2026-11-25 12:00") == ["u-wang"]
    assert post(desk, "li", f"/me/swaps/{swap}/accept").status_code == 409, "twice is once"
    assert swaps(desk, "wang") == [("王芳", "accepted")]


def test_a_swap_in_return_exchanges_both_shifts(desk: Site) -> None:
    night = shift_id(desk, "夜班")
    swap = ask(desk, back_shift_id=night, back_day="2026-11-25").json()["id"]
    post(desk, "li", f"/me/swaps/{swap}/accept")
    assert who_on(desk, f"{TOMORROW} 12:00") == ["u-li"]
    assert who_on(desk, "2026-11-25 21:00") == ["u-wang"]
    assert who_on(desk, "2026-11-26 07:00") == ["u-wang"]
    assert who_on(desk, "2026-11-26 21:00") == ["u-li"]


def test_a_swap_accepted_late_counts_from_then_on(desk: Site) -> None:
    swap = ask(desk, day=TODAY).json()["id"]
    desk.world.clock.set(at(f"{TODAY} 15:00"))
    post(desk, "li", f"/me/swaps/{swap}/accept")
    assert who_on(desk, f"{TODAY} 14:59") == ["u-wang"]
    assert who_on(desk, f"{TODAY} 15:00") == ["u-li"]


def test_a_swap_that_nobody_answered_expires_with_its_shift(desk: Site) -> None:
    swap = ask(desk, day=TODAY).json()["id"]
    desk.world.clock.set(at(f"{TODAY} 20:00"))
    assert swaps(desk, "wang") == [("王芳", "expired")]
    assert post(desk, "li", f"/me/swaps/{swap}/accept").status_code == 409
    with desk.world.sessions.begin() as session:
        look_at_one(session, desk.world.clock.now_ms())
    assert post(desk, "li", f"/me/swaps/{swap}/accept").json()["detail"] == "this swap is expired"


def test_refused_and_withdrawn_swaps_change_nothing(desk: Site) -> None:
    refused, withdrawn = (ask(desk).json()["id"] for _ in range(2))
    assert post(desk, "li", f"/me/swaps/{refused}/refuse").status_code == 204
    assert post(desk, "wang", f"/me/swaps/{withdrawn}/withdraw").status_code == 204
    assert post(desk, "li", f"/me/swaps/{withdrawn}/accept").status_code == 409
    assert who_on(desk, f"{TOMORROW} 12:00") == ["u-wang"]
    assert sorted(swaps(desk, "li")) == [("王芳", "refused"), ("王芳", "withdrawn")]


@pytest.mark.parametrize("who", ["wang", "zhao", "desk", "team", "far", "admin"])
def test_only_the_one_who_was_asked_answers(desk: Site, who: str) -> None:
    swap = ask(desk).json()["id"]
    assert post(desk, who, f"/me/swaps/{swap}/accept").status_code == 404
    assert post(desk, "li", f"/me/swaps/{swap}/withdraw").status_code == 404


def test_a_swap_does_not_outlive_a_change_of_the_rota(desk: Site) -> None:
    swap = ask(desk).json()["id"]
    changed = {"shift_id": shift_id(desk, "白班"), "day": TOMORROW, "crew": ["u-zhao"]}
    assert post(desk, "zhao", "/rotas/centre:ours/days", changed).status_code == 204
    assert post(desk, "li", f"/me/swaps/{swap}/accept").status_code == 409
    assert who_on(desk, f"{TOMORROW} 12:00") == ["u-zhao"]


def test_nobody_is_swapped_into_a_leave_or_out_of_what_is_not_his(desk: Site) -> None:
    post(desk, "li", "/leaves", {"from_day": TOMORROW, "until_day": TOMORROW})
    assert ask(desk).status_code == 422
    assert ask(desk, other="u-wang").status_code == 422
    assert ask(desk, other="u-far").status_code == 422
    assert ask(desk, day="2026-11-22").status_code == 422, "it is over"
    night = {"shift_id": shift_id(desk, "夜班"), "day": TODAY, "other_id": "u-zhao"}
    assert post(desk, "wang", "/me/swaps", night).status_code == 422, "it is Li's"


def test_open_requests_for_swaps_are_bounded(desk: Site) -> None:
    found = [ask(desk, day=f"2026-12-{day:02d}").status_code for day in range(1, 23)]
    assert found == [201] * 20 + [422] * 2


def test_leave_is_ones_own_or_of_whom_one_leads(desk: Site) -> None:
    span = {"from_day": TOMORROW, "until_day": TOMORROW}
    mine = post(desk, "wang", "/leaves", span).json()["id"]
    assert post(desk, "zhao", "/leaves", span | {"user_id": "u-li"}).status_code == 201
    for who in ("wang", "desk", "far", "team"):
        assert post(desk, who, "/leaves", span | {"user_id": "u-li"}).status_code == 404
        if who != "wang":
            assert post(desk, who, f"/leaves/{mine}", method="DELETE").status_code == 404
    assert post(desk, "family", "/leaves", span).status_code == 403
    assert who_on(desk, f"{TOMORROW} 12:00") == ["u-desk", "u-zhao"], "a gap: all who are not away"
    assert post(desk, "wang", f"/leaves/{mine}", method="DELETE").status_code == 204
    assert who_on(desk, f"{TOMORROW} 12:00") == ["u-wang"]


@pytest.mark.parametrize("span", [("2026-11-25", "2026-11-24"), ("2026-11-25", "2028-11-25"), ("x", "y")])
def test_leave_that_is_none_is_refused(desk: Site, span: tuple[str, str]) -> None:
    assert post(desk, "wang", "/leaves", {"from_day": span[0], "until_day": span[1]}).status_code == 422


def calendar(site: Site, url: str) -> httpx.Response:
    with site.anonymous() as client:
        return client.get(url)


def test_a_calendar_program_reads_the_shifts_without_logging_in(desk: Site) -> None:
    post(desk, "wang", "/leaves", {"from_day": TOMORROW, "until_day": TOMORROW})
    url = post(desk, "wang", "/me/calendar").json()["url"]
    answer = calendar(desk, url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert "no-store" in answer.headers["cache-control"]
    found = icalendar.Calendar.from_ical(answer.content)
    assert isinstance(found, icalendar.Calendar)
    days = [event.start.strftime("%m-%d %H:%M") for event in found.events]
    assert "11-23 08:00" in days
    assert "11-24 08:00" not in days
    assert "11-25 08:00" in days
    assert found.get_missing_tzids() == set()
    assert "王秀英" not in answer.text, "shifts only: no resident is in it"


def test_an_address_is_void_when_a_new_one_is_made_or_it_is_ended_or_the_user_is(desk: Site) -> None:
    first = post(desk, "wang", "/me/calendar").json()["url"]
    second = post(desk, "wang", "/me/calendar").json()["url"]
    assert calendar(desk, first).status_code == 404
    assert calendar(desk, second).status_code == 200
    assert post(desk, "wang", "/me/calendar", method="DELETE").status_code == 204
    assert calendar(desk, second).status_code == 404
    third = post(desk, "wang", "/me/calendar").json()["url"]
    with desk.world.sessions.begin() as session:
        session.get_one(User, "u-wang").enabled = False
    assert calendar(desk, third).status_code == 404


def test_the_secret_is_nowhere_but_in_the_answer(desk: Site) -> None:
    url = post(desk, "wang", "/me/calendar").json()["url"]
    secret = url.rpartition("/")[2].removesuffix(".ics")
    assert len(secret) >= 43
    with desk.world.sessions() as session:
        (row,) = session.scalars(select(CalendarAddress))
    assert secret.encode() not in row.sha256
    assert row.sha256 == token_digest(secret)
    assert calendar(desk, url.replace(secret, secret[:-1])).status_code == 404
    assert calendar(desk, "/calendar/.ics").status_code == 404


def test_a_calendar_is_not_for_those_who_have_no_shifts(desk: Site) -> None:
    assert post(desk, "admin", "/me/calendar").status_code == 404
    assert post(desk, "family", "/me/calendar").status_code == 403


def test_what_cannot_be_is_said_in_the_language_of_the_page(desk: Site) -> None:
    swap = ask(desk).json()["id"]
    with desk.program("li") as client:
        path, chinese = f"/api/v1/me/swaps/{swap}/accept", {"Accept-Language": "zh-CN"}
        assert client.post(path, json={}).status_code == 204
        assert client.post(path, json={}, headers=chinese).json()["detail"] == "此换班已有答复、已撤回或已过期"
        assert client.post(path, json={}, headers={"Accept-Language": "en"}).json()["detail"] == "this swap is accepted"
        body = {"shift_id": shift_id(desk, "夜班"), "day": "2026-13-40", "other_id": "u-wang"}
        assert "收到" in client.post("/api/v1/me/swaps", json=body, headers=chinese).json()["detail"]
