"""What is missing in a large registry is looked for once in ten minutes, and told with its time."""

from __future__ import annotations

import pytest

from anhu.contract.clock import MINUTE_MS
from anhu.registry.tables import Resident
from api.kept import LASTS_MS, Kept
from api.services import gaps
from tests.api.world import NOW_MS, Site


def test_a_question_is_looked_into_again_when_its_answer_is_old() -> None:
    kept, looks = Kept[int](), iter(range(10))
    told = [kept.ask("zh", lambda: next(looks), now_ms=at_ms) for at_ms in (0, LASTS_MS - 1, LASTS_MS, -1)]
    assert told == [(0, 0), (0, 0), (1, LASTS_MS), (2, -1)]
    assert kept.ask("en", lambda: next(looks), now_ms=-1) == (3, -1)


@pytest.mark.parametrize("limit", [0, 1_000])
def test_what_is_missing_in_a_large_registry_is_told_with_its_time(
    site: Site, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(gaps, "LOOKED_AT_ONCE", limit)
    with site.program("admin") as admin:
        assert "resident_no_centre" not in {one["kind"] for one in admin.get("/api/v1/gaps").json()}
        with site.world.sessions.begin() as session:
            session.get_one(Resident, "r-ours").centre_id = None
        site.world.clock.set(NOW_MS + MINUTE_MS)
        found = admin.get("/api/v1/gaps").json()
        pages = []
        for minutes in (1, 2):
            site.world.clock.set(NOW_MS + minutes * MINUTE_MS)
            pages.append(admin.get("/admin").text)
    at_ms = NOW_MS if limit == 0 else NOW_MS + MINUTE_MS
    assert {one["found_at_ms"] for one in found} == {at_ms}
    assert ("resident_no_centre" in {one["kind"] for one in found}) is (limit > 0)
    assert ["每 10 分钟" in page for page in pages] == [False, limit == 0]
