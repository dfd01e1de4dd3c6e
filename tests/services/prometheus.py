"""A real Prometheus: it asks for /metrics, and its rules call whoever runs the platform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import httpx

from tests.services.finding import find, need
from tests.services.process import HOST, ServiceProcess, free_port


def find_prometheus() -> Path | None:
    """Return its program."""
    return find("prometheus")


def find_promtool() -> Path:
    """Return its linter. Raises `ServiceMissingError` where there is none."""
    return need(find("promtool"), "promtool")


class Prometheus:
    """One Prometheus that asks one address every second.

    Parameters
    ----------
    folder : Path
        Empty folder for its configuration, data and log.
    target_port : int
        Who is asked for ``/metrics``.
    token : str
        Sent as bearer token.
    rules : Path
        File of its alert rules.
    """

    def __init__(self, folder: Path, target_port: int, *, token: str, rules: Path) -> None:
        program = need(find_prometheus(), "Prometheus")
        self._url = f"http://{HOST}:{free_port()}"
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "scrape_configs": [
                {
                    "job_name": "anhu",
                    "authorization": {"credentials": token},
                    "static_configs": [{"targets": [f"{HOST}:{target_port}"]}],
                }
            ],
        }
        file = folder / "prometheus.yml"
        file.write_text(json.dumps(config), "utf-8")  # JSON is YAML
        listen = f"--web.listen-address={self._url.removeprefix('http://')}"
        command: list[str | Path] = [program, f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}", listen]
        self._process = ServiceProcess(command, log=folder / "prometheus.log", ready=self._is_ready)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return what an expression gives now."""
        found: list[dict[str, Any]] = self._ask("query", query=expression)["result"]
        return found

    def alerts(self) -> dict[str, str]:
        """Return the state of each alert that is not quiet."""
        return {one["labels"]["alertname"]: one["state"] for one in self._ask("alerts")["alerts"]}

    def targets(self) -> list[dict[str, Any]]:
        """Return who is asked, and what came of it."""
        found: list[dict[str, Any]] = self._ask("targets")["activeTargets"]
        return found

    def rules(self) -> set[str]:
        """Return the names of the rules that were loaded."""
        return {rule["name"] for group in self._ask("rules")["groups"] for rule in group["rules"]}

    def _ask(self, what: str, **parameters: str) -> Any:  # noqa: ANN401 - whatever it answers
        return httpx.get(f"{self._url}/api/v1/{what}", params=parameters).raise_for_status().json()["data"]

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/-/ready").is_success
        except httpx.HTTPError:
            return False
