"""Who can be reached, read from the rows: who is on call by the rota, who is on leave, who is the first relative."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from alerts.episodes.policies.policy import Party
from alerts.episodes.policies.ways import who_is_who
from alerts.episodes.policies.who import ways_of
from anhu.contract.priority import Priority
from anhu.registry.contacts import create_contact
from anhu.registry.rota_tables import LeaveRow, RotaRow, RotaShift
from anhu.registry.tables import Contact, Resident, User
from anhu.registry.users import create_user

Sessions = sessionmaker[Session]
AT_MS = 1_795_892_400_000  # 2026-11-28T19:00:00Z
SHIFT = {"name": "x", "position": 0, "days": "1234567", "start_minute": 0, "end_minute": 0, "anchor": "2026-11-23"}


def reached(sessions: Sessions, party: Party, priority: Priority = Priority.HIGH) -> list[str]:
    with sessions() as session:
        who = who_is_who(session, session.get_one(Resident, "r-1"), priority, AT_MS)
        ids = [way.contact_id for way in ways_of(party, who)]
        return sorted(session.scalars(select(Contact.address).where(Contact.id.in_(ids))))


@pytest.fixture
def staffed(town: Sessions) -> Sessions:
    """The town with three nurses and an operator who have telephones of their own."""
    with town.begin() as session:
        for login, role, duty in (
            ("ann", "team", "nurse"),
            ("bea", "team", "nurse"),
            ("cat", "team", "nurse"),
            ("dan", "desk", "operator"),
        ):
            centre, team = (None, "t-1") if role == "team" else ("c-1", None)
            made = create_user(
                session, login=login, name=login, role=role, duty=duty, user_id=login, centre_id=centre, team_id=team
            )
            create_contact(session, owner_kind="user", owner_id=made.id, channel="webhook", address=login)
    return town


def leave(sessions: Sessions, user: str) -> None:
    with sessions.begin() as session:
        days = {"from_day": "2026-11-27", "until_day": "2026-11-30"}
        session.add(LeaveRow(id=f"l-{user}", user_id=user, set_by="x", set_at_ms=1, **days))


def rota(sessions: Sessions, *crew: str) -> None:
    with sessions.begin() as session:
        facts = {"time_zone": "Asia/Shanghai", "covers": "always", "workdays": ""}
        session.add(RotaRow(id="ro", owner_kind="team", owner_id="t-1", **facts))
        session.flush()
        session.add(RotaShift(id="s", rota_id="ro", crews=[list(crew)], **SHIFT))


def test_without_a_rota_everybody_of_the_work_is_told_but_who_is_on_leave(staffed: Sessions) -> None:
    assert reached(staffed, Party.NURSE) == ["ann", "bea", "cat"]
    leave(staffed, "ann")
    assert reached(staffed, Party.NURSE) == ["bea", "cat"]
    assert reached(staffed, Party.TEAM) == ["team"], "the team's own, as ever"
    leave(staffed, "bea")
    leave(staffed, "cat")
    assert reached(staffed, Party.NURSE) == ["ann", "bea", "cat"], "nobody else is left"


def test_who_is_on_call_is_told_and_in_a_gap_everybody(staffed: Sessions) -> None:
    rota(staffed, "bea")
    assert reached(staffed, Party.NURSE) == ["bea"]
    assert reached(staffed, Party.TEAM) == ["bea", "team"]
    leave(staffed, "bea")
    assert reached(staffed, Party.NURSE) == ["ann", "cat"]
    assert reached(staffed, Party.TEAM) == ["ann", "cat", "team"]


def test_on_call_without_a_telephone_is_no_reason_to_tell_nobody(staffed: Sessions) -> None:
    rota(staffed, "bea")
    with staffed.begin() as session:
        for contact in session.scalars(select(Contact).where(Contact.owner_id == "bea")):
            contact.enabled = False
    assert reached(staffed, Party.NURSE) == ["ann", "cat"]
    with staffed.begin() as session:
        for login in ("ann", "cat"):
            session.get_one(User, login).enabled = False
    assert reached(staffed, Party.NURSE) == ["team"], "who was switched off is told nothing any more"


def test_relatives_come_by_rank_and_keep_it_without_a_telephone(staffed: Sessions) -> None:
    assert reached(staffed, Party.FAMILY_FIRST) == ["daughter"]
    assert reached(staffed, Party.FAMILY_SECOND) == ["son"]
    assert reached(staffed, Party.FAMILY) == ["daughter", "son"]
    with staffed.begin() as session:
        session.scalars(select(Contact).where(Contact.address == "daughter")).one().enabled = False
    assert reached(staffed, Party.FAMILY_FIRST) == []
    assert reached(staffed, Party.FAMILY_SECOND) == ["son"]


def test_a_resident_without_a_desk_or_a_team_has_relatives(staffed: Sessions) -> None:
    with staffed.begin() as session:
        session.get_one(Resident, "r-1").centre_id = None
        session.get_one(Resident, "r-1").team_id = None
    assert reached(staffed, Party.EVERYBODY) == ["daughter", "son"]
    assert reached(staffed, Party.CENTRE) == []
