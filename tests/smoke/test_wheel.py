"""The wheel as somebody installs it who has no repository: what is in it, and that the installed copy works."""

from __future__ import annotations

import json
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

import anhu
from tests.smoke.empty_environment import TOP, Environment, build_wheel, installed
from tests.smoke.installation import Installation, until

_PACKED = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
ROOMS: list[str] = _PACKED["packages"]
_IMPORT_ALL = """
import importlib, json, pkgutil
found = {}
for room in %s:
    package = importlib.import_module(room)
    names = [room, *(m.name for m in pkgutil.walk_packages(package.__path__, room + "."))]
    for name in names:
        runs, is_extra = name.endswith(("__main__", "migrations.env")), name == "app.otel_tracer"
        if not runs and not is_extra:  # these run something when imported; tracing is an extra of its own
            found[name] = getattr(importlib.import_module(name), "__file__", "")
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Product:
    """The wheel and its installed copy."""

    wheel: Path
    environment: Environment
    folder: Path

    def files(self) -> dict[str, int]:
        """Return path -> size of what is in the wheel, its own description left out. [byte]."""
        with zipfile.ZipFile(self.wheel) as packed:
            return {f.filename: f.file_size for f in packed.infolist() if ".dist-info/" not in f.filename}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """Build the wheel once, and install it where there is nothing but what `requirements.lock` names."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(folder)
    return Product(wheel, installed(wheel, folder), folder)


@pytest.fixture
def installation(product: Product, tmp_path: Path) -> Iterator[Installation]:
    """Run the installed copy from a folder that has packages of our rooms' names, which must not be taken for ours."""
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text('raise ImportError("not ours")', encoding="utf-8")
    made = Installation(tmp_path, program=(str(product.environment.python.with_name("anhu")),))
    yield made
    made.stop()


def test_the_wheel_holds_every_file_of_every_room(product: Product) -> None:
    wanted = [*ROOMS, *(f":!{left_out}" for left_out in _PACKED["exclude"])]
    tracked = subprocess.run(["git", "ls-files", "--", *wanted], cwd=TOP, capture_output=True, check=True, text=True)
    files = product.files()
    assert [name for name in tracked.stdout.splitlines() if name not in files] == []
    for needed in (
        "alerts/models/fall.npz",
        "anhu/contract/published/wire-v1.schema.json",
        "anhu/contract/words/alerts.toml",
        "anhu/registry/migrations/versions/0001_lay_the_tables.py",
        "api/web/static/desk.js",
        "api/web/templates/desk.html",
        "gateway/codecs/zigbee2mqtt.py",
        "simulators/recordings/umafall_S05.npz",
    ):
        assert needed in files


def test_the_wheel_holds_nothing_else(product: Product) -> None:
    files = product.files()
    assert {name.partition("/")[0] for name in files} == set(ROOMS)
    strange = [name for name in files if name.endswith((".png", ".pyc")) or name.startswith("alerts/training")]
    assert [name for name in strange if not name.startswith("api/web/static/icon-")] == []
    large = sorted(name for name, size in files.items() if size > 150_000)
    assert large == ["alerts/models/fall.npz", "anhu/registry/regions/codes.txt"]
    assert product.wheel.stat().st_size < 9_000_000


def test_the_wheel_is_named_after_the_version(product: Product) -> None:
    assert product.wheel.name == f"anhu-{anhu.__version__}-py3-none-any.whl"


def test_every_module_of_the_installed_copy_can_be_imported_and_none_comes_from_elsewhere(product: Product) -> None:
    found = json.loads(product.environment.run("-c", _IMPORT_ALL % ROOMS, cwd=product.folder))
    assert len(found) > 350
    outside = [name for name, file in found.items() if not file.startswith(str(product.environment.packages))]
    assert outside == []


def test_the_installed_command_says_its_version(installation: Installation) -> None:
    assert installation.run("--version").stdout == f"anhu, version {anhu.__version__}\n"


def test_an_sos_reaches_the_desk_of_the_installed_copy(installation: Installation) -> None:
    installation.admin("create-centre", id="c-1", name="幸福里")
    installation.admin("create-resident", id="r-1", name="王秀英", centre="c-1")
    secret = installation.admin("create-device", id="watch-1", resident="r-1")["secret"]
    installation.log_in()
    installation.start()
    device = paho.Client(CallbackAPIVersion.VERSION2, "watch-1")
    device.username_pw_set("watch-1", secret)
    device.connect("127.0.0.1", installation.mqtt_port)
    device.loop_start()
    report = {"v": 1, "values": {"heart_rate": 71}, "events": [{"kind": "sos"}]}
    device.publish("anhu/v1/watch-1/up", json.dumps(report), qos=1).wait_for_publish(10)
    device.disconnect()
    device.loop_stop()
    (alert,) = until(lambda: installation.alerts("r-1"), installation.log)
    assert alert["kind"] == "sos"
    until(lambda: installation.get("/residents/r-1/observations", quantity="heart_rate")["points"], installation.log)
    assert installation.stop() == 0, installation.log()
