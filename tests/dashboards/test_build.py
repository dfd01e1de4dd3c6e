from __future__ import annotations

import json
from pathlib import Path

import pytest

import dashboards as package
from anhu.contract.quantities import Kind, of_kind
from dashboards.build import dashboards
from dashboards.panels import COLUMNS, Json, grafana_unit

COMMITTED = Path(package.__file__).parent / "grafana" / "dashboards"


def _panels(board: Json) -> list[Json]:
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_committed_files_are_what_is_built() -> None:
    assert {f.stem: json.loads(f.read_text("utf-8")) for f in COMMITTED.glob("*.json")} == dashboards()


def test_every_number_of_the_quantity_table_has_its_chart() -> None:
    titles = {panel["title"] for panel in _panels(dashboards()["resident"])}
    assert {f"{q.zh} {q.en}" for q in of_kind(Kind.SCALAR)} <= titles


def test_every_unit_of_the_quantity_table_is_known_to_grafana() -> None:
    assert all(grafana_unit(q.unit) for q in of_kind(Kind.SCALAR))


@pytest.mark.parametrize("name", dashboards())
def test_panels_have_ids_of_their_own_and_do_not_overlap(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    panels = dashboards()[name]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for at in (panel["gridPos"] for panel in panels):
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= COLUMNS
        assert not taken & cells
        taken |= cells


def test_identities_are_stable_and_apart() -> None:
    assert [board["uid"] for board in dashboards().values()] == ["anhu-centre", "anhu-resident", "anhu-platform"]


@pytest.mark.parametrize("name", dashboards())
def test_every_query_variable_that_is_used_exists(name: str) -> None:
    board = dashboards()[name]
    known = {variable["name"] for variable in board["templating"]["list"]}
    for panel in _panels(board):
        for target in panel["targets"]:
            used = {part.split("}")[0].split(":")[0] for part in target["query"].split("${")[1:]}
            assert used <= known
