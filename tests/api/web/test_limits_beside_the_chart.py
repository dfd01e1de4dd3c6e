"""A doctor sets a resident's own limit beside the chart, with its reason and end; it is drawn there, and ends early."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from alerts.tables import ResidentLimit
from anhu.registry.tables import Audit
from tests.api.web.scene import Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]
NAME = "heart_rate_high.high_bpm"


def _limits(scene: Scene) -> list[ResidentLimit]:
    with scene.sessions() as session:
        return list(session.scalars(select(ResidentLimit).order_by(ResidentLimit.version)))


@pytest.mark.parametrize("width", [1440, 390])
def test_a_doctor_sets_a_limit_sees_it_drawn_and_ends_it(scene: Scene, reader: Reader, width: int) -> None:
    page = reader("doctor", language="en", width=width)
    page.goto(at(page, "/residents/r-2"))
    panel = page.locator("#limits-heart_rate")
    panel.locator("summary").click()
    panel.locator("[name=value]").fill("999")
    panel.locator("[name=reason]").fill("After the operation")
    panel.locator(".limit-form button").click()
    expect(panel.locator("#value-heart_rate-said")).to_contain_text("Expected")
    expect(panel.locator("[name=reason]")).to_have_value("After the operation")
    panel.locator("[name=value]").fill("127")
    panel.locator("[name=days]").fill("14")
    panel.locator(".limit-form button").click()
    expect(page.locator(".notice-good")).to_have_text("The limit is set, and in force at once.")
    newest = _limits(scene)[-1]
    assert (newest.name, newest.value, newest.reason, newest.set_by) == (NAME, 127, "After the operation", "u-doctor")
    assert newest.until_ms == newest.set_at_ms + 14 * 86_400_000
    drawn = page.request.get(at(page, "/residents/r-2/chart.json?quantity=heart_rate")).json()["limits"]
    assert 127 in [one["value"] for one in drawn]
    panel.locator("summary").click()
    expect(panel).to_contain_text("After the operation")
    expect(panel).to_contain_text("李医生")
    panel.locator("text=End it now").click()
    expect(page.locator(".notice-good")).to_contain_text("has ended")
    drawn = page.request.get(at(page, "/residents/r-2/chart.json?quantity=heart_rate")).json()["limits"]
    assert 127 not in [one["value"] for one in drawn]
    with scene.sessions() as session:
        done = session.scalars(select(Audit.action).where(Audit.action.startswith("limit.")).order_by(Audit.id)).all()
    assert list(done) == ["limit.set", "limit.end"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_reason_is_needed_and_a_day_must_be_one(scene: Scene, reader: Reader) -> None:
    page = reader("doctor")
    page.goto(at(page, "/residents/r-2"))
    panel = page.locator("#limits-heart_rate")
    panel.locator("summary").click()
    panel.locator("[name=value]").fill("127")
    panel.locator(".limit-form button").click()
    expect(panel.locator("#reason-heart_rate-said")).to_have_text("应为：为何与他人不同")
    panel.locator("[name=reason]").fill("术后")
    panel.locator("[name=days]").fill("-3")
    panel.locator(".limit-form button").click()
    expect(panel.locator("#days-heart_rate-said")).to_contain_text("1 至 3650 天")
    assert len(_limits(scene)) == 1


def test_a_desk_sees_the_limits_and_cannot_set_them(reader: Reader) -> None:
    page = reader("desk")
    page.goto(at(page, "/residents/r-1"))
    panel = page.locator("#limits-heart_rate")
    panel.locator("summary").click()
    expect(panel).to_contain_text("房颤，遵医嘱")
    expect(panel.locator("form")).to_have_count(0)
