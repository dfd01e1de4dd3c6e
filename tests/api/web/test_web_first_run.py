"""The first administrator of an empty installation, made in the browser, once, by who has the code; and languages."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select

from anhu.contract.clock import ManualClock
from anhu.contract.languages import wanted_language
from anhu.registry.database import open_sessions
from anhu.registry.tables import Audit, Base, User
from api.dependencies import Dependencies
from api.errors import ConflictError
from api.services import first_run
from api.setup_code import SetupCode
from ingest.store.embedded.writer import SqliteStoreQuery, SqliteStoreWriter
from tests.api.web.scene import Scene
from tests.api.web.serving import served
from tests.api.world import World

PASSWORD = "blue-lantern-7"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Scene]:
    """An installation that nobody ever used."""
    sessions = open_sessions(f"sqlite:///{tmp_path / 'anhu.db'}")
    Base.metadata.create_all(sessions.kw["bind"])
    made = Scene(sessions, SqliteStoreQuery(tmp_path / "store.db"), SqliteStoreWriter(tmp_path / "store.db"))
    yield made
    made.close()


@pytest.fixture
def setup_code(tmp_path: Path) -> SetupCode:
    return SetupCode(tmp_path)


@pytest.fixture
def base(empty: Scene, setup_code: SetupCode) -> Iterator[str]:
    setup_code.make()
    with served(empty, setup_code=setup_code) as address:
        yield address


def _post(base: str, **fields: str) -> httpx.Response:
    form = {"login": "chief", "password": PASSWORD, "next": "", **fields}
    return httpx.post(f"{base}/login", data=form, headers={"Accept": "text/html"}, timeout=60)


def _users(scene: Scene) -> list[str]:
    with scene.sessions() as session:
        return list(session.scalars(select(User.login)))


def test_the_first_administrator_is_made_in_the_browser(
    browser: Browser, base: str, empty: Scene, setup_code: SetupCode
) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(base)
    expect(page.locator("h1")).to_have_text("Make the first administrator")
    page.fill("#code", setup_code.read().lower().replace("-", " "))
    page.fill("#login", "chief")
    page.fill("#password", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/admin/start")
    expect(page.locator(".step-next")).to_contain_text("Make a centre")
    page.goto(f"{base}/desk")
    expect(page.locator("#banner-nobody")).to_contain_text("Getting started")
    expect(page.locator("#none")).to_contain_text("Nobody lives here yet")
    assert page.locator("#none strong").evaluate("e => getComputedStyle(e).textDecorationLine") == "none"
    with empty.sessions() as session:
        made = session.scalars(select(User)).one()
        assert (made.login, made.role, made.language) == ("chief", "admin", "en")
        assert "user.first" in list(session.scalars(select(Audit.action)))
    page.click("#logout")
    expect(page.locator("h1")).to_have_text("Log in")
    assert setup_code.read() == ""
    context.close()


def test_a_stranger_without_the_code_gets_nothing_and_leaves_a_trace(
    base: str, empty: Scene, setup_code: SetupCode
) -> None:
    assert stat.S_IMODE(setup_code.path.stat().st_mode) == 0o600
    for code in ("AAAAA-AAAAA-AAAAA-AAAAA", setup_code.read()[:-1], " ", "é"):
        assert _post(base, code=code).status_code in {401, 403}
    assert _users(empty) == []
    assert setup_code.read() not in httpx.get(f"{base}/login").text


@pytest.mark.parametrize(("login", "password"), [("chief", "short"), ("chief", "password123"), ("  ", PASSWORD)])
def test_a_poor_password_or_name_is_refused_and_the_code_still_works(
    base: str, empty: Scene, setup_code: SetupCode, login: str, password: str
) -> None:
    code = setup_code.read()
    assert _post(base, code=code, login=login, password=password).status_code == 403
    assert _users(empty) == []
    assert _post(base, code=code).status_code == 303


def test_of_two_at_one_moment_one_is_let_in(base: str, empty: Scene, setup_code: SetupCode) -> None:
    code = setup_code.read()
    answers: list[httpx.Response] = []
    tries = [
        threading.Thread(target=lambda n=n: answers.append(_post(base, code=code, login=f"chief-{n}")))
        for n in range(6)
    ]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert sorted(answer.status_code for answer in answers) == [303, *[403] * 5]
    assert len(_users(empty)) == 1


def test_once_closed_it_stays_closed(base: str, empty: Scene, setup_code: SetupCode) -> None:
    code = setup_code.read()
    assert _post(base, code=code).status_code == 303
    setup_code.path.write_text(code)
    answer = _post(base, code=code, login="second")
    assert answer.status_code == 403
    assert 'id="first"' not in answer.text
    with empty.sessions.begin() as session:
        session.scalars(select(User)).one().enabled = False
    assert _post(base, code=code, login="third").status_code == 403
    assert len(_users(empty)) == 1


def test_a_start_with_users_makes_no_code(empty: Scene, setup_code: SetupCode) -> None:
    deps = Dependencies(sessions=empty.sessions, store=empty.store, clock=ManualClock(0), setup_code=setup_code)
    first_run.prepare(deps)
    code = setup_code.read()
    first_run.prepare(deps)
    assert setup_code.read() == code != ""
    first_run.make_first_admin(deps, login="chief", name="chief", hashed="x", language="en", address="")
    first_run.prepare(deps)
    assert setup_code.read() == ""


def test_two_databases_refuse_the_second_first_user(either_world: World) -> None:
    with either_world.sessions() as session:
        before = session.scalar(select(func.count()).select_from(User))
    deps = Dependencies(sessions=either_world.sessions, store=None, clock=either_world.clock)  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        first_run.make_first_admin(deps, login="chief", name="chief", hashed="x", language="en", address="")
    with either_world.sessions() as session:
        assert session.scalar(select(func.count()).select_from(User)) == before


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("en-US,en;q=0.9", "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("fr-FR,fr;q=0.9,en;q=0.5", "en"),
        ("fr,zh;q=0.2,en;q=0.7", "en"),
        ("en;q=0,zh;q=0.1", "zh-CN"),
        ("en;q=0.3, zh-CN;q=0.3", "en"),
        ("*", "zh-CN"),
        ("fr", ""),
        ("", ""),
        ("en;q=much", ""),
        (",,;;q=1", ""),
    ],
)
def test_the_browsers_first_language_of_ours_is_taken(accept: str, language: str) -> None:
    assert wanted_language(accept) == language


@pytest.mark.parametrize(("locale", "title"), [("en-GB", "Anhu"), ("zh-TW", "安护"), ("fr-FR", "安护")])
def test_the_browsers_language_decides_until_the_switch_does(
    browser: Browser, base: str, locale: str, title: str
) -> None:
    context = browser.new_context(locale=locale)
    page = context.new_page()
    page.goto(f"{base}/login")
    expect(page.locator(".login-brand strong")).to_have_text(title)
    page.click("#language")
    other = {"Anhu": "安护", "安护": "Anhu"}[title]
    expect(page.locator(".login-brand strong")).to_have_text(other)
    page.reload()
    expect(page.locator(".login-brand strong")).to_have_text(other)
    context.close()
