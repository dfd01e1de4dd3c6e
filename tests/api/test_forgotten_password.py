"""A forgotten password: the mail goes out through the real outbox and mail channel; nobody learns of logins."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from anhu.contract.clock import MINUTE_MS
from anhu.outbox.tables import Outbox
from anhu.registry.account_tables import AccountMessage
from anhu.registry.tables import Audit, Contact, User
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.mail_room import MailRoom, mail_room
from tests.api.world import PASSWORD, Site, World

NEW = "quiet-river-77"
LINK = re.compile(r"https://desk\.example/reset\?token=([\w-]+)")


@pytest.fixture
def room(world: World, store: SqliteStoreQuery) -> Iterator[MailRoom]:
    """A platform with a mail server, and a mail address of the doctor team's user."""
    with mail_room(world, store) as made:
        made.address("u-team", "doctor@clinic.example")
        yield made


def _ask(room: MailRoom, login: str, **headers: str) -> httpx.Response:
    with room.site.anonymous() as client:
        answer = client.post("/forgot-password", data={"login": login}, headers={"Accept": "text/html", **headers})
    room.settle()
    return answer


def _link(room: MailRoom) -> str:
    (mail,) = room.deliver()
    found = LINK.search(mail)
    assert found, mail
    return found.group(1)


def _set(room: MailRoom, token: str, password: str = NEW) -> httpx.Response:
    with room.site.anonymous() as client:
        form = {"token": token, "password": password, "again": password}
        return client.post("/reset", data=form, headers={"Accept": "text/html"})


def _logs_in(room: MailRoom, password: str) -> bool:
    with room.site.anonymous() as client:
        return client.post("/api/v1/login", json={"login": "team", "password": password}).status_code == 200


def test_the_link_of_the_mail_sets_a_password_once_and_ends_every_session(room: MailRoom) -> None:
    with room.site.browser("team") as before:
        assert _ask(room, "team").status_code == 200
        token = _link(room)
        assert _set(room, token, "password123").status_code == 422
        assert _set(room, token).headers["location"] == "/login?changed=1"
        assert before.get("/api/v1/me").status_code == 401
    assert _logs_in(room, NEW)
    assert not _logs_in(room, PASSWORD)
    assert _set(room, token, "other-river-88").status_code == 409
    assert _logs_in(room, NEW)


def test_to_open_the_link_uses_nothing_up(room: MailRoom) -> None:
    """Mail servers and previews open links before people do."""
    _ask(room, "team")
    token = _link(room)
    with room.site.anonymous() as client:
        for _ in range(3):
            assert 'name="password"' in client.get(f"/reset?token={token}", headers={"Accept": "text/html"}).text
    assert _set(room, token).status_code == 303


def test_who_asks_learns_nothing(room: MailRoom) -> None:
    answers = {login: _ask(room, login) for login in ("team", "desk", "nobody-at-all", "admin' OR 1=1 --")}
    assert len({(one.status_code, one.text) for one in answers.values()}) == 1
    with room.site.world.sessions() as session:
        assert len(session.scalars(select(AccountMessage)).all()) == 1


def test_the_link_is_made_of_our_own_address_whatever_the_request_says(room: MailRoom) -> None:
    _ask(room, "team", **{"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    (mail,) = room.deliver()
    assert "evil" not in mail
    assert LINK.search(mail)


def test_a_link_ends_after_half_an_hour_and_a_newer_one_replaces_it(room: MailRoom) -> None:
    _ask(room, "team")
    first = _link(room)
    _ask(room, "team")
    second = _link(room)
    assert _set(room, first).status_code == 409
    room.site.world.clock.forward(30 * MINUTE_MS)
    assert _set(room, second).status_code == 409
    assert _logs_in(room, PASSWORD)


def test_one_user_gets_three_mails_an_hour_and_one_address_asks_five_times(room: MailRoom) -> None:
    answers = [_ask(room, "team").status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    with room.site.world.sessions() as session:
        assert len(session.scalars(select(AccountMessage)).all()) == 3


def test_nothing_that_opens_the_door_is_kept_when_it_was_sent(room: MailRoom) -> None:
    _ask(room, "team")
    token = _link(room)
    with room.site.world.sessions() as session:
        rows = session.scalars(select(AccountMessage)).all()
        told = [*(row.secret for row in rows), str(session.scalars(select(Outbox.data)).all())]
        told += [str(one) for one in session.scalars(select(Audit.detail))]
    assert token not in "".join(told)


def test_a_disabled_user_gets_no_mail_and_a_link_that_is_out_opens_nothing(room: MailRoom) -> None:
    _ask(room, "team")
    token = _link(room)
    with room.site.world.sessions.begin() as session:
        session.get_one(User, "u-team").enabled = False
    assert _set(room, token).status_code == 409
    _ask(room, "team")
    assert room.deliver() == []


def test_an_address_that_was_not_proved_gets_no_link(room: MailRoom) -> None:
    with room.site.world.sessions.begin() as session:
        contact = session.scalars(select(Contact).where(Contact.owner_id == "u-team")).one()
        contact.enabled, contact.awaits_code = False, True
    _ask(room, "team")
    assert room.deliver() == []


def test_without_a_mail_server_the_page_says_whom_to_ask(site: Site) -> None:
    with site.anonymous() as client:
        page = client.get("/forgot-password", headers={"Accept": "text/html", "Accept-Language": "en"}).text
        assert "Ask your lead" in page
        assert '<form method="post" action="/forgot-password"' not in page
        assert client.post("/forgot-password", data={"login": "team"}).status_code == 409


def test_another_site_cannot_ask_for_a_visitor(room: MailRoom) -> None:
    assert _ask(room, "team", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with room.site.world.sessions() as session:
        assert session.scalars(select(AccountMessage)).all() == []
