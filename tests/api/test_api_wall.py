"""Who may make a browser a wall screen: somebody who answers alarms and has logged in."""

from __future__ import annotations

import pytest

from anhu.registry.tables import Token
from api.services.login import SESSION_MS
from tests.anhu.registry.rota.written import write_rota
from tests.api.world import NOW_MS, Site


@pytest.mark.parametrize("role", ["desk", "team", "family", "vendor", "admin"])
def test_no_program_makes_a_wall_screen(site: Site, role: str) -> None:
    with site.program(role) as program:
        answer = program.post("/desk/wall/start")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("role", ["family", "vendor"])
def test_who_answers_no_alarms_sees_no_wall(site: Site, role: str) -> None:
    with site.program(role) as program:
        assert program.get("/desk/wall").status_code == 403
        assert program.get("/desk/wall/state.json").status_code == 403


def on_duty(site: Site) -> tuple[str, bool]:
    with site.browser("desk") as desk:
        said = desk.get("/desk/wall/state.json").json()
    return said["on_duty"], said["is_answered"]


def test_the_wall_names_who_is_on_duty_by_the_rota_and_who_of_them_is_not_logged_in(site: Site) -> None:
    assert on_duty(site) == ("the desk", True)
    with site.world.sessions.begin() as session:
        write_rota(session)
    assert on_duty(site) == ("王芳（未登录）", False)
    with site.world.sessions.begin() as session:
        lasts = {"created_at_ms": NOW_MS, "expires_at_ms": NOW_MS + SESSION_MS}
        session.add(Token(sha256=bytes(32), user_id="u-wang", purpose="session", label="", **lasts))
    assert on_duty(site) == ("王芳", True)
