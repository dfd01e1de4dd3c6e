"""Identity numbers and telephone numbers as people write them, against what others make of them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from anhu.contract.errors import FieldError
from anhu.registry.facts import check_fact, dialled
from anhu.registry.identity_numbers import check_bearer, check_character, identity_number
from anhu.registry.phones import kept_phone, shown_phone

TODAY = date(2026, 11, 29)
AREAS = ("110105", "330106", "440524", "650102", "340524")


@given(
    st.sampled_from(AREAS),
    st.dates(date(1907, 1, 1), TODAY),
    st.integers(0, 999),
    st.sampled_from("0123456789X"),
)
def test_a_number_is_taken_exactly_when_the_library_finds_its_check_digit(
    area: str, born: date, row: int, last: str
) -> None:
    number = f"{area}{born:%Y%m%d}{row:03d}{last}"
    if last != ric.calc_check_digit(number):
        with pytest.raises(FieldError):
            identity_number(number, today=TODAY)
        return
    read = identity_number(number, today=TODAY)
    assert (read.number, read.birth_date) == (number, ric.get_birth_date(number).isoformat())
    assert read.sex == ("male" if row % 2 else "female")


@pytest.mark.parametrize(
    "written",
    ["11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ", "110105-19491231-002X"],
)
def test_it_is_taken_as_people_write_it(written: str) -> None:
    read = identity_number(written, today=TODAY)
    assert read == ("11010519491231002X", "1949-12-31", "female")
    assert read.last_four == "002X"


def test_one_of_fifteen_digits_becomes_the_new_one() -> None:
    assert identity_number("110105491231002", today=TODAY).number == "11010519491231002X"


@pytest.mark.parametrize(
    "written",
    ["", "110105194912310021", "11010519491331002X", "1.10105194912310E+17", "110105194912310000", "1" * 18],
)
def test_what_cannot_be_is_refused_and_not_told_again(written: str) -> None:
    with pytest.raises(FieldError) as refused:
        identity_number(written, today=TODAY)
    assert refused.value.zh
    assert len(written) < 8 or written[:12] not in str(refused.value)


@given(st.integers(10**16, 10**17 - 1), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(first: int, place: int, off: int) -> None:
    text = str(first)
    wrong = text[:place] + str((int(text[place]) + off) % 10) + text[place + 1 :]
    assert check_character(text) != check_character(wrong)


def test_another_birth_date_or_sex_than_the_number_has_is_refused() -> None:
    number = identity_number("11010519491231002X", today=TODAY)
    check_bearer(number, birth_date="", sex="")
    check_bearer(number, birth_date="1949-12-31", sex="female")
    with pytest.raises(FieldError, match="birth_date"):
        check_bearer(number, birth_date="1949-12-30", sex="")
    with pytest.raises(FieldError, match="sex"):
        check_bearer(number, birth_date="", sex="male")


@pytest.mark.parametrize(
    ("written", "kept", "shown", "dial"),
    [
        ("13800138000", "+8613800138000", "138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000", "138 0013 8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000", "138 0013 8000", "+8613800138000"),
        ("0571-88880000", "+8657188880000", "0571 8888 0000", "+8657188880000"),
        ("(0571) 8888-0000 转 12", "+8657188880000;ext=12", "0571 8888 0000 转 12", "+8657188880000;ext=12"),
        ("88880000", "88880000", "88880000", "88880000"),
        ("120", "120", "120", "120"),
        ("12345", "12345", "12345", "12345"),
        ("+49 30 901820", "+4930901820", "+49 30 901820", "+4930901820"),
        ("400-820-8820", "+864008208820", "400 820 8820", "+864008208820"),
    ],
)
def test_a_telephone_number_is_kept_whole_and_shown_as_at_home(written: str, kept: str, shown: str, dial: str) -> None:
    once = check_fact("resident", "phone", written, longest=32, created_at_ms=None)
    assert once == kept
    assert check_fact("resident", "phone", once, longest=32, created_at_ms=None) == kept
    assert check_fact("resident", "phone", shown_phone(once), longest=32, created_at_ms=None) == kept
    assert shown_phone(kept) == shown
    assert dialled(kept) == dial


@pytest.mark.parametrize("written", ["1380013800", "138001380001", "+8613800", "+999 123456789", "05718888000000000"])
def test_a_number_with_a_digit_too_few_or_too_many_is_refused(written: str) -> None:
    with pytest.raises(FieldError, match="phone"):
        kept_phone("phone", written)


def test_a_landline_of_no_known_form_is_shown_with_the_zero_that_is_dialled() -> None:
    assert shown_phone(kept_phone("phone", "0571-5550101")) == "05715550101"


def test_elsewhere_the_same_digits_are_that_countrys() -> None:
    assert kept_phone("phone", "030 901820", region="DE") == "+4930901820"
    assert shown_phone("+4930901820", region="DE") == "030 901820"
