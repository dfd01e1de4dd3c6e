"""What the documents say of the detectors is complete."""

from __future__ import annotations

from alerts.detectors import discover
from app.documents import measured, sections


def test_every_detector_has_a_row_and_no_row_is_stale() -> None:
    assert set(measured()) == {detector.name for detector in discover()}


def test_every_row_says_source_figure_recordings_and_blindness() -> None:
    for name, row in measured().items():
        assert set(row) == {"source", "measured", "on", "blind"}, name
        assert all(text.strip() for text in row.values()), name


def test_the_table_names_every_detector() -> None:
    table = sections()["detectors"]()
    assert [name for name in measured() if f"`{name}`" not in table] == []
