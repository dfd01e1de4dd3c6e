"""What a process answers an orchestrator: alive, ready, in numbers. Nothing secret, nobody's name."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol

from app.probes.numbers import Numbers
from app.probes.readiness import Readiness
from app.probes.server import Answer, Page, said


class _Asked(Protocol):
    @property
    def ready(self) -> Readiness: ...
    @property
    def numbers(self) -> Numbers: ...


def pages(asked: _Asked) -> Mapping[str, Page]:
    """Return path -> what answers there."""
    return {
        "/healthz": lambda: said(HTTPStatus.OK),
        "/readyz": lambda: _readiness(asked.ready),
        "/metrics": lambda: _metrics(asked.numbers),
    }


def _readiness(ready: Readiness) -> Answer:
    missing = ready.missing()
    return said(HTTPStatus.SERVICE_UNAVAILABLE, *missing) if missing else said(HTTPStatus.OK)


def _metrics(numbers: Numbers) -> Answer:
    from prometheus_client import CONTENT_TYPE_LATEST, ProcessCollector  # noqa: PLC0415 - a process nobody asks

    from anhu.contract.exposition import exposed, of_process  # noqa: PLC0415 - needs no Prometheus in its memory

    families = [*of_process(numbers.process, numbers.counters()), *numbers.families()]
    return Answer(HTTPStatus.OK, exposed(families, ProcessCollector(registry=None)), CONTENT_TYPE_LATEST)
