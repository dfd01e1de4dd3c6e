"""The city's dashboard asks for numbers that there are, in a language that Prometheus reads."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.build import city_dashboards
from dashboards.panels import COLUMNS
from tests.dashboards.metric_names import catalogue, names_in
from tests.services.prometheus import find_promtool

PROMETHEUS = Path(__file__).parents[2] / "dashboards" / "prometheus"
BOARD = city_dashboards()["city"]
PANELS: list[dict[str, Any]] = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [
    pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for panel in PANELS
    for target in panel["targets"]
]
CHOSEN = {"$__rate_interval": "5m", "$job": "anhu-processes"}


def as_asked(expression: str) -> str:
    """Return an expression as Grafana sends it."""
    for variable, value in CHOSEN.items():
        expression = expression.replace(variable, value)
    return expression


def test_the_committed_file_is_what_is_built() -> None:
    assert json.loads((PROMETHEUS / "city.json").read_text("utf-8")) == BOARD


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_number_that_is_drawn_is_one_that_the_code_names(expression: str) -> None:
    assert names_in(expression) - catalogue() == set()


def test_every_number_that_calls_somebody_is_one_that_the_code_names() -> None:
    rules = yaml.safe_load((PROMETHEUS / "anhu.rules.yml").read_text("utf-8"))["groups"][0]["rules"]
    assert {name for rule in rules for name in names_in(rule["expr"])} - catalogue() == set()


def test_a_number_that_there_is_not_is_found_out() -> None:
    assert names_in('rate(anhu_gateway_recieved_total{job="anhu"}[1m])') - catalogue()
    assert names_in('histogram_quantile(0.5, anhu_stages_seconds_bucket{a="anhu_x"})') == {"anhu_stages_seconds"}
    assert names_in("anhu_stages_seconds_bucket") - catalogue()


def test_prometheus_reads_every_expression(tmp_path: Path) -> None:
    asked = [as_asked(str(one.values[0])) for one in EXPRESSIONS]
    assert not any("$" in expression for expression in asked)
    rules = [{"record": f"drawn:{n}", "expr": expression} for n, expression in enumerate(asked)]
    file = tmp_path / "drawn.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "drawn", "rules": rules}]}), "utf-8")
    ran = subprocess.run([find_promtool(), "check", "rules", file], capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(asked)} rules found" in ran.stdout


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for at in (panel["gridPos"] for panel in BOARD["panels"]):
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= COLUMNS
        assert not taken & cells
        taken |= cells


def test_what_is_asked_of_one_job_is_asked_of_the_one_that_was_chosen() -> None:
    """Both jobs say the same of a process: whoever asks both counts twice."""
    of_the_pages = {"anhu_process_up", "anhu_outbox_waiting", "anhu_outbox_late_seconds", "anhu_watcher_phone_seconds"}
    for one in EXPRESSIONS:
        expression = str(one.values[0])
        if not names_in(expression) & of_the_pages and "anhu_alarms_" not in expression:
            assert 'job="$job"' in expression
