"""Versions of detectors as pages: an administrator lets one run in the shadow, looks, switches, and takes it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from alerts.episodes import responses
from alerts.shadow.tables import DetectorChoice, ShadowEpisode, ShadowRun
from alerts.tables import Alert
from anhu.contract.clock import HOUR_MS, MINUTE_MS
from anhu.registry.tables import Audit, User
from tests.api.web.administrators import add_admin
from tests.api.web.scene import Scene
from tests.api.web.test_web_axe import GRAVE, SETTLED_MS, Look
from tests.services.axe import axe_source, violations

Reader = Callable[..., Page]
NAME = "respiration_high"
PAGE = f"/admin/detectors?name={NAME}"


def now() -> int:
    return time.time_ns() // 1_000_000


def beside(scene: Scene, since_ms: int) -> None:
    """Version 2 has run for two person-weeks beside version 1: both found one, each one alone."""
    found = {"name": NAME, "version": 2, "device_id": "watch-1", "kind": NAME, "priority": 2, "repeats": 0}
    with scene.sessions.begin() as session:
        session.add(
            DetectorChoice(name=NAME, live_version=1, shadow_version=2, former_version=0, since_ms=since_ms, revision=1)
        )
        counts = {"messages": 90_000, "missed": 3, "person_hours": 2 * 7 * 24, "busy_ms": 2_400.0}
        run = {"consumer": "alerts", "name": NAME, "version": 2, "why_off": "", "counts": counts}
        session.add(ShadowRun(**run, since_ms=since_ms, seen_ms=now()))
        for resident, ago_h in (("r-1", 20), ("r-2", 5)):
            at = now() - ago_h * HOUR_MS
            span = {"started_at_ms": at, "last_at_ms": at, "ended_at_ms": at + 20 * MINUTE_MS}
            session.add(ShadowEpisode(**found, **span, resident_id=resident, whole=False, evidence={}))
    for resident, ago_h, outcome in (("r-1", 20, "true"), ("r-3", 9, "false")):
        at = now() - ago_h * HOUR_MS
        alert_id = scene.raise_alert(resident, NAME, now_ms=at, detector=NAME, version=1)
        with scene.sessions.begin() as session:
            responses.acknowledge(session, alert_id, actor="u-desk", now_ms=at + 30_000)
            responses.close(session, alert_id, outcome, actor="u-desk", now_ms=at + 20 * MINUTE_MS)


def test_an_administrator_holds_both_against_each_other_and_switches(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    beside(scene, now() - 24 * HOUR_MS)
    page = reader("admin", language="en")
    page.goto(urljoin(page.url, "/admin/detectors"))
    page.click(f'a[href="{PAGE}"]')
    rows = page.locator(".detectors tbody tr")
    expect(rows.nth(0)).to_contain_text("2")
    expect(rows.nth(0).locator("td").nth(1)).to_have_text("1.00")
    expect(rows.nth(0).locator("td").nth(2)).to_contain_text("50 % (9")
    assert [rows.nth(n).locator("td").first.inner_text() for n in range(5)] == ["2", "2", "1", "1", "1"]
    expect(page.locator("#part-only_new + ul a")).to_have_text("李建国")
    expect(page.locator("#part-only_old + ul li")).to_contain_text("false", ignore_case=True)
    page.fill("#why-switch-0", "half as many false ones")
    page.click("text=Let version 2 decide")
    expect(page.locator(".sums dd").first).to_have_text("version 2")
    expect(page.locator("text=half as many false ones")).to_be_visible()
    page.fill("#why-back-0", "one was missed")
    page.click("text=Take back version 1")
    expect(page.locator(".sums dd").first).to_have_text("version 1")
    with scene.sessions.begin() as session:
        row = session.scalars(select(DetectorChoice)).one()
        assert (row.live_version, row.shadow_version, row.revision) == (1, 2, 3)
        kept = session.scalars(select(Audit).where(Audit.object_id == NAME).order_by(Audit.id)).all()
        assert [(one.action, one.detail["why"], one.detail["before"], one.detail["after"]) for one in kept] == [
            ("detector.switch", "half as many false ones", 1, 2),
            ("detector.back", "one was missed", 2, 1),
        ]
        looked = session.scalars(select(Audit).where(Audit.action == "detectors.compare")).all()
        assert looked[0].detail["residents"] == ["r-1", "r-2", "r-3"]


def test_an_example_leads_to_the_chart_of_that_moment(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    beside(scene, now() - 24 * HOUR_MS)
    page = reader("admin", language="en")
    page.goto(urljoin(page.url, PAGE))
    page.click("#part-only_new + ul a")
    expect(page.locator(".notice", has_text="Charts around")).to_be_visible()
    with scene.sessions.begin() as session:
        at_ms = session.scalars(select(ShadowEpisode.started_at_ms).where(ShadowEpisode.resident_id == "r-2")).one()
    asked = page.locator("[data-chart]").first.get_attribute("data-chart")
    assert asked is not None
    assert f"at={at_ms}" in asked
    chart = page.request.get(urljoin(page.url, asked)).json()
    assert chart["from_ms"] < at_ms < chart["to_ms"] <= now()


def test_a_lead_sees_the_own_residents_and_chooses_nothing(scene: Scene, reader: Reader) -> None:
    beside(scene, now() - 24 * HOUR_MS)
    with scene.sessions.begin() as session:
        session.get_one(User, "u-desk").is_lead = True
    page = reader(language="en")
    page.goto(urljoin(page.url, PAGE))
    expect(page.locator("h1")).to_contain_text("Fast breathing")
    expect(page.locator("#choose-title")).to_have_count(0)


def test_whoever_may_judge_it_reads_who_decided(scene: Scene, reader: Reader) -> None:
    add_admin(scene)
    scene.raise_alert("r-1", "fall", now_ms=now(), detector="fall_motion", version=3, model="cafe0123")
    with scene.sessions.begin() as session:
        alert_id = session.scalars(select(Alert.id).where(Alert.kind == "fall")).one()
    said = "Decided by fall_motion version 3 · model cafe0123"
    for who, times in (("admin", 1), ("desk", 0)):
        page = reader(who, language="en")
        page.goto(urljoin(page.url, f"/desk/alerts/{alert_id}"))
        expect(page.locator(f"text={said}")).to_have_count(times)


@pytest.mark.parametrize("as_seen", [Look("zh-CN", "dark", 1440), Look("en", "light", 390)], ids=str)
def test_no_page_of_versions_has_a_grave_fault(scene: Scene, reader: Reader, as_seen: Look) -> None:
    add_admin(scene)
    beside(scene, now() - 24 * HOUR_MS)
    axe = axe_source()
    page = reader("admin", language=as_seen.language, width=as_seen.width)
    page.emulate_media(color_scheme=as_seen.scheme, reduced_motion="reduce")
    for path in ("/admin/detectors", PAGE, "/admin/detectors?name=sos", "/figures?by=version"):
        page.goto(urljoin(page.url, path))
        page.wait_for_timeout(SETTLED_MS)
        assert [one for one in violations(page, axe) if one.startswith(GRAVE)] == [], path
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
