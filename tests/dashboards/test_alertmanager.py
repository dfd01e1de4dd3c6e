"""The example for Alertmanager can be read, and whoever runs the platform is rung up for what is a page."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.services.finding import find, need

PROMETHEUS = Path(__file__).parents[2] / "dashboards" / "prometheus"
EXAMPLE = PROMETHEUS / "alertmanager.yml"


def amtool(*arguments: str | Path) -> str:
    program = need(find("amtool"), "amtool")
    ran = subprocess.run([program, *arguments], capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_alertmanager_reads_it() -> None:
    assert "SUCCESS" in amtool("check-config", EXAMPLE)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [({"severity": "page"}, "telephone"), ({"severity": "ticket"}, "post"), ({"severity": "new"}, "telephone")],
)
def test_who_is_told(labels: dict[str, str], receiver: str) -> None:
    given = [f"{name}={value}" for name, value in labels.items()]
    assert amtool("config", "routes", "test", f"--config.file={EXAMPLE}", *given).split() == [receiver]


def test_every_rule_goes_where_its_severity_says() -> None:
    rules = yaml.safe_load((PROMETHEUS / "anhu.rules.yml").read_text("utf-8"))["groups"][0]["rules"]
    expected = {"page": ["telephone"], "ticket": ["post"]}
    for severity in {rule["labels"]["severity"] for rule in rules}:
        found = amtool("config", "routes", "test", f"--config.file={EXAMPLE}", f"severity={severity}").split()
        assert found == expected[severity]


def test_nothing_of_it_stands_on_the_platform_that_it_watches() -> None:
    said = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert "inhibit_rules" not in said
    addresses = [
        hook["url"] for receiver in said["receivers"] for hook in receiver.get("webhook_configs", ())
    ]  # fmt: skip
    assert addresses
    assert not any("/api/" in address or "anhu.example.org" in address for address in addresses)
