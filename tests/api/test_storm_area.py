"""An area's alert lists its homes to whoever may see them; nobody's values are shown as if they were the area's."""

from __future__ import annotations

from alerts.engine.resident_finding import ResidentFinding
from alerts.engine.storms.rule_storms import MOST_NAMED
from alerts.episodes.findings import apply_findings
from alerts.finding import Condition, Evidence, Finding
from alerts.tables import Alert
from anhu.contract.priority import Priority
from anhu.registry.residents import create_resident
from tests.api.world import NOW_MS, Site, World


def storm(world: World, residents: list[str], devices: list[str]) -> str:
    evidence = Evidence(
        features={"devices": float(len(devices)), "residents": 130.0},
        room="device_silent/ours",
        residents=residents,
        devices=devices,
    )
    finding = Finding("area_silent", Condition.PRESENT, NOW_MS, NOW_MS, 1.0, Priority.MEDIUM, evidence)
    with world.sessions.begin() as session:
        apply_findings(session, [ResidentFinding("r-ours", "", finding)], now_ms=NOW_MS)
        return session.query(Alert).one().id


def test_the_desk_sees_its_homes_and_how_many_there_are_in_all(site: Site) -> None:
    with site.world.sessions.begin() as session:
        create_resident(session, name="Wang", now_ms=NOW_MS, resident_id="r-2", centre_id="ours", address="A 1")
    alert = storm(site.world, ["r-2", "r-ours", "r-theirs"], ["watch-ours", "watch-theirs"])
    site.world.raise_alert("r-2", "fall")
    with site.program("desk") as desk:
        shown = desk.get(f"/api/v1/alerts/{alert}").json()
        listed = desk.get("/api/v1/alerts", params={"kind": "area_silent"}).json()["items"]
    assert shown["homes"] == 130
    assert [(home["resident_id"], home["devices"], home["open_alerts"]) for home in shown["area"]] == [
        ("r-2", [], 1),
        ("r-ours", ["watch-ours"], 0),
    ]
    assert not {"residents", "devices"} & {*shown["evidence"], *listed[0]["evidence"]}
    assert "r-theirs" not in str(shown)


def test_the_page_links_the_homes_and_shows_nobodys_values(site: Site) -> None:
    alert = storm(site.world, ["r-ours"], ["watch-ours"])
    fall = site.world.raise_alert("r-ours", "fall")
    with site.browser("desk") as desk:
        page = desk.get("/desk", params={"alert": alert}).text
        of_one = desk.get("/desk", params={"alert": fall}).text
    assert 'data-part="area"' in page
    assert 'href="/residents/r-ours"' in page
    assert 'data-part="vitals-frame"' not in page
    assert 'data-part="vitals-frame"' in of_one


def test_an_alert_names_a_hundred_homes_and_counts_all(site: Site) -> None:
    assert MOST_NAMED == 100
    alert = storm(site.world, ["r-ours"], [])
    with site.browser("desk") as desk:
        page = desk.get("/desk", params={"alert": alert}).text
    assert "130" in page


def test_a_family_sees_no_other_home(site: Site) -> None:
    alert = storm(site.world, ["r-ours", "r-theirs"], ["watch-theirs"])
    with site.program("family") as family:
        answer = family.get(f"/api/v1/alerts/{alert}")
    assert answer.status_code in {200, 403, 404}
    assert "r-theirs" not in answer.text
    assert "watch-theirs" not in answer.text
