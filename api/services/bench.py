"""The vendors' bench, and how a vendor's devices do: counts by model, never of whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import case, func, select

from alerts.kinds import SHEETS
from alerts.tables import Alert
from anhu.contract.clock import DAY_MS
from anhu.contract.errors import FieldError
from anhu.registry.tables import Device
from api.codec_bench import BenchReport, CodecBench
from api.dependencies import Dependencies
from api.errors import NotFoundError, UnavailableError
from api.security.audit import record
from api.security.roles import Permission, Viewer, require
from api.security.visibility import visible_devices
from api.visit import visit_many

LEAST_DEVICES = 5
"""Of fewer devices of a model nothing is told: a figure of one device is one of its wearer."""
_WITHIN_MS = 90 * DAY_MS
_MOST_CHARS = 65_536
_SILENT = tuple(code for path, sheet in SHEETS.items() if path.endswith("/device_silent") for code in sheet.raises)


class ModelFigures(NamedTuple):
    """How the devices of one model did in the last 90 days."""

    model: str
    devices: int
    alarms: int
    false_alarms: int
    device_faults: int
    silences: int


class Trial(NamedTuple):
    """What became of a payload: for programs, and as text for people."""

    found: Mapping[str, Any]
    text: str


def bench_of(deps: Dependencies, viewer: Viewer) -> CodecBench:
    """Return the bench. Raises `ForbiddenError`; `UnavailableError` where this process has none."""
    require(viewer, Permission.MANAGE_PRODUCTS)
    if deps.bench is None:
        raise UnavailableError("there is no bench in this process")
    return deps.bench


def try_payload(deps: Dependencies, viewer: Viewer, given: Mapping[str, str]) -> Trial:
    """Try a payload as text, or as hexadecimal digits. Raises `FieldError`, `NotFoundError`."""
    bench = bench_of(deps, viewer)
    codec, text = given.get("codec", ""), given.get("payload", "")
    _check_codec(bench, codec)
    if not 0 < len(text) <= _MOST_CHARS:
        raise FieldError("payload", f"{len(text)} characters", f"1 to {_MOST_CHARS}", zh=f"1 至 {_MOST_CHARS} 个字符")
    device_id = given.get("device_id", "") or "dev-1"
    found = bench.try_payload(codec, _bytes(text, given.get("form", "")), given.get("route", ""), device_id[:64])
    return Trial(found, json.dumps(found, ensure_ascii=False, indent=2, default=str))


def examine_codec(deps: Dependencies, viewer: Viewer, codec: str) -> BenchReport:
    """Run the conformance of a codec; who did is on record."""
    bench = bench_of(deps, viewer)
    _check_codec(bench, codec)
    found = bench.examine(codec)
    with deps.sessions.begin() as session:
        detail = {"passed": found.passed}
        record(session, viewer, "codec.examine", now_ms=deps.clock.now_ms(), object_id=codec, detail=detail)
    return found


def model_figures(deps: Dependencies, viewer: Viewer) -> list[ModelFigures]:
    """Return how the viewer's devices did, by model; of a model with too few of them nothing."""
    with visit_many(deps, viewer, "codec.figures", permission=Permission.MANAGE_PRODUCTS) as visit:
        mine = visible_devices(viewer)
        counted = select(Device.model, func.count()).where(mine, Device.enabled).group_by(Device.model)
        devices: dict[str, int] = {row[0]: row[1] for row in visit.session.execute(counted)}
        since = (Alert.raised_at_ms > visit.now_ms - _WITHIN_MS, Alert.practice == "")
        asked = (
            select(
                Device.model,
                func.count(),
                func.sum(case((Alert.outcome == "false_alarm", 1), else_=0)),
                func.sum(case((Alert.outcome == "device_fault", 1), else_=0)),
                func.sum(case((Alert.kind.in_(_SILENT), 1), else_=0)),
            )
            .join(Alert, Alert.device_id == Device.id)
            .where(mine, *since)
            .group_by(Device.model)
        )
        rows = {row[0]: row[1:] for row in visit.session.execute(asked)}
    none = (0, 0, 0, 0)
    return [
        ModelFigures(model, count, *(int(one) for one in rows.get(model, none)))
        for model, count in sorted(devices.items())
        if count >= LEAST_DEVICES
    ]


def _check_codec(bench: CodecBench, codec: str) -> None:
    if codec not in bench.titles:
        raise NotFoundError(f"no codec {codec!r}")


def _bytes(text: str, form: str) -> bytes:
    if form != "hex":
        return text.encode()
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise FieldError("payload", text[:40], "hexadecimal digits, two a byte", zh="十六进制，每字节两位") from None
