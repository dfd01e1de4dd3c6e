"""National identity numbers (GB 11643): whether one can be, and what it says of its bearer. Pure.

Resident permits of Hong Kong, Macao and Taiwan and the permanent residence card have the same form. The area is that of
the first issue and is not compared with today's regions.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from anhu.contract.errors import FieldError

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_LEGACY = re.compile(r"[1-9][0-9]{14}")
_LAST = 4
FIELD = "identity_number"


class IdentityNumber(NamedTuple):
    """A number, and what it says of its bearer."""

    number: str
    birth_date: str
    sex: str

    @property
    def last_four(self) -> str:
        """What is shown of it."""
        return self.number[-_LAST:]


def check_character(first_17: str) -> str:
    """Return the eighteenth character of seventeen digits."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True)) % 11]


def identity_number(text: str, *, today: date) -> IdentityNumber:
    """Return the number that was written: full-width digits, spaces and a small x are taken; one of 15 is made new.

    Raises
    ------
    FieldError
        Naming what is wrong; of the number no more than its end.
    """
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    if _LEGACY.fullmatch(number):
        first = f"{number[:6]}19{number[6:]}"
        number = first + check_character(first)
    if _NUMBER.fullmatch(number) is None:
        raise _refused(number, "18 characters: 17 digits and a check character", "18 位：17 位数字加 1 位校验码")
    if number[-1] != check_character(number[:-1]):
        raise _refused(number, "a number whose check character fits: a digit is wrong", "校验码相符的号码：某一位有误")
    born = _born(number)
    if born is None or not date(today.year - 120, 1, 1) <= born <= today:
        raise _refused(number, "a number that holds a real date of birth", "含真实出生日期的号码")
    return IdentityNumber(number, born.isoformat(), "male" if int(number[16]) % 2 else "female")


def check_bearer(number: IdentityNumber, *, birth_date: str, sex: str) -> None:
    """Raise `FieldError` where a birth date or sex that was entered is not that of the number; empty ones agree."""
    if birth_date and birth_date != number.birth_date:
        expected = f"{number.birth_date}, as the identity number has it"
        raise FieldError("birth_date", birth_date, expected, zh=f"{number.birth_date}（身份证号所示）")
    if sex and sex != number.sex:
        word = "男" if number.sex == "male" else "女"
        raise FieldError("sex", sex, f"{number.sex}, as the identity number has it", zh=f"{word}（身份证号所示）")


def _born(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _refused(number: str, expected: str, chinese: str) -> FieldError:
    return FieldError(FIELD, f"…{number[-_LAST:]} ({len(number)})", expected, zh=chinese)
