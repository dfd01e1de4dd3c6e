"""Rotas over HTTP: who reads, who changes, who is on call, what a gap does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from anhu.contract.clock import DAY_MS, HOUR_MS
from anhu.registry.tables import Audit, Token, User
from api.security.viewers import token_digest
from tests.anhu.registry.rota.rotas import at
from tests.anhu.registry.rota.written import write_rota
from tests.api.world import NOW_MS, Site

OURS = "/api/v1/rotas/centre:ours"
SHIFT = {
    "name": "白班", "days": "work", "start_minute": 480, "end_minute": 1200, "crews": [["u-desk"]],
    "anchor": "2026-11-23",
}  # fmt: skip


@pytest.fixture
def desk(site: Site) -> Site:
    """Monday noon; Wang has the day, Li the night, Zhao leads."""
    with site.world.sessions.begin() as session:
        write_rota(session)
        for who in ("wang", "li", "zhao"):
            facts = {"purpose": "api", "label": "x", "created_at_ms": NOW_MS, "expires_at_ms": NOW_MS + 99 * DAY_MS}
            session.add(Token(sha256=token_digest(f"token-{who}"), user_id=f"u-{who}", **facts))
    return site


@contextmanager
def asking(site: Site, who: str) -> Iterator[httpx.Client]:
    with site.program(who) as client:
        yield client


def get(site: Site, who: str, path: str = OURS) -> Any:  # noqa: ANN401 - JSON
    with asking(site, who) as client:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def on_call(site: Site, who: str = "desk") -> tuple[list[str], str]:
    found = get(site, who, f"{OURS}/on-call")
    return [one["user_id"] for one in found["members"]], found["because"]


def test_without_a_rota_everybody_of_the_desk_is_on_call(site: Site) -> None:
    assert on_call(site) == (["u-desk"], "no_rota")
    assert get(site, "desk")["exists"] is False


def test_a_lead_makes_a_rota_and_its_shifts_and_what_is_read_is_what_was_written(desk: Site) -> None:
    with asking(desk, "zhao") as lead:
        assert lead.post(f"{OURS}/shifts", json=SHIFT | {"days": "7"}).status_code == 201
        view = lead.get(OURS).json()
        assert [one["name"] for one in view["shifts"]] == ["白班", "夜班", "白班"]
        made = view["shifts"][2]["id"]
        changed = {"name": "周日", "crews": [["u-wang"], ["u-li", "u-wang"]]}
        assert lead.put(f"{OURS}/shifts/{made}", json=SHIFT | changed).status_code == 204
        view = lead.get(OURS).json()
        assert [[one["user_id"] for one in crew] for crew in view["shifts"][2]["crews"]] == [
            ["u-wang"],
            ["u-li", "u-wang"],
        ]
        assert lead.delete(f"{OURS}/shifts/{made}").status_code == 204
    with desk.world.sessions() as session:
        said = session.scalars(select(Audit.action).where(Audit.user_id == "u-zhao", Audit.action.like("rota.%")))
        assert sorted(said) == ["rota.shift", "rota.shift", "rota.shift_end"]


@pytest.mark.parametrize("who", ["wang", "desk", "team"])
def test_a_member_reads_and_changes_nothing(desk: Site, who: str) -> None:
    with asking(desk, who) as member:
        assert member.get(OURS).json()["owner"]["may_edit"] is False
        for method, path, body in (
            ("PUT", OURS, {}),
            ("POST", f"{OURS}/shifts", SHIFT),
            ("POST", f"{OURS}/days", {"shift_id": "x", "day": "2026-11-23", "crew": []}),
        ):
            assert member.request(method, path, json=body).status_code == 403


def test_a_lead_changes_no_other_rota(desk: Site) -> None:
    with asking(desk, "zhao") as lead:
        assert lead.put("/api/v1/rotas/centre:theirs", json={}).status_code == 404
        assert lead.get("/api/v1/rotas/centre:theirs").status_code == 404
        assert lead.put("/api/v1/rotas/team:ours", json={}).status_code == 403
        assert lead.get("/api/v1/rotas/team:ours").status_code == 200, "the team that goes there is seen"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"days": ""}, "days"),
        ({"days": "8"}, "days"),
        ({"days": "holiday"[:7]}, "days"),
        ({"crews": [["u-admin"]]}, "crew"),
        ({"crews": [["nobody"]]}, "crew"),
        ({"anchor": "2026-02-30"}, "anchor"),
        ({"anchor": "0001-01-01"}, "anchor"),
        ({"from_day": "2026-12-02", "until_day": "2026-12-01"}, "until_day"),
        ({"name": "x\u202ey"}, "name"),
        ({"start_minute": 1440}, "start_minute"),
    ],
)
def test_what_makes_no_shift_is_refused_by_the_name_of_its_field(
    desk: Site, change: dict[str, Any], field: str
) -> None:
    with asking(desk, "zhao") as lead:
        answer = lead.post(f"{OURS}/shifts", json=SHIFT | change)
    assert answer.status_code == 422
    assert field in answer.text


def test_one_day_is_changed_from_now_on(desk: Site) -> None:
    day = get(desk, "zhao")["shifts"][0]["id"]
    with asking(desk, "zhao") as lead:
        body = {"shift_id": day, "day": "2026-11-23", "crew": ["u-zhao", "u-desk"]}
        assert lead.post(f"{OURS}/days", json=body).status_code == 204
        assert lead.post(f"{OURS}/days", json=body | {"day": "2020-13-01"}).status_code == 422
    assert on_call(desk) == (["u-zhao", "u-desk"], "shift")
    first, second = get(desk, "desk")["days"][0]["stints"][1]["parts"]
    assert [one["user_id"] for one in first["crew"]] == ["u-wang"], "what was, was"
    assert [one["user_id"] for one in second["crew"]] == ["u-zhao", "u-desk"]
    assert first["end"] == second["start"] == "2026-11-23T04:00:00.000Z"


def test_a_gap_calls_everybody_and_is_shown_before_it_happens(desk: Site) -> None:
    with asking(desk, "zhao") as lead:
        body = {"user_id": "u-li", "from_day": "2026-11-23", "until_day": "2026-11-23"}
        assert lead.post("/api/v1/leaves", json=body).status_code == 201
    (gap,) = get(desk, "desk")["gaps"]
    assert (gap["kind"], gap["start"], gap["end"]) == (
        "nobody",
        "2026-11-23T12:00:00.000Z",
        "2026-11-23T16:00:00.000Z",
    )
    assert gap["absent"] == [{"user_id": "u-li", "name": "李强", "absent": "leave"}]
    desk.world.clock.set(at("2026-11-23 21:00"))
    assert on_call(desk) == (["u-desk", "u-wang", "u-zhao"], "gap")
    with desk.browser("desk") as browser:
        down = browser.get("/watch.json").json()["down"]
    assert any("呼叫全体成员" in one["words"] or "everybody is called" in one["words"] for one in down)


def test_who_is_disabled_is_not_on_call_and_stays_named(desk: Site) -> None:
    with desk.world.sessions.begin() as session:
        session.get_one(User, "u-wang").enabled = False
    assert on_call(desk) == (["u-desk", "u-li", "u-zhao"], "gap")
    crew = get(desk, "desk")["shifts"][0]["crews"][0]
    assert crew == [{"user_id": "u-wang", "name": "王芳", "absent": "gone"}]


def test_a_changed_time_zone_of_the_centre_moves_no_shift(desk: Site) -> None:
    before = get(desk, "desk")["days"]
    with asking(desk, "admin") as admin:
        answer = admin.patch("/api/v1/centres/ours", json={"time_zone": "America/New_York"})
        assert answer.status_code == 200
    assert get(desk, "desk")["days"] == before


def test_a_week_beyond_the_notices_says_so_only_where_it_matters(desk: Site) -> None:
    def ends(week: str) -> bool:
        found: bool = get(desk, "zhao", f"{OURS}?week={week}")["calendar_ends"]
        return found

    assert not ends("2027-01-04"), "no shift goes by working days"
    with asking(desk, "zhao") as lead:
        lead.post(f"{OURS}/shifts", json=SHIFT)
    assert ends("2027-01-04")
    assert not ends("2026-11-23")


def test_a_week_that_is_none_is_refused(desk: Site) -> None:
    with asking(desk, "desk") as client:
        for week in ("0001-01-01", "9999-12-31", "x", "2026-02-30"):
            assert client.get(OURS, params={"week": week}).status_code == 422


def test_a_hand_over_note_is_written_by_one_and_shown_until_another_has_read_it(desk: Site) -> None:
    with asking(desk, "wang") as outgoing:
        answer = outgoing.post(f"{OURS}/notes", json={"text": "301 起夜两次\n请回访"})
        assert answer.status_code == 201
        assert outgoing.post(f"{OURS}/notes", json={"text": "  "}).status_code == 422
    assert get(desk, "li", f"{OURS}/on-call")["unread_notes"] == 1
    (note,) = get(desk, "li")["notes"]
    assert (note["by"], note["shift"], note["text"]) == ("王芳", "白班", "301 起夜两次\n请回访")
    with asking(desk, "team") as stranger:
        assert stranger.post(f"{OURS}/notes/{note['id']}/read").status_code == 403
    desk.world.clock.forward(9 * HOUR_MS)
    with asking(desk, "li") as incoming:
        assert incoming.post(f"{OURS}/notes/{note['id']}/read").status_code == 204
    (note,) = get(desk, "wang")["notes"]
    assert note["read_by"] == "李强"
    assert get(desk, "li", f"{OURS}/on-call")["unread_notes"] == 0


def test_a_rota_has_one_zone_and_its_first_shift_makes_it(site: Site) -> None:
    with site.program("admin") as admin:
        assert admin.post(f"{OURS}/shifts", json=SHIFT).status_code == 201
        assert admin.put(OURS, json={"time_zone": "Mars/Olympus"}).status_code == 422
        assert admin.put(OURS, json={"time_zone": "Asia/Urumqi", "covers": "shifts"}).status_code == 204
        assert admin.get(OURS).json()["time_zone"] == "Asia/Urumqi"
