"""The audit log: found by who, whom, what and when; and as a file that no spreadsheet runs."""

from __future__ import annotations

import csv
import io

from anhu.contract.clock import DAY_MS
from anhu.registry.tables import Audit
from tests.api.world import NOW_MS, Site

HTML = {"Accept": "text/html", "Accept-Language": "en"}


def _write(site: Site) -> None:
    rows = (
        (NOW_MS - 2 * DAY_MS, "u-desk", "alert.read", "r-ours", "al-1"),
        (NOW_MS, "u-desk", "alert.close", "r-ours", "al-1"),
        (NOW_MS, "u-team", "resident.read", "r-theirs", "=cmd()"),
    )
    with site.world.sessions.begin() as session:
        for at_ms, user_id, action, resident_id, object_id in rows:
            row = {"user_id": user_id, "action": action, "resident_id": resident_id, "object_id": object_id}
            session.add(Audit(at_ms=at_ms, detail={}, **row))


def _rows(site: Site, query: str) -> list[list[str]]:
    with site.browser("admin") as admin:
        answer = admin.get(f"/admin/audit.csv?{query}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:]


def test_it_is_found_by_name_action_and_day(site: Site) -> None:
    _write(site)

    def actions(query: str) -> list[str]:
        return [row[3] for row in _rows(site, query)]

    assert actions("user_id=the+desk") == ["alert.close", "alert.read"]
    assert actions("resident_id=李四") == ["resident.read"]
    assert actions("action=alert.&until=2026-11-22") == ["alert.read"]
    assert actions("action=alert.&since=2026-11-23") == ["alert.close"]
    assert actions("user_id=%25") == []


def test_a_cell_is_no_formula_and_the_export_is_itself_on_record(site: Site) -> None:
    _write(site)
    (row,) = _rows(site, "user_id=u-team")
    assert row[6] == "'=cmd()"
    exported = _rows(site, "action=audit.export")
    assert len(exported) == 2
    assert "u-team" in exported[-1][-1]


def test_what_pages_ask_by_themselves_is_left_out_and_said_so(site: Site) -> None:
    with site.world.sessions.begin() as session:
        for action in ("alert.watch", "alert.stream", "alert.read"):
            session.add(Audit(at_ms=NOW_MS, user_id="u-desk", action=action, detail={}))
    for query, shown, said in (
        ("user_id=u-desk", {"alert.read"}, True),
        ("user_id=u-desk&watching=1", {"alert.watch", "alert.stream", "alert.read"}, False),
        ("user_id=u-desk&action=alert.w", {"alert.watch"}, False),
    ):
        assert {row[3] for row in _rows(site, query)} == shown
        with site.browser("admin") as admin:
            page = admin.get(f"/admin/audit?{query}", headers=HTML).text
        assert ("alert.watch" in page) == ("alert.watch" in shown)
        assert ("Left out: what open pages ask" in page) == said


def test_a_day_that_is_none_is_said_beside_its_field(site: Site) -> None:
    with site.browser("admin") as admin:
        page = admin.get("/admin/audit?since=2026-02-31", headers=HTML)
    assert page.status_code == 200
    assert "A day, such as 2026-11-29" in page.text
