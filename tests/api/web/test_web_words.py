"""The pages' texts: every key is there and used, and nothing readable stands outside the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import api.web
from alerts.episodes.lifecycle import Outcome, Response
from anhu.contract.observation import Quality
from anhu.contract.quantities import QUANTITIES, Kind
from anhu.contract.words import catalogue
from anhu.registry.roles import Role

ROOM = Path(api.web.__file__).parent
TEMPLATES = sorted((ROOM / "templates").glob("*.html"))
SOURCES = [*TEMPLATES, *sorted(ROOM.rglob("*.py"))]
SCRIPTS = sorted((ROOM / "static").glob("*.js"))
WHOLE_KEY = re.compile(r"""\bt\(\s*f?["']([a-z_.0-9]+)["']""")
BEGINNING = re.compile(r"""\bt\(\s*f?["']([a-z_.]+[._])(?:["'] ~|\{)""")
TABLE = re.compile(r"""\bword\(\s*["']([a-z_]+)["']""")
QUOTED_KEY = re.compile(r"""["']((?:error|family|oidc_link)\.(?!html)[a-z_]+)["']""")
CLASSES = re.compile(r"\{% block (?:main|body)_class %\}.*?\{% endblock %\}")
SHOWN = ("title", "placeholder", "aria-label", "alt", "value")


def _used() -> tuple[set[str], set[str]]:
    keys: set[str] = set()
    beginnings: set[str] = set()
    for source in SOURCES:
        text = source.read_text("utf-8")
        beginnings |= {f"web.{found}" for found in BEGINNING.findall(text)}
        beginnings |= {f"web.{found}." for found in TABLE.findall(text)}
        keys |= {f"web.{found}" for found in WHOLE_KEY.findall(text) if not found.endswith((".", "_"))}
        keys |= {f"web.{found}" for found in QUOTED_KEY.findall(text)}
    return keys, beginnings


def test_every_key_that_a_page_names_is_in_the_catalogue() -> None:
    keys, beginnings = _used()
    assert len(keys) > 100
    assert keys - set(catalogue()) == set()
    assert [one for one in beginnings if not any(key.startswith(one) for key in catalogue())] == []


def test_every_key_of_the_pages_is_used() -> None:
    keys, beginnings = _used()
    own = {key for key in catalogue() if key.startswith("web.")}
    assert {key for key in own - keys if not key.startswith(tuple(beginnings))} == set()


def test_both_languages_take_the_same_values() -> None:
    for key, entry in catalogue().items():
        if key.startswith("web.") and not key.startswith(("web.time.date", "web.unit")):
            assert set(re.findall(r"\{(\w+)\}", entry["zh"])) == set(re.findall(r"\{(\w+)\}", entry["en"])), key


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("response", list(Response)),
        ("outcome", list(Outcome)),
        ("role", list(Role)),
        ("quality", [flag.name.lower() for flag in Quality if flag.name and flag]),
        ("unit", [row.unit for row in QUANTITIES.values() if row.unit and row.kind is not Kind.EVENT]),
    ],
)
def test_every_code_has_a_word(table: str, names: list[str]) -> None:
    assert [name for name in names if f"web.{table}.{name}" not in catalogue()] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_by_itself(template: Path) -> None:
    source = CLASSES.sub("", template.read_text("utf-8"))
    source = re.sub(r'(<button[^>]*?) value="[^"]*"', r"\1", source)  # sent, and not shown
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    attributes = re.findall(rf"""\b({"|".join(SHOWN)})="([^"]*)\"""", text)
    assert [value for _, value in attributes if re.search(r"[A-Za-z\u4e00-\u9fff]", value)] == []
    visible = re.sub(r"<[^>]*>", " ", re.sub(r"&[a-z]+;", " ", text))
    assert re.findall(r"[A-Za-z\u4e00-\u9fff]+", visible) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_script_or_style_in_it(template: Path) -> None:
    text = template.read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son[a-z]+=|javascript:", text) == []
    assert "|safe" not in text
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", text) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_speaks_no_language_and_asks_no_other_host(script: Path) -> None:
    text = script.read_text("utf-8")
    assert re.findall(r"[\u4e00-\u9fff]", text) == []
    assert re.findall(r"https?://", text) == []
