from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre, create_team
from anhu.registry.rota.on_call import Because, on_call
from anhu.registry.rota_tables import LeaveRow, RotaChange, RotaRow, RotaShift
from anhu.registry.users import create_user
from tests.anhu.registry.rota.rotas import at

NOON = at("2026-12-01 12:00")


@pytest.fixture
def session(empty_url: str) -> Iterator[Session]:
    upgrade(empty_url)
    sessions = open_sessions(empty_url)
    with sessions.begin() as session:
        create_centre(session, name="x", centre_id="c")
        create_centre(session, name="y", centre_id="other")
        create_team(session, name="t", team_id="t")
        for name in "abc":
            create_user(session, login=f"user-{name}", user_id=name, name=name, role="desk", centre_id="c")
        create_user(session, login="user-z", user_id="z", name="z", role="desk", centre_id="other")
        create_user(session, login="gp-1", user_id="gp", name="gp", role="team", team_id="t")
        create_user(session, login="chief", user_id="chief", name="chief", role="admin")
        yield session
    close_sessions(sessions)


def make_rota(session: Session, **shift: object) -> None:
    session.add(
        RotaRow(id="ro", owner_kind="centre", owner_id="c", time_zone="Asia/Shanghai", covers="always", workdays="cn")
    )
    session.flush()
    usual: dict[str, object] = {
        "days": "1234567", "start_minute": 480, "end_minute": 1200, "anchor": "2026-11-30", "crews": [["b", "a"]],
    }  # fmt: skip
    session.add(RotaShift(id="sh", rota_id="ro", name="day", position=0, **(usual | shift)))
    session.flush()


def test_without_a_rota_all_who_are_enabled_there_are_on_call_and_nobody_else(session: Session) -> None:
    assert on_call(session, "centre", "c", NOON).members == ("a", "b", "c")
    assert on_call(session, "team", "t", NOON).members == ("gp",)
    assert on_call(session, "centre", "nowhere", NOON).is_gap


def test_the_rota_says_who_and_in_which_order(session: Session) -> None:
    make_rota(session)
    found = on_call(session, "centre", "c", NOON)
    assert (found.members, found.because) == (("b", "a"), Because.SHIFT)
    night = on_call(session, "centre", "c", at("2026-12-01 21:00"))
    assert (night.members, night.because, night.is_gap) == (("a", "b", "c"), Because.GAP, True)


def test_leave_and_changes_of_the_day_count(session: Session) -> None:
    make_rota(session)
    leave = {"id": "l", "user_id": "b", "from_day": "2026-12-01", "until_day": "2026-12-01"}
    session.add(LeaveRow(**leave, set_by="a", set_at_ms=0))
    session.flush()
    assert on_call(session, "centre", "c", NOON).members == ("a",)
    assert on_call(session, "centre", "c", at("2026-12-02 12:00")).members == ("b", "a")
    change = {"id": "x", "rota_id": "ro", "shift_id": "sh", "day": "2026-12-01", "crew": ["c"]}
    session.add(RotaChange(**change, since_ms=NOON, set_by="a", set_at_ms=NOON))
    session.flush()
    assert on_call(session, "centre", "c", NOON - 1).members == ("a",)
    assert on_call(session, "centre", "c", NOON).members == ("c",)


def test_who_is_disabled_or_moved_away_is_not_on_call_whatever_the_shift_says(session: Session) -> None:
    make_rota(session, crews=[["z", "b", "nobody"]])
    assert on_call(session, "centre", "c", NOON).members == ("b",)


def test_an_alarm_waits_for_three_statements_at_most(session: Session) -> None:
    make_rota(session)
    asked: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    on_call(session, "centre", "c", NOON)
    on_call(session, "team", "t", NOON)
    assert len(asked) == 3 + 2
