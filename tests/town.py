"""One small town on both databases: fixtures of the rooms that keep rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.contacts import create_contact
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre, create_team
from anhu.registry.residents import create_resident
from anhu.registry.users import create_user, link_family


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'anhu.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def sessions(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sessionmaker[Session]]:
    """Every table and no row; the tables are made once a run and copied for each test."""
    if request.param == "sqlite":
        source = tmp_path_factory.getbasetemp() / "tables.db"
        if not source.exists():
            upgrade(f"sqlite:///{source}")
        url = f"sqlite:///{shutil.copy(source, tmp_path / 'anhu.db')}"
    else:
        url = request.getfixturevalue("postgres_copy")(upgrade)
    made = open_sessions(url)
    yield made
    close_sessions(made)


@pytest.fixture
def town(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """One centre, one team, two relatives, one resident with a wearable; a webhook for each party."""
    with sessions.begin() as session:
        create_centre(session, name="Desk", centre_id="c-1")
        create_team(session, name="Team", team_id="t-1", centre_id="c-1")
        create_resident(session, name="Zhang Guilan", now_ms=1, resident_id="r-1", centre_id="c-1", team_id="t-1")
        create_device(session, device_id="w-1", codec="open_json", now_ms=1, resident_id="r-1", secret="s" * 22)
        for rank, login in ((1, "daughter"), (2, "son")):
            user = create_user(session, login=login, name=login, role="family")
            link_family(session, user_id=user.id, resident_id="r-1", relation=login, rank=rank)
            create_contact(session, owner_kind="user", owner_id=user.id, channel="webhook", address=login)
        for kind, owner in (("centre", "c-1"), ("team", "t-1")):
            create_contact(session, owner_kind=kind, owner_id=owner, channel="webhook", address=kind)
    return sessions
