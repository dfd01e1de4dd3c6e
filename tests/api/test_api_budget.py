from __future__ import annotations

from tests.api.world import Site


def test_the_desk_sees_what_alarms_cost_and_a_vendor_does_not(site: Site) -> None:
    with site.program("desk") as desk, site.program("vendor") as vendor:
        budget = desk.get("/api/v1/alarm-budget").json()
        assert budget["residents"] > 0
        assert budget["budget_per_resident_week"] == 1.0
        assert isinstance(budget["rules"], list)
        assert vendor.get("/api/v1/alarm-budget").status_code == 403
