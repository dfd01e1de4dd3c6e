"""Whom a desk calls: phones that an administrator enters are on the card in order, and no message goes there."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from anhu.outbox.tables import Outbox
from anhu.registry.facts import dialled
from anhu.registry.tables import FamilyLink, User
from tests.api.world import Site


@pytest.fixture
def with_relatives(site: Site) -> Site:
    """A son who is called first and a daughter, both relatives of ours."""
    with site.world.sessions.begin() as session:
        for user_id, name, relation, rank in (("u-d", "李娜", "daughter", 2), ("u-s", "李强", "son", 1)):
            session.add(User(id=user_id, login=user_id, name=name, role="family"))
            session.flush()
            session.add(FamilyLink(user_id=user_id, resident_id="r-ours", relation=relation, rank=rank))
    return site


def test_the_desk_calls_relatives_in_order_and_nobody_writes_to_a_telephone(with_relatives: Site) -> None:
    site = with_relatives
    owners = {"user:u-d": "+86 139 0000 0000", "user:u-s": "１３８００１３８０００", "team:ours": "0571-8888 转 12"}
    with site.program("admin") as admin, site.program("desk") as desk, site.program("team") as team:
        for owner, number in owners.items():
            kind, _, owner_id = owner.partition(":")
            body = {"owner_kind": kind, "owner_id": owner_id, "channel": "tel", "address": number}
            answer = admin.post("/api/v1/contacts", json=body)
            assert answer.status_code == 201, answer.text
            assert answer.json()["secret"] == ""
        site.world.raise_alert("r-ours")
        page = desk.get("/desk/queue").text
        dials = ("tel:13800138000", "tel:13900000000", "tel:05718888;ext=12")
        places = [page.index(f'href="{dial}"') for dial in dials]
        assert places == sorted(places), "the son before the daughter before the doctors"
        assert "李强" in page
        assert team.get("/api/v1/gaps").status_code == 403
        gaps = {gap["kind"]: gap for gap in admin.get("/api/v1/gaps").json()}
        assert "r-ours" in [one["id"] for one in gaps["resident_untold"]["first"]], "a telephone is told nothing"
    with site.world.sessions() as session:
        assert session.scalars(select(Outbox.id)).all() == []


@pytest.mark.parametrize(
    ("written", "dials"),
    [
        ("13800138000", "13800138000"),
        ("+86 571 8888 0000", "+8657188880000"),
        ("(0571) 8888-0000 转 12", "057188880000;ext=12"),
        ("0571 8888 x3", "05718888;ext=3"),
        ("1-800-555-0100 ext. 7", "18005550100;ext=7"),
        ("010 8888,9", "0108888;ext=9"),
    ],
)
def test_a_telephone_dials_what_people_write(written: str, dials: str) -> None:
    assert dialled(written) == dials
