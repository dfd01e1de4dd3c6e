"""Every page that shows health says in the audit who looked at whom; a refused look leaves no such line."""

from __future__ import annotations

import pytest

from anhu.registry.tables import Audit, FamilyLink, Resident, User
from tests.api.world import Site, World

KEY = "key-of-the-test"
ABOUT_ONE = (
    ("GET", "/residents/r-{}/card", "resident.card"),
    ("GET", "/residents/r-{}/sheet", "sheet.read"),
    ("GET", "/residents/r-{}/messages", "message.read"),
    ("GET", "/residents/r-{}/requests", "request.read"),
    ("GET", "/api/v1/residents/r-{}/record", "resident.record"),
    ("POST", "/api/v1/policies/preview", "policy.preview"),
)
ABOUT_MANY = (
    ("/worklist", "worklist", {"residents": ["r-ours"]}),
    ("/figures?by=model&kind=fall&team_id=ours", "figures.read", {"team_id": "ours", "kind": "fall"}),
)


def lines(world: World) -> list[Audit]:
    with world.sessions() as session:
        return session.query(Audit).filter(Audit.action.not_like("access.%"), Audit.action != "login").all()


@pytest.mark.parametrize(("method", "path", "action"), ABOUT_ONE)
def test_a_look_at_one_names_him(site: Site, world: World, method: str, path: str, action: str) -> None:
    with world.sessions.begin() as session:
        session.get_one(User, "u-team").is_lead = True
    with site.program("team") as team:
        for side, status in (("theirs", 404), ("ours", 200)):
            body = {"resident_id": f"r-{side}"} if method == "POST" else None
            assert team.request(method, path.format(side), json=body).status_code == status
    looks = [one for one in lines(world) if one.action == action]
    assert [(one.user_id, one.resident_id) for one in looks] == [("u-team", "r-ours")]
    assert [one for one in lines(world) if one.resident_id == "r-theirs"] == []


@pytest.mark.parametrize(("path", "action", "detail"), ABOUT_MANY)
def test_a_look_at_many_says_at_whom(
    site: Site, world: World, path: str, action: str, detail: dict[str, object]
) -> None:
    with site.program("team") as team:
        assert team.get(path).status_code == 200
    (look,) = [one for one in lines(world) if one.action == action]
    assert look.user_id == "u-team"
    assert look.detail.items() >= detail.items()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("messages", {"text": "fine"}),
        ("requests", {"kind": "meal", "text": "soup"}),
        ("family-words", {"what": "going"}),
    ],
)
def test_an_old_key_opens_nothing_of_whom_one_may_see_no_more(
    site: Site, world: World, path: str, body: dict[str, str]
) -> None:
    with world.sessions.begin() as session:
        session.add(FamilyLink(user_id="u-family", resident_id="r-theirs"))
    with site.program("family") as family:
        first = family.post(f"/api/v1/residents/r-theirs/{path}", json=body | {"key": KEY})
        assert first.status_code in {200, 201}
        with world.sessions.begin() as session:
            session.delete(session.get_one(FamilyLink, ("u-family", "r-theirs")))
            assert session.get_one(Resident, "r-theirs").active
        assert family.post(f"/api/v1/residents/r-theirs/{path}", json=body | {"key": KEY}).status_code == 404
        again = family.post(f"/api/v1/residents/r-ours/{path}", json=body | {"key": KEY})
        assert again.status_code == 409
        assert "r-theirs" not in again.text
