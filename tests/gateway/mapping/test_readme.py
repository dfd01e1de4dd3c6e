"""What the mapping's README shows is so: its example works, and its mistakes are told in these very words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from anhu.contract.errors import FieldError
from gateway.mapping import description, loading, marked_yaml, meanings, paths, reading
from gateway.mapping.loading import mapped_from
from gateway.vendor_bench.examination import examine

README = Path(loading.__file__).with_name("README.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def test_its_example_passes_its_examination() -> None:
    mapped = mapped_from(EXAMPLE, "acme.yaml")
    assert not mapped.mistakes
    assert examine(mapped.codec).passed


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("heart_rate, absent", "hart_rate, absent"), ("1: sos", "1: fal"), ("vitals.temp", "vitals.tmep")],
)
def test_its_mistakes_are_told_in_these_words(right: str, wrong: str) -> None:
    assert right in EXAMPLE
    try:
        (told,) = mapped_from(EXAMPLE.replace(right, wrong), "acme.yaml").mistakes
    except FieldError as error:
        told = error  # type: ignore[assignment]
    assert f"\n{told}\n" in README


def test_its_limits_are_those_of_the_code() -> None:
    limits = " ".join(README[README.index("## Limits") :].split())
    assert f"{marked_yaml.MOST_BYTES // 1024} KiB a file" in limits
    assert f"{marked_yaml.MOST_ENTRIES:,} entries, {marked_yaml.MOST_DEPTH} levels" in limits
    assert f"{loading.MOST_TOPICS} topics, {description.MOST_RULES} rules a group" in limits
    assert f"{meanings.MOST_VALUES} values a rule, {paths.MOST_STEPS} steps a path" in limits
    assert f"{paths.MOST_FOUND:,} elements and {reading._MOST_OBSERVATIONS:,} observations a message" in limits
