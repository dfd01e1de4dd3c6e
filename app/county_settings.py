"""Which InfluxDB takes which county: a small TOML file, read once at the start.

One table a store, named as the store is called everywhere; the default store is that of ``ANHU_INFLUXDB_URL``::

    parted_at = "2026-12-01T00:00:00+08:00"   # until then everything was in the default store; leave out in a new city

    [west]
    url = "http://influxdb-west:8086"
    token_file = "/run/secrets/influxdb-west"
    counties = ["330106", "330110"]

The token, ``org`` and ``bucket`` are as ``ANHU_INFLUXDB_TOKEN``, ``ANHU_INFLUXDB_ORG``, ``ANHU_INFLUXDB_BUCKET`` where
they are left out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anhu.contract.clock import SECOND_MS
from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.identity import checked_id
from anhu.contract.settings import Secret, says
from anhu.registry.regions import is_region

VARIABLE = "ANHU_INFLUXDB_FILE"
DEFAULT = "default"
_COUNTY = 6
_KEYS = frozenset({"url", "token_file", "org", "bucket", "counties"})


@dataclass(frozen=True, kw_only=True)
class CountySettings:
    """A part of the installation's settings."""

    influxdb_file: str = field(
        default="",
        metadata=says(
            "TOML file that names one InfluxDB a county; empty: one for all",
            "按区县指定 InfluxDB 的 TOML 文件；空则全部使用同一个",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAddress:
    """One InfluxDB. An empty token, organisation or bucket is the installation's."""

    url: str
    token: Secret
    org: str = ""
    bucket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counties:
    """What the file says.

    Attributes
    ----------
    stores : mapping
        Name -> where it is; without the default one.
    store_of : mapping
        County, six digits -> name.
    parted_ms : int
        Until then everything was in the default store; 0: never. [ms]
    """

    stores: Mapping[str, StoreAddress]
    store_of: Mapping[str, str]
    parted_ms: int = 0


def read_counties(file: str) -> Counties | None:
    """Read the file; None where there is none to read. Raises `SettingsError`, which repeats no secret."""
    if not file:
        return None
    try:
        told = tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(VARIABLE, file, f"a TOML file that can be read ({error})") from None
    parted = told.pop("parted_at", None)
    stores = {name: _store(name, table) for name, table in told.items()}
    if not stores:
        raise SettingsError(VARIABLE, file, "at least one table, such as [west]")
    return Counties(stores=stores, store_of=_counties(told), parted_ms=_time_ms(parted))


def _store(name: str, table: Any) -> StoreAddress:  # noqa: ANN401 - as TOML gives it
    try:
        checked_id(name, field=VARIABLE)
    except FieldError:
        raise SettingsError(VARIABLE, name, "a name of letters, digits and . _ -") from None
    if name == DEFAULT or not isinstance(table, dict):
        raise SettingsError(VARIABLE, name, "tables of stores; the default one is ANHU_INFLUXDB_URL")
    if unknown := sorted(table.keys() - _KEYS):
        raise SettingsError(VARIABLE, f"{name}.{unknown[0]}", f"one of {', '.join(sorted(_KEYS))}")
    url = urlsplit(str(table.get("url", "")))
    if url.scheme not in ("http", "https") or not url.hostname:
        raise SettingsError(VARIABLE, f"{name}.url", "an address such as https://influxdb-west:8086")
    token = _token(name, str(table["token_file"])) if "token_file" in table else ""
    org, bucket = str(table.get("org", "")), str(table.get("bucket", ""))
    return StoreAddress(url=str(table["url"]), token=Secret(token), org=org, bucket=bucket)


def _token(name: str, file: str) -> str:
    try:
        token = Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(VARIABLE, f"{name}.token_file", f"a file with the token ({error})") from None
    if not token:
        raise SettingsError(VARIABLE, f"{name}.token_file", "a file with the token (it is empty)")
    return token


def _counties(told: Mapping[str, Any]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, table in told.items():
        named = table.get("counties")
        if not isinstance(named, list) or not named:
            raise SettingsError(VARIABLE, f"{name}.counties", 'counties by their six digits, such as ["330106"]')
        for county in map(str, named):
            if len(county) != _COUNTY or not is_region(county):
                raise SettingsError(VARIABLE, f"{name}.counties: {county}", "a county's six digits (GB/T 2260)")
            if county in found:
                raise SettingsError(VARIABLE, f"{name}.counties: {county}", f"one that is not {found[county]}'s too")
            found[county] = name
    return found


def _time_ms(parted: Any) -> int:  # noqa: ANN401 - as TOML gives it
    if parted is None:
        return 0
    try:
        at = parted if isinstance(parted, datetime) else datetime.fromisoformat(str(parted))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise SettingsError(VARIABLE, f"parted_at: {parted}", "a time with its zone, such as 2026-12-01T00:00:00+08:00")
    return int(at.timestamp() * SECOND_MS)
