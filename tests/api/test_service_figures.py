"""Service figures by the API: whose, of which month, and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io

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
