"""The law of the house bites: each kind of arrow that must not be, planted in a copy, is refused by name."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PLANTED = (
    # floors
    ("anhu/contract/clock.py", "anhu.registry.rows"),
    ("anhu/contract/units.py", "anhu.log.port"),
    ("anhu/registry/rows.py", "alerts.kinds"),
    ("anhu/log/port.py", "gateway.codec"),
    ("ingest/letter.py", "gateway.intake"),
    ("gateway/intake.py", "ingest.batch"),
    ("gateway/device_register.py", "alerts.tables"),
    ("alerts/worker.py", "notify.dispatcher"),
    ("alerts/roster.py", "api.errors"),
    ("notify/dispatcher.py", "api.services.alerts"),
    ("api/services/devices.py", "app.settings"),
    # who may use what of a lower floor
    ("alerts/worker.py", "gateway.mqtt.reader"),
    ("api/services/alerts.py", "notify.leasing"),
    ("api/services/platform.py", "ingest.worker"),
    ("api/services/residents.py", "anhu.log.port"),
    ("api/services/people.py", "simulators.device"),
    ("alerts/replay.py", "dashboards.build"),
    ("alerts/worker.py", "anhu.log.embedded.reader"),
    ("ingest/worker.py", "ingest.store.embedded.writer"),
    ("ingest/replay.py", "ingest.store.influxdb.writer"),
    ("ingest/quality.py", "anhu.registry.tables"),
    ("ingest/letter.py", "anhu.outbox.writing"),
    ("notify/dispatcher.py", "ingest.batch"),
    ("simulators/device.py", "anhu.registry.tables"),
    ("simulators/report.py", "dashboards.build"),
    ("dashboards/panels.py", "anhu.log.port"),
    # siblings
    ("gateway/codecs/open_json/pushing.py", "gateway.codecs.zigbee2mqtt"),
    ("gateway/doors/broker/link.py", "gateway.doors.mqtt.server"),
    ("gateway/doors/topic_rules.py", "gateway.doors.mqtt.settings"),
    ("ingest/store/influxdb/writer.py", "ingest.store.embedded.schema"),
    ("notify/channels/email/sender.py", "notify.channels.webhook"),
    ("notify/subjects/planted.py", "notify.subjects.alert"),
    ("alerts/detectors/sos.py", "alerts.detectors.spo2_low"),
    # what a floor is made without
    ("anhu/contract/wire.py", "sqlalchemy"),
    ("gateway/codecs/imede_watch/decoding.py", "gateway.intake"),
    ("gateway/codecs/huawei_iotda/reading.py", "anhu.registry.tables"),
    ("gateway/mqtt/reader.py", "asyncio"),
    ("gateway/mqtt/writer.py", "gateway.doors.login_guard"),
    ("alerts/detectors/fall_motion.py", "alerts.engine.windows"),
    ("alerts/detectors/news2.py", "anhu.registry.tables"),
    ("alerts/rules/threshold.py", "alerts.engine.windows"),
    ("alerts/signal/filters.py", "alerts.rules.trigger"),
    ("alerts/kinds/table.py", "alerts.rules.trigger"),
    ("api/web/limits.py", "alerts.detectors.heart_rate_high"),
    ("alerts/engine/windows.py", "alerts.episodes.findings"),
    ("alerts/engine/windows.py", "sqlalchemy"),
    ("alerts/engine/not_worn.py", "anhu.registry.tables"),
    ("alerts/episodes/budget.py", "alerts.worker"),
    # pages
    ("api/web/cards.py", "gateway.mqtt.reader"),
    ("api/web/people.py", "ingest.worker"),
    ("api/web/desk.py", "anhu.registry.tables"),
    ("api/web/resident_page.py", "notify.leasing"),
    # api inside
    ("api/web/budget.py", "api.routes.budget"),
    ("api/routes/devices.py", "api.web.devices"),
    ("api/services/stream.py", "api.stream_feed"),
    ("api/visit.py", "api.services.alerts"),
    ("api/security/viewers.py", "api.services.login"),
    ("api/security/cookies.py", "api.gate"),
    ("api/schemas/users.py", "api.security.roles"),
    ("api/dependencies.py", "api.security.audit"),
)


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy with everything planted."""
    copy = tmp_path_factory.mktemp("house")
    for room in _rooms():
        shutil.copytree(TOP / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "*.png", "*.npz"))
    shutil.copy(TOP / "pyproject.toml", copy)
    for file, imported in PLANTED:
        path = copy / file
        text = path.read_text("utf-8") if path.exists() else '"""Planted, where there is only one yet."""\n'
        path.write_text(f"{text}\nimport {imported}\n", "utf-8")
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(linter), "--no-cache"], cwd=copy, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def _rooms() -> list[str]:
    rules = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    rooms: list[str] = rules["tool"]["importlinter"]["root_packages"]
    return rooms


@pytest.mark.parametrize(("file", "imported"), PLANTED)
def test_a_planted_arrow_is_refused(refused: str, file: str, imported: str) -> None:
    importer = file.removesuffix(".py").replace("/", ".")
    assert f"{importer} -> {imported} " in refused


def test_every_rule_was_broken_by_something_planted(refused: str) -> None:
    rules = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    names = {rule["name"] for rule in rules["tool"]["importlinter"]["contracts"]}
    assert {name for name in names if f"{name} BROKEN" not in refused} == set()


def test_every_room_is_under_the_law() -> None:
    packages = {path.parent.name for path in TOP.glob("*/__init__.py")} - {"tests"}
    assert packages == set(_rooms())
