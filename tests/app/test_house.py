"""What the README says a room may import is what the linter lets it import."""

from __future__ import annotations

import tomllib
from pathlib import Path

from app import house

PYPROJECT = Path(house.__file__).parents[1] / "pyproject.toml"
FLOORS = {
    "name": "floors",
    "type": "layers",
    "layers": ["app", "api | notify", "gateway", "anhu.log", "anhu.contract"],
}


def test_a_room_may_import_every_floor_below_it_and_no_sibling() -> None:
    allowed = house.may_import([FLOORS])
    assert allowed["api"] == ("gateway", "anhu.log", "anhu.contract")
    assert allowed["anhu.contract"] == ()


def test_what_is_protected_is_left_out_or_named() -> None:
    gateway = {"type": "protected", "protected_modules": ["gateway"], "allowed_importers": ["app"]}
    adapter = {"type": "protected", "protected_modules": ["anhu.log.embedded"], "allowed_importers": ["app"]}
    allowed = house.may_import([FLOORS, gateway, adapter])
    assert allowed["notify"] == ("anhu.log (not embedded)", "anhu.contract")
    assert allowed["app"] == ("api", "notify", "gateway", "anhu.log", "anhu.contract")


def test_of_a_forbidden_room_only_the_exception_stays() -> None:
    rule = {
        "type": "forbidden",
        "source_modules": ["api", "notify"],
        "forbidden_modules": ["gateway.**"],
        "ignore_imports": ["api.** -> gateway.port"],
    }
    allowed = house.may_import([FLOORS, rule])
    assert allowed["api"] == ("gateway.port", "anhu.log", "anhu.contract")
    assert allowed["notify"] == ("anhu.log", "anhu.contract")


def test_every_room_of_the_law_is_described() -> None:
    rules = tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]
    described = {room.name for room in house.ROOMS}
    assert described == set(house.may_import(rules["contracts"]))
    assert {name.partition(".")[0] for name in described} == set(rules["root_packages"])
