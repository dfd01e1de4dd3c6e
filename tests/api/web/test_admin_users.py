"""Users on pages: made, handed a password, moved, disabled, and never the last administrator."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from anhu.registry.tables import Audit, Token, User
from tests.api.web.administrators import add_admin
from tests.api.web.scene import PASSWORD, Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]
NEW_PASSWORD = "quiet-river-77"


def _user(scene: Scene, login: str) -> User:
    with scene.sessions() as session:
        return session.scalars(select(User).where(User.login == login)).one()


def _make(page: Page, login: str, **fields: str) -> str:
    """Make a user and return the one-time password."""
    page.goto(at(page, "/admin/users/new"))
    page.fill("#login", login)
    for name, value in fields.items():
        control = page.locator(f"#{name}")
        if control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    page.click("form.form button")
    return page.locator("#one-time").inner_text()


def test_a_nurse_is_made_and_must_change_the_password_that_was_handed_over(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    page = reader("admin")
    once = _make(page, "nurse.zhao", name="赵护士", role="team", team_id="t-1", duty="nurse")
    made = _user(scene, "nurse.zhao")
    assert (made.role, made.team_id, made.duty, made.is_lead) == ("team", "t-1", "nurse", False)
    nurse = reader("")
    nurse.fill("#login", "nurse.zhao")
    nurse.fill("#password", once)
    nurse.click("form button")
    nurse.wait_for_url("**/account/password")
    expect(nurse.locator("#must")).to_be_visible()
    nurse.goto(at(nurse, "/desk"))
    expect(nurse).to_have_url(at(nurse, "/account/password"))
    assert nurse.request.get(at(nurse, "/api/v1/residents")).status == 403
    nurse.fill("#present", once)
    nurse.fill("#password", once)
    nurse.fill("#again", once)
    nurse.click("main form button")
    expect(nurse.locator("#password-said")).to_have_text("新密码不能与当前密码相同")
    nurse.fill("#present", once)
    nurse.fill("#password", NEW_PASSWORD)
    nurse.fill("#again", NEW_PASSWORD)
    nurse.click("main form button")
    expect(nurse.locator(".notice-good")).to_be_visible()
    nurse.goto(at(nurse, "/residents"))
    expect(nurse.locator("h1")).to_have_text("服务对象")
    assert _user(scene, "nurse.zhao").password_until_ms is None


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    page = reader("admin", language="en")
    page.goto(at(page, "/admin/users/new"))
    page.fill("#login", "desk")
    page.fill("#name", "Somebody")
    page.click("form.form button")
    expect(page.locator("#centre_id-said, #login-said.field-error").first).to_contain_text("In use already")
    expect(page.locator("#name")).to_have_value("Somebody")
    page.fill("#login", "desk-three")
    page.click("form.form button")
    expect(page.locator("#centre_id-said.field-error")).to_contain_text("the centre whose desk it is")
    assert page.locator("#centre_id").get_attribute("aria-invalid") == "true"
    page.select_option("#centre_id", "c-1")
    page.select_option("#duty", "nurse")
    page.click("form.form button")
    expect(page.locator("#duty-said.field-error")).to_contain_text("carer, operator, supervisor")
    expect(page.locator("#login")).to_have_value("desk-three")


def test_who_is_moved_is_logged_out_everywhere(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    desk = reader("desk")
    page = reader("admin")
    page.goto(at(page, "/admin/users/u-desk"))
    page.select_option("#role", "team")
    page.select_option("#team_id", "t-1")
    page.click("form.form button")
    expect(page.locator(".notice-good")).to_be_visible()
    moved = _user(scene, "desk")
    assert (moved.role, moved.team_id, moved.centre_id) == ("team", "t-1", None)
    desk.goto(at(desk, "/residents"))
    expect(desk.locator("#login-title")).to_be_visible()


def test_the_last_administrator_stays_and_nobody_locks_himself_out(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    add_admin(scene, "second")
    page = reader("admin")
    page.goto(at(page, "/admin/users/u-admin"))
    page.uncheck("#enabled")
    page.click("form.form button")
    expect(page.locator("[role=alert]").last).to_contain_text("不能停用自己")
    page.goto(at(page, "/admin/users/u-second"))
    page.uncheck("#enabled")
    page.click("form.form button")
    assert not _user(scene, "second").enabled
    page.check("#enabled")
    page.click("form.form button")
    with scene.sessions.begin() as session:
        session.get_one(User, "u-admin").password_hash = ""  # a program's: it cannot log in
    page.goto(at(page, "/admin/users/u-second"))
    page.select_option("#role", "vendor")
    page.fill("#vendor", "Kati")
    page.click("form.form button")
    expect(page.locator("form.form .notice-bad")).to_contain_text("最后一位可以登录的管理员")
    assert _user(scene, "second").role == "admin"


def test_a_desk_with_nobody_left_is_warned_of_before(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    page = reader("admin")
    page.goto(at(page, "/admin/users/u-desk"))
    expect(page.locator("#left")).to_have_count(0)
    with scene.sessions.begin() as session:
        session.get_one(User, "u-desk-two").enabled = False
    page.reload()
    expect(page.locator("#left")).to_contain_text("6 位服务对象")
    page.uncheck("#enabled")
    page.click("form.form button")
    page.goto(at(page, "/admin"))
    expect(page.locator(".gap-silent")).to_contain_text("没有值守账户的服务中心")


def test_users_are_found_by_name_sound_role_and_state(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    with scene.sessions.begin() as session:
        session.get_one(User, "u-desk-two").enabled = False
    page = reader("admin")

    def found(query: str) -> list[str]:
        page.goto(at(page, f"/admin/users?{query}"))
        return page.locator("tbody th").all_inner_texts()

    assert found("q=liufang") == ["刘芳"]
    assert found("q=lf") == ["刘芳"]
    assert found("role=desk") == ["刘芳"]
    assert sorted(found("role=desk&state=all")) == ["刘芳", "马强"]
    assert found("state=off") == ["马强"]
    assert found("q=%25") == []


def test_a_reset_ends_every_login_and_the_old_password(scene: Scene, reader: Reader, base: str) -> None:
    add_admin(scene)
    family = reader("family")
    page = reader("admin")
    page.goto(at(page, "/admin/users/u-family"))
    page.click("text=重置密码")
    once = page.locator("#one-time").inner_text()
    family.goto(at(family, "/residents"))
    expect(family.locator("#login-title")).to_be_visible()
    login = f"{base}/api/v1/login"
    assert httpx.post(login, json={"login": "family", "password": PASSWORD}, timeout=30).status_code == 401
    assert httpx.post(login, json={"login": "family", "password": once}, timeout=30).status_code == 200
    with scene.sessions() as session:
        kept = session.scalar(select(func.count()).where(Audit.action == "user.password.reset"))
        assert kept == 1
        assert once not in str(session.scalars(select(Audit.detail)).all())


def test_a_lead_manages_members_of_the_own_centre_and_makes_no_administrator(scene: Scene, reader: Reader) -> None:
    with scene.sessions.begin() as session:
        session.get_one(User, "u-desk").is_lead = True
    page = reader("desk")
    page.goto(at(page, "/admin/users"))
    assert page.locator("tbody th").all_inner_texts() == ["马强"]
    _make(page, "carer.sun", name="孙护理", duty="carer")
    made = _user(scene, "carer.sun")
    assert (made.role, made.centre_id, made.duty, made.is_lead) == ("desk", "c-1", "carer", False)
    csrf = page.locator("meta[name=csrf-token]").get_attribute("content") or ""

    def post(path: str, **form: str) -> int:
        return page.request.post(at(page, path), form={"csrf": csrf, **form}, max_redirects=0).status

    sly = {"login": "sly", "name": "x", "role": "admin", "is_lead": "yes", "language": "en"}
    assert post("/admin/users", **sly, centre_id="c-1") == 403  # no lead names leads
    assert post("/admin/users", **{**sly, "is_lead": ""}) == 200
    assert _user(scene, "sly").role == "desk"
    assert post("/admin/users/u-doctor", name="x") == 404
    assert post("/admin/users/u-doctor/reset") == 404
    assert post("/admin/users/u-desk-two", role="admin") == 422
    assert post("/admin/users/u-desk-two", team_id="t-1", role="team") == 422
    assert post("/admin/users/u-desk/reset") == 404  # one's own is changed with the present one
    assert _user(scene, "desk-two").role == "desk"


def test_a_one_time_password_ends(scene: Scene, base: str) -> None:
    with scene.sessions.begin() as session:
        session.get_one(User, "u-family").password_until_ms = 1
        session.query(Token).delete()
    answer = httpx.post(f"{base}/api/v1/login", json={"login": "family", "password": PASSWORD})
    assert answer.status_code == 401
