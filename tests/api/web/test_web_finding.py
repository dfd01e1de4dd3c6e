"""A resident is found by what somebody on the phone says, and the list is in an order that people expect."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from anhu.registry.tables import Resident
from api.pinyin import sounds_like, syllables
from api.services import finding_people
from tests.api.web.scene import Scene
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("王秀英", "wang xiu ying"),
        ("曾国藩", "zeng guo fan"),
        ("单田芳", "shan tian fang"),
        ("尉迟恭", "yu chi gong"),
        ("欧阳文彬", "ou yang wen bin"),
        ("吕桂兰", "lv gui lan"),
        ("Anna Li", "a n n a l i"),
    ],
)
def test_a_name_is_read_as_people_say_it(name: str, said: str) -> None:
    assert " ".join(syllables(name)) == said


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *((typed, True) for typed in ("wxy", "WXY", "xy", "wangxiu", "xiu ying", "xi")),
        *((typed, False) for typed in ("wy", "angx", "12", "", "王")),
    ],
)
def test_first_letters_and_whole_syllables_find_a_name(typed: str, found: bool) -> None:  # noqa: FBT001 - a parameter
    assert sounds_like("王秀英", typed) is found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zgl", ["张桂兰"]),
        ("ouyang", ["欧阳文彬"]),
        ("13800138003", ["张桂兰"]),
        ("138 0013-8003", ["张桂兰"]),
        ("+86 13800138003", ["张桂兰"]),
        ("8003", ["张桂兰"]),
        ("13900139000", ["王秀英"]),
        ("湖滨路 66", ["张桂兰"]),
        ("qqq", []),
        ("12", ["陈永贵", "张桂兰"]),
    ],
)
def test_the_list_finds_by_sound_and_phone(reader: Reader, words: str, found: list[str]) -> None:
    page = reader()
    page.goto(at(page, "/residents?sort=name"))
    page.fill("#search", words)
    page.press("#search", "Enter")
    expect(page.locator("#search")).to_have_value(words)
    assert page.locator("tbody th a").all_inner_texts() == found


def test_the_list_is_in_the_order_of_sounds_or_of_need(scene: Scene, reader: Reader) -> None:
    scene.raise_alert("r-5", "battery_low", now_ms=time.time_ns() // 1_000_000)
    scene.raise_alert("r-1", "sos", now_ms=time.time_ns() // 1_000_000)
    page = reader()
    page.goto(at(page, "/residents"))
    by_sound = ["陈永贵", "李建国", "欧阳文彬", "王秀英", "张桂兰", "赵玉梅"]
    urgent = ["王秀英", "赵玉梅"]
    names = page.locator("tbody th a")
    assert names.all_inner_texts() == urgent + [one for one in by_sound if one not in urgent]
    page.click("text=按姓名")
    page.wait_for_url("**sort=name")
    assert names.all_inner_texts() == by_sound


@pytest.mark.parametrize("bound", [10, finding_people.SORTED_UP_TO])
def test_every_page_of_a_long_list_holds_others(
    scene: Scene, reader: Reader, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr(finding_people, "SORTED_UP_TO", bound)
    with scene.sessions.begin() as session:
        for n in range(150):
            session.add(Resident(id=f"m-{n}", name="张伟" if n % 2 else f"李{n}", centre_id="c-1", created_at_ms=0))
    page = reader()
    page.goto(at(page, "/residents"))
    seen: list[str] = []
    for _ in range(4):
        seen += page.locator("tbody th a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        following = page.locator(".pager a", has_text="下一页")
        if not following.count():
            break
        page.goto(at(page, following.get_attribute("href") or ""))
    assert len(seen) == len(set(seen)) == 156
