"""The file that names one InfluxDB a county: read, checked, and never repeating a token."""

from __future__ import annotations

from pathlib import Path

import pytest

from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret
from app.county_settings import read_counties
from app.settings import Settings

GOOD = """
parted_at = "2026-12-01T00:00:00+08:00"
[west]
url = "http://influxdb-west:8086"
token_file = "{token}"
counties = ["330106", "330110"]
[east]
url = "https://influxdb-east:8086"
token_file = "{token}"
bucket = "east"
counties = ["330105"]
"""


def written(folder: Path, text: str) -> str:
    (folder / "token").write_text("top-secret\n", "utf-8")
    file = folder / "counties.toml"
    file.write_text(text.replace("{token}", str(folder / "token")), "utf-8")
    return str(file)


def test_each_county_has_its_store(tmp_path: Path) -> None:
    found = read_counties(written(tmp_path, GOOD))
    assert found is not None
    assert dict(found.store_of) == {"330106": "west", "330110": "west", "330105": "east"}
    assert found.parted_ms == 1_796_054_400_000
    assert found.stores["east"].bucket == "east"
    assert str(found.stores["west"].token) == "top-secret"
    assert "top-secret" not in repr(found)
    assert read_counties("") is None


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("[west]", "[default]", "default"),
        ("counties = [", "county = [", "county"),
        ('"330105"', '"330106"', "330106"),
        ('"330105"', '"999999"', "999999"),
        ('"330105"', "", "east.counties"),
        ("http://influxdb-west:8086", "influxdb-west:8086", "west.url"),
        ("[east]", "[a b]", "TOML"),
        ('token_file = "', 'token_file = "/nowhere', "token_file"),
        ("+08:00", "", "parted_at"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    assert was in GOOD
    with pytest.raises(SettingsError, match=told) as raised:
        read_counties(written(tmp_path, GOOD.replace(was, becomes)))
    assert "top-secret" not in str(raised.value)


def test_a_token_that_is_left_out_is_the_installations_and_an_empty_one_is_a_mistake(tmp_path: Path) -> None:
    found = read_counties(written(tmp_path, GOOD.replace('token_file = "{token}"\nbucket', "bucket")))
    assert found is not None
    assert (found.stores["east"].token, str(found.stores["west"].token)) == ("", "top-secret")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingsError, match=r"west\.token_file"):
        read_counties(written(tmp_path, GOOD.replace("{token}", str(tmp_path / "empty"), 1)))


def test_a_wrong_file_stops_the_start(tmp_path: Path) -> None:
    influx = {"store": "influxdb", "influxdb_url": "http://a:8086", "influxdb_token": Secret("t")}
    with pytest.raises(SettingsError, match="ANHU_INFLUXDB_FILE"):
        Settings(data=tmp_path, influxdb_file=str(tmp_path / "nothing.toml"), **influx)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="embedded"):
        Settings(data=tmp_path, influxdb_file=written(tmp_path, GOOD))
