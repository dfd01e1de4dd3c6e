"""One's own account: contacts that are proved by a code, tests that really go out, log-ins that are ended."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from anhu.contract.clock import MINUTE_MS
from anhu.registry.tables import Audit, Contact, Token
from ingest.store.embedded.query import SqliteStoreQuery
from tests.api.mail_room import MailRoom, mail_room
from tests.api.world import PASSWORD, World

HTML = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def room(world: World, store: SqliteStoreQuery) -> Iterator[MailRoom]:
    with mail_room(world, store) as made:
        yield made


def _add(client: httpx.Client, address: str, channel: str = "email") -> str:
    """Add a contact on the page; return its path."""
    form = {"channel": channel, "address": address, "min_priority": "high", "language": "en"}
    answer = client.post("/account/contacts", data=form, headers=HTML)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def _contact(room: MailRoom) -> Contact:
    with room.site.world.sessions() as session:
        return session.scalars(select(Contact).where(Contact.owner_id == "u-family")).one()


def _code(room: MailRoom) -> str:
    (mail,) = room.deliver()
    return str(re.findall(r"\b\d{6}\b", mail)[0])


def test_an_address_counts_when_its_code_came_back(room: MailRoom) -> None:
    with room.site.browser("family") as family:
        path = _add(family, "wang@mail.example")
        made = _contact(room)
        assert (made.enabled, made.awaits_code, made.min_priority) == (False, True, 3)
        code = _code(room)
        wrong = family.post(f"{path}/prove", data={"code": f"{(int(code) + 1) % 1_000_000:06d}"}, headers=HTML)
        assert wrong.status_code == 409
        assert "the code that was sent last" in wrong.text
        assert family.post(f"{path}/enable", headers=HTML).status_code == 409
        assert family.post(f"{path}/prove", data={"code": f"{code[:3]} {code[3:]}"}).status_code == 303
    assert (_contact(room).enabled, _contact(room).awaits_code) == (True, False)


def test_five_wrong_codes_or_a_quarter_of_an_hour_make_a_code_worthless(room: MailRoom) -> None:
    with room.site.browser("family") as family:
        path = _add(family, "wang@mail.example")
        first = _code(room)
        for _ in range(5):
            assert family.post(f"{path}/prove", data={"code": "0"}, headers=HTML).status_code == 409
        assert family.post(f"{path}/prove", data={"code": first}, headers=HTML).status_code == 409
        family.post(f"{path}/code")
        second = _code(room)
        room.site.world.clock.forward(15 * MINUTE_MS)
        assert family.post(f"{path}/prove", data={"code": second}, headers=HTML).status_code == 409
        family.post(f"{path}/code")
        third = _code(room)
        assert family.post(f"{path}/prove", data={"code": second}, headers=HTML).status_code == 409
        assert family.post(f"{path}/prove", data={"code": third}).status_code == 303


def test_a_test_really_goes_out_and_its_result_is_shown(room: MailRoom) -> None:
    room.address("u-family", "wang@mail.example")
    with room.site.browser("family") as family:
        path = "/account/contacts/mail-u-family"
        assert family.post(f"{path}/test").headers["location"] == f"{path}?done=tested"
        assert "data-await" in family.get(path, headers=HTML).text
        (mail,) = room.deliver()
        assert "This is a test" in mail
        page = family.get(path, headers=HTML).text
        assert 'data-state="sent"' in page
        assert "data-await" not in page
        room.server.refuse(1, for_good=True)
        family.post(f"{path}/test")
        room.deliver()
        page = family.get(path, headers=HTML).text
        assert 'data-state="failed_permanent"' in page
        assert "refused" in page or "550" in page or "554" in page


def test_tests_are_limited_to_ten_an_hour(room: MailRoom) -> None:
    room.address("u-family", "wang@mail.example")
    with room.site.browser("family") as family:
        path = "/account/contacts/mail-u-family/test"
        assert [family.post(path, headers=HTML).status_code for _ in range(11)] == [303] * 10 + [409]


def test_nobody_changes_the_contact_of_somebody_else(room: MailRoom) -> None:
    room.address("u-family", "wang@mail.example")
    with room.site.browser("desk") as desk:
        for step in ("test", "disable", "remove", "up"):
            assert desk.post(f"/account/contacts/mail-u-family/{step}").status_code == 404
        assert desk.get("/account/contacts/mail-u-family").status_code == 404


def test_contacts_have_an_order_that_the_desk_calls_by(room: MailRoom) -> None:
    with room.site.browser("family") as family:
        _add(family, "13900139001", "tel")
        second = _add(family, "13900139002", "tel")
        family.post(f"{second}/up")
    with room.site.browser("desk") as desk:
        room.site.world.raise_alert("r-ours")
        page = desk.get("/residents/r-ours", headers=HTML).text
    assert page.index("13900139002") < page.index("13900139001")


def test_a_contact_that_is_taken_away_is_told_nothing_and_its_messages_stay(room: MailRoom) -> None:
    room.address("u-family", "wang@mail.example")
    with room.site.browser("family") as family:
        family.post("/account/contacts/mail-u-family/test")
        room.deliver()
        assert family.post("/account/contacts/mail-u-family/remove").status_code == 303
        assert "wang@mail.example" not in family.get("/account", headers=HTML).text
    room.site.world.raise_alert("r-ours")
    assert room.deliver() == []


def test_log_ins_are_listed_and_ended(room: MailRoom) -> None:
    firefox = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"}
    with room.site.anonymous() as elsewhere, room.site.browser("family") as family:
        elsewhere.post("/api/v1/login", json={"login": "family", "password": PASSWORD}, headers=firefox)
        assert elsewhere.get("/api/v1/me").status_code == 200
        page = family.get("/account", headers=HTML).text
        assert "Firefox · Windows" in page
        assert "127.0.0.1" in page
        (ending,) = re.findall(r'action="(/account/logins/\w{16}/end)"', page)
        assert family.post(ending).status_code == 303
        assert elsewhere.get("/api/v1/me").status_code == 401
        assert family.get("/api/v1/me").status_code == 200
        elsewhere.post("/api/v1/login", json={"login": "family", "password": PASSWORD})
        assert family.post("/account/logins/end-others").status_code == 303
        assert elsewhere.get("/api/v1/me").status_code == 401
    with room.site.world.sessions() as session:
        actions = session.scalars(select(Audit.action).where(Audit.action.startswith("login.e"))).all()
    assert sorted(actions) == ["login.end", "login.end_others"]


def test_when_a_session_was_last_used_is_known(room: MailRoom) -> None:
    with room.site.browser("family") as family:
        room.site.world.clock.forward(5 * MINUTE_MS)
        family.get("/api/v1/me")
        room.site.write_minute()
    with room.site.world.sessions() as session:
        row = session.scalars(select(Token).where(Token.purpose == "session", Token.user_id == "u-family")).one()
        assert row.last_used_at_ms == row.created_at_ms + 5 * MINUTE_MS


def test_a_password_is_changed_with_the_present_one_and_never_stands_in_a_page(room: MailRoom) -> None:
    with room.site.browser("family") as family:

        def change(present: str, new: str, again: str) -> httpx.Response:
            form = {"present": present, "password": new, "again": again}
            return family.post("/account/password", data=form, headers=HTML)

        for given, said in (
            (("wrong-horse-9", "quiet-river-77", "quiet-river-77"), "That is not your present password"),
            ((PASSWORD, "quiet-river-77", "quiet-river-78"), "The two are not the same"),
            ((PASSWORD, "password123", "password123"), "none that everybody tries first"),
            ((PASSWORD, PASSWORD, PASSWORD), "It must not be the present one"),
        ):
            answer = change(*given)
            assert answer.status_code == 422
            assert said in answer.text
            assert not [one for one in given if one in answer.text.replace("(1234567890, password123)", "")]
        assert change(PASSWORD, " quiet river 77 ", " quiet river 77 ").status_code == 303
    with room.site.anonymous() as client:  # white space is part of a password
        typed = {"login": "family", "password": " quiet river 77 "}
        assert client.post("/login", data=typed).status_code == 303


def test_a_token_is_made_shown_once_and_revoked(room: MailRoom) -> None:
    with room.site.browser("family") as family:
        made = family.post("/account/tokens", data={"label": "watch face", "days": "7"}, headers=HTML)
        (token,) = re.findall(r'id="token">([\w-]+)<', made.text)
        with room.site.anonymous() as program:
            program.headers["Authorization"] = f"Bearer {token}"
            assert program.get("/api/v1/me").status_code == 200
            page = family.get("/account", headers=HTML).text
            assert token not in page
            path = next(iter(re.findall(r'action="(/account/tokens/\w{16}/revoke)"', page[page.index("watch face") :])))
            assert family.post(path).status_code == 303
            assert program.get("/api/v1/me").status_code == 401
