from __future__ import annotations

from string import Formatter

import pytest

from anhu.contract.words import LANGUAGES, catalogue, text

ENTRIES = sorted(catalogue().items())


@pytest.mark.parametrize(("key", "entry"), ENTRIES, ids=[k for k, _ in ENTRIES])
def test_both_languages_say_the_same(key: str, entry: dict[str, str]) -> None:
    assert bool(entry["zh"].strip()) is bool(entry["en"].strip()), "one of the languages is missing"
    fields = [sorted(name for _, name, _, _ in Formatter().parse(entry[lang]) if name) for lang in ("zh", "en")]
    if ".time." not in key:  # a date is written with a number here and a name there
        assert fields[0] == fields[1], "the same values are filled in"


def test_unknown_key() -> None:
    with pytest.raises(KeyError):
        text("no.such_key", LANGUAGES[0])
