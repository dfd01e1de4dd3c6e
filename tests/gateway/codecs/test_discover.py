from __future__ import annotations

import logging
from importlib import metadata
from pathlib import Path

import pytest

from anhu.contract.errors import SettingsError
from gateway import codecs
from gateway.codecs import discover, open_json

OWN = """
from dataclasses import replace
from gateway.codecs.open_json import CODEC as OPEN
CODEC = replace(OPEN, name="{name}")
"""


def test_the_built_in_families_are_found() -> None:
    assert discover().keys() >= {"open_json", "zigbee2mqtt", "huawei_iotda", "imede_watch"}


def test_a_file_of_the_installation_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN.format(name="mine"), "utf-8")
    (tmp_path / "_notes.py").write_text("raise RuntimeError", "utf-8")
    assert discover(tmp_path)["mine"].decode is open_json.decode


@pytest.mark.parametrize("text", ["raise RuntimeError('boom')", "x = 1", "CODEC = 7", "def (", "import no_such_module"])
def test_a_broken_file_of_the_installation_is_reported_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    (tmp_path / "broken.py").write_text(text, "utf-8")
    (tmp_path / "mine.py").write_text(OWN.format(name="mine"), "utf-8")
    with caplog.at_level(logging.ERROR):
        assert "mine" in discover(tmp_path)
    assert "broken.py is left out" in caplog.text


def test_a_name_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN.format(name="open_json"), "utf-8")
    with pytest.raises(SettingsError, match=r"codec: got 'open_json', expected a name of its own: gateway\.codecs\."):
        discover(tmp_path)


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="expected a folder that exists"):
        discover(tmp_path / "none")


def test_a_broken_built_in_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cracked_codec.py").write_text("raise RuntimeError('boom')", "utf-8")
    monkeypatch.setattr(codecs, "__path__", [*codecs.__path__, str(tmp_path)])
    with pytest.raises(RuntimeError, match="boom"):
        discover()


def entry_point(value: str) -> metadata.EntryPoint:
    return metadata.EntryPoint(name="x", value=value, group="anhu.codecs")


def test_installed_distributions_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "vendor_codec.py").write_text(OWN.format(name="vendor"), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    points = [entry_point("vendor_codec:CODEC"), entry_point("vendor_codec:NOTHING"), entry_point("absent:CODEC")]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points if group == "anhu.codecs" else [])
    with caplog.at_level(logging.ERROR):
        assert "vendor" in discover()
    assert caplog.text.count("is left out") == 2
