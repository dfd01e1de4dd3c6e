"""The page on a city's capacity says what was measured, and says so where nothing was."""

from __future__ import annotations

import math

import pytest

from app.capacity import BUSY, CORES, ROLES, WANTED, Figure, capacity_sections, figures, machines, needs

ALL = {name: Figure(10.0, wanted.unit, "a test", "none") for name, wanted in WANTED.items()}


def test_every_wanted_figure_is_in_the_file_with_its_unit_or_as_none() -> None:
    published = figures()
    assert set(published) == set(WANTED)
    for name, one in published.items():
        if one is not None:
            assert one.unit == WANTED[name].unit, name
            assert one.value > 0, name
            assert one.on, name
            assert one.command.startswith(("python -m tests.", "make ")), name


def test_what_was_not_measured_says_so() -> None:
    text = capacity_sections()["city-figures"]()
    for line in text.splitlines()[2:]:
        name = line.split("`")[1]
        assert ("not measured" in line) == (figures()[name] is None), name


def test_machines_follow_from_residents_and_messages() -> None:
    by_role = {need.role: need for need in needs(1_000_000, 20_000, ALL)}
    assert set(by_role) == {role.name for role in ROLES}
    gateway = by_role["gateway"]
    assert gateway.cores == pytest.approx(20_000 * 20e-6 / BUSY)
    assert gateway.memory_gib == pytest.approx(1_000_000 * 10 / 2**30)
    assert gateway.processes == math.ceil(gateway.cores) + 1
    assert machines([*by_role.values()]) == max(math.ceil(sum(one.cores for one in by_role.values()) / CORES), 2) + 1
    assert gateway.missing == ()


def test_a_figure_that_is_missing_makes_a_lower_bound_and_no_nought() -> None:
    known = ALL | {"kafka_append_cpu_us": None, "kafka_broker_cpu_us": None}
    by_role = {need.role: need for need in needs(1_000, 100, known)}
    assert by_role["gateway"].missing == ("kafka_append_cpu_us",)
    assert by_role["gateway"].cores == pytest.approx(100 * 10e-6 / BUSY)
    assert by_role["Kafka"].missing == ("kafka_broker_cpu_us",)


def test_what_was_measured_on_something_smaller_stands_in_and_is_named() -> None:
    known = ALL | {"city_engine_cpu_us": None, "engine_cpu_us": Figure(7.0, "µs", "a test", "none")}
    alerts = next(need for need in needs(1_000, 100, known) if need.role == "alerts")
    assert alerts.cores == pytest.approx(100 * 17e-6 / BUSY)
    assert alerts.missing == ("city_engine_cpu_us",)
