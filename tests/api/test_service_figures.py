"""Service figures by the API: whose, of which month, and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io

from alerts.engine.watched_people import Whose
from alerts.service_figures.watching import add_hour
from anhu.registry.tables import Device
from tests.api.world import Site


def test_everybody_sees_the_figures_of_own_alarms_and_a_relative_none(site: Site) -> None:
    alert_id = site.world.raise_alert("r-ours")
    site.world.clock.forward(30_000)
    with site.program("desk") as desk:
        desk.post(f"/api/v1/alerts/{alert_id}/acknowledge", json={}).raise_for_status()
        view = desk.get("/api/v1/service-figures", params={"by": ["kind", "model"]}).json()
        assert (view["month"], view["frozen"], view["sum"]["alarms"], view["sum"]["within_60_s"]) == (
            "2026-11",
            False,
            1,
            1,
        )
        (group,) = view["groups"]
        assert (group["kind"], group["half_within_s"]) == ("fall", 30)
        assert desk.get("/api/v1/service-figures", params={"month": "2026-10"}).json()["sum"]["alarms"] == 0
        assert desk.get("/api/v1/service-figures", params={"month": "soon"}).status_code == 422
        assert desk.get("/api/v1/service-figures", params={"by": "name"}).status_code == 422
    with site.program("admin") as admin:
        assert admin.get("/api/v1/service-figures", params={"centre_id": "nobody"}).json()["sum"]["alarms"] == 0
    for role in ("family", "vendor"):
        with site.program(role) as other:
            assert other.get("/api/v1/service-figures").status_code == 403


def test_a_spreadsheet_opens_the_table_and_runs_nothing_of_it(site: Site) -> None:
    with site.world.sessions.begin() as session:
        session.get_one(Device, "watch-ours").model = "=cmd|' /C calc'!A0"
    site.world.raise_alert("r-ours")
    with site.program("desk") as desk:
        answer = desk.get("/api/v1/service-figures.csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    (line,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert line["model"].startswith("'=")
    assert (line["kind"], line["alarms"], line["priority"]) == ("fall", "1", "high")


def test_figures_are_told_by_rule_model_firmware_and_version_against_the_time_watched(site: Site) -> None:
    with site.world.sessions.begin() as session:
        device = session.get_one(Device, "watch-ours")
        device.model, device.firmware = "W1", "2.3"
        alls, ours = Whose("ours", ""), Whose("ours", "", "W1", "2.3")
        add_hour(session, "alerts", "2026-11", {alls: {"fall_motion 2": 336}, ours: {"fall_motion 2": 168}})
        add_hour(session, "alerts", "2026-11", {Whose("others", ""): {"fall_motion 2": 1_000}})
    alert_id = site.world.raise_alert("r-ours", detector="fall_motion", version=2)
    with site.program("desk") as desk:
        desk.post(f"/api/v1/alerts/{alert_id}/close", json={"outcome": "true", "note": "x"}).raise_for_status()
        (group,) = desk.get("/api/v1/service-figures", params={"by": ["detector", "version"]}).json()["groups"]
        (device_group,) = desk.get("/api/v1/service-figures", params={"by": ["model", "firmware"]}).json()["groups"]
        (other,) = desk.get("/api/v1/service-figures", params={"by": "priority"}).json()["groups"]
    assert (group["detector"], group["version"], group["watched_weeks"], group["per_week"]) == (
        "fall_motion",
        "2",
        2.0,
        0.5,
    )
    assert (group["true_share"], round(group["true_low"], 3), group["true_high"]) == (1.0, 0.207, 1.0)
    assert (device_group["model"], device_group["firmware"], device_group["per_week"]) == ("W1", "2.3", 1.0)
    assert (other["per_week"], other["watched_weeks"]) == (None, None)
