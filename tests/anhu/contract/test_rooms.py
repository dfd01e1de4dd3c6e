"""Whatever people call the bathroom and the front door, rules know it; and of what they do not know it is said."""

from __future__ import annotations

import pytest

from anhu.contract.rooms import meaning_of, room_of

BATHROOMS = (
    "bathroom", "Bathroom 2", "master-bathroom", "guest toilet", "WC", "wc1", "Shower Room", "en-suite", "主卫", "次卫",
    "客卫", "公卫", "卫生间", "卫生间1", "一楼厕所", "浴室", "淋浴间", "洗手间", "主卧卫生间", "盥洗室", "卫",
)  # fmt: skip
DOORS_OUT = (
    "front_door", "Front Door", "frontdoor", "main-door", "apartment door", "Entrance hall door", "entry", "back door",
    "防盗门", "大门", "大门门磁", "入户门", "进户门", "前门", "后门", "家门口", "玄关", "防盗门传感器",
)  # fmt: skip
ORDINARY = ("bedroom", "主卧", "客厅", "living room", "kitchen", "厨房", "阳台", "书房", "卧室门", "冰箱门", "hallway")


@pytest.mark.parametrize("word", BATHROOMS)
def test_a_bathroom_by_any_name(word: str) -> None:
    assert room_of(word) == meaning_of(word) == "bathroom"


@pytest.mark.parametrize("word", DOORS_OUT)
def test_a_door_out_by_any_name(word: str) -> None:
    assert room_of(word) == meaning_of(word) == "front_door"


@pytest.mark.parametrize("word", ORDINARY)
def test_other_rooms_stay_themselves(word: str) -> None:
    assert room_of(word) not in {"bathroom", "front_door"}


@pytest.mark.parametrize("word", ["zone 7", "A-12", "sensor", "保卫处", "wcx"])
def test_of_an_unknown_word_it_is_said(word: str) -> None:
    assert meaning_of(word) == ""
