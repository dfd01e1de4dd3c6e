"""What a browser sees of an address that is wrong, of a page that breaks, and of the API."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from api.web import budget
from tests.api.web.test_web_pages import at

Reader = Callable[..., Page]
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize("path", ["/nowhere", "/admin/nothing", "/desk/nothing", "/residents/r-none"])
@pytest.mark.parametrize(("language", "words"), [("zh-CN", "没有这个页面"), ("en", "There is no such page")])
def test_an_address_that_is_not_there_is_a_page(reader: Reader, path: str, language: str, words: str) -> None:
    page = reader(language=language)
    answer = page.goto(at(page, path))
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("main")).to_contain_text(words)
    expect(page.locator(".menu a").first).to_be_visible()
    page.click("main .button")
    page.wait_for_url("**/desk")


def test_a_program_reads_problems_and_a_browser_pages(reader: Reader) -> None:
    page = reader(language="en")
    for path, status in (("/nowhere", 404), ("/logout", 405)):
        program = page.request.get(at(page, path), headers={"Accept": "application/json"})
        assert (program.status, program.headers["content-type"]) == (status, "application/problem+json")
        person = page.request.get(at(page, path), headers=HTML)
        assert person.status == status
        assert person.headers["content-type"].startswith("text/html")
        assert person.headers["content-security-policy"]
    assert page.request.get(at(page, "/logout"), headers=HTML).headers["allow"] == "POST"
    api = page.request.get(at(page, "/api/v1/nowhere"), headers=HTML)
    assert api.headers["content-type"] == "application/problem+json"


def test_a_page_that_breaks_says_so_and_shows_nothing(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(budget, "budget", broken)
    page = reader(language="en")
    answer = page.goto(at(page, "/budget"))
    assert answer is not None
    assert answer.status == 500
    expect(page.locator("main")).to_contain_text("its log says what")
    assert "hunter2" not in page.content()
    assert httpx.get(at(page, "/budget"), headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_api_is_a_page_that_needs_no_other_host(reader: Reader, language: str) -> None:
    page = reader("vendor", language=language)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.click(".menu a[href='/docs']")
    document = page.request.get(at(page, "/openapi.json")).json()
    wanted = [f"{method.upper()} {path}" for path, found in document["paths"].items() for method in found]
    shown = [" ".join(text.split()[:2]) for text in page.locator(".operation summary").all_inner_texts()]
    assert sorted(shown) == sorted(wanted)
    assert len(shown) > 45
    for name in document["components"]["schemas"]:
        assert page.locator(f"[id='model-{name}']").count() == 1, name
    targets = page.locator("main a[href^='#']").evaluate_all("all => all.map(one => one.getAttribute('href').slice(1))")
    assert [one for one in set(targets) if not page.locator(f"[id='{one}']").count()] == []
    page.locator(".operation summary").first.click()
    expect(page.locator(".operation pre").first).to_contain_text("curl -H 'Authorization: Bearer")
    assert all(url.startswith(at(page, "/")) for url in asked)


def test_a_desk_finds_no_api_in_its_menu(reader: Reader) -> None:
    page = reader()
    assert page.locator(".menu a[href='/docs']").count() == 0
