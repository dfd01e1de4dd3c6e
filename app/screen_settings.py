"""Settings of what people see on the desk besides alarms: their own map, and what a wall screen may name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from anhu.contract.errors import SettingsError
from anhu.contract.settings import says

_PMTILES = b"PMTiles\x03"


@dataclass(frozen=True, kw_only=True)
class ScreenSettings:
    """Part of an installation's settings."""

    demo: bool = field(
        default=False, metadata=says("say on every page that the residents are made up", "在每个页面上注明老人为虚构")
    )
    map_file: str = field(
        default="",
        metadata=says(
            "PMTiles file with your own map, shown to people who answer alarms; empty: a pin on blank ground",
            "自备地图文件（PMTiles），供处理报警的人员查看；留空则只显示位置点",
        ),
    )
    map_datum: str = field(
        default="wgs84",
        metadata=says("coordinates of that map: wgs84 or gcj02", "该地图的坐标系：wgs84 或 gcj02"),
    )
    wall_names: bool = field(default=False, metadata=says("name residents on wall screens", "在值守大屏上显示老人姓名"))

    def check_screens(self) -> None:
        """Raise `SettingsError` for a map that could not be drawn, or whose pins would stand in the wrong street."""
        if self.map_datum not in ("wgs84", "gcj02"):
            raise SettingsError("ANHU_MAP_DATUM", self.map_datum, "wgs84 or gcj02")
        if not self.map_file:
            return
        try:
            with Path(self.map_file).open("rb") as opened:
                begins = opened.read(8)
        except OSError as error:
            expected = f"a file that can be read ({type(error).__name__})"
            raise SettingsError("ANHU_MAP_FILE", self.map_file, expected) from None
        if begins != _PMTILES:
            raise SettingsError("ANHU_MAP_FILE", self.map_file, "a PMTiles file of version 3")
