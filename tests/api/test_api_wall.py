"""Who may make a browser a wall screen: somebody who answers alarms and has logged in."""

from __future__ import annotations

import pytest

from tests.api.world import Site


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
