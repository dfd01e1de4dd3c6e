from __future__ import annotations

from pathlib import Path

from anhu.contract.clock import ManualClock
from app import status


def test_a_status_is_read_back_and_goes_stale(tmp_path: Path) -> None:
    clock = ManualClock(1_000_000)
    status.write(tmp_path, "gateway", {"received": 7.0}, clock)
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (found,) = status.read_all(tmp_path)
    assert (found.process, found.at_ms, found.counters) == ("gateway", 1_000_000, {"received": 7.0})
    (row,) = status.platform_rows(tmp_path, clock.now_ms())
    assert (row.name, row.tags, row.fields) == ("process", {"process": "gateway"}, {"received": 7.0})
    assert status.platform_rows(tmp_path, clock.now_ms() + status.FRESH_MS) == []
