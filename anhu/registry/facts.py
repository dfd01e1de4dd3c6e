"""What may be written down of people, places and devices: one set of rules for pages, API and command line. Pure.

Texts are trimmed as every entrance trims them; errors name the field, the value and what was expected, in both
languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from anhu.contract.errors import FieldError
from anhu.contract.words import LANGUAGES
from anhu.registry.phones import kept_phone
from anhu.registry.regions import check_region

_WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What every entrance takes away around a text: the white space of Unicode, and nothing else."""
_LINE_BREAKS = frozenset("\n\r\t")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows: a name must not rearrange a page."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OLDEST_YEARS = 120
_PHONE = re.compile(r"\+?[0-9(][0-9 ()./-]*(?:(?:;ext=|x|ext\.?|转|#|,)\s*[0-9]{1,6})?")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_FEWEST_DIGITS, _MOST_DIGITS = 3, 15
_LOGIN = re.compile(r"[A-Za-z0-9_.@-]{2,64}")
_LONGEST_NOTE = 1_000


def trimmed(text: str) -> str:
    """Return a text without the white space around it."""
    return text.strip(_WHITE)


def check_text(field: str, value: str, *, longest: int | None, lines: bool = False) -> None:
    """Raise `FieldError` for a text that is too long or holds what nobody can see or write."""
    if longest is not None and len(value) > longest:
        raise FieldError(field, value, f"at most {longest} characters", zh=f"至多 {longest} 个字符")
    allowed = _LINE_BREAKS if lines else frozenset()
    if any(c in _TURNING or (unicodedata.category(c) in _UNSEEN and c not in allowed) for c in value):
        raise FieldError(field, value, "a text without control characters", zh="不含控制字符的文字")


def check_name(field: str, value: str) -> None:
    """Raise `FieldError` for a name in which there is nothing to see."""
    if not any(unicodedata.category(c)[0] in "LNPS" for c in value):
        raise FieldError(field, value, "a name with at least one letter", zh="至少含一个可见字符的名称")


def check_birth_date(field: str, value: str, *, today: date) -> None:
    """Raise `FieldError` for what is no day on which somebody may have been born; empty: not known."""
    if not value:
        return
    try:
        born = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        born = None
    if born is None or not date(today.year - _OLDEST_YEARS, 1, 1) <= born <= today:
        expected = f"a day YYYY-MM-DD of the last {_OLDEST_YEARS} years"
        raise FieldError(field, value, expected, zh=f"近 {_OLDEST_YEARS} 年内的真实日期 YYYY-MM-DD")


def plain_number(text: str) -> str:
    """Return a telephone number with the digits and signs that telephones know: people type ``１３８００…`` too."""
    return unicodedata.normalize("NFKC", text).translate(_DASHES)


def dialled(number: str) -> str:
    """Return what a telephone dials for a number as people write it; an extension as RFC 3966 has it."""
    main, _, extension = re.sub(r"x|ext\.?|转|#|,", ";", plain_number(number), count=1).partition(";")
    digits = "".join(c for c in main if c.isdigit() or c == "+")
    beyond = "".join(c for c in extension if c.isdigit())
    return f"{digits};ext={beyond}" if beyond else digits


def check_phone(field: str, value: str) -> None:
    """Raise `FieldError` for what no telephone can dial; empty: none."""
    digits = sum(c.isascii() and c.isdigit() for c in re.split("x|ext|转|#|,", value)[0])
    if value and not (_PHONE.fullmatch(value) and _FEWEST_DIGITS <= digits <= _MOST_DIGITS):
        raise FieldError(
            field,
            value,
            "a phone number of 3 to 15 digits, such as 13800138000 or +86 571 8888 0000",
            zh="3 至 15 位数字的电话号码，如 13800138000 或 +86 571 8888 0000",
        )


def _check_sex(field: str, value: str) -> None:
    if value not in ("", "female", "male"):
        raise FieldError(field, value, "female, male, or nothing", zh="female（女）、male（男）或留空")


def _check_login(field: str, value: str) -> None:
    if _LOGIN.fullmatch(value) is None:
        raise FieldError(field, value, "2 to 64 letters, digits or _ . @ -", zh="2 至 64 个字母、数字或 _ . @ -")


def _check_note(field: str, value: str) -> None:
    check_text(field, value, longest=_LONGEST_NOTE, lines=True)


def _check_language(field: str, value: str) -> None:
    if value not in LANGUAGES:
        raise FieldError(field, value, "one of " + ", ".join(LANGUAGES), zh="以下之一：" + "、".join(LANGUAGES))


Rule = Callable[[str, str], None]
RULES: Mapping[tuple[str, str], Rule] = MappingProxyType(
    {
        **{(table, "name"): check_name for table in ("resident", "user", "centre", "team", "organisation", "place")},
        **{(table, "phone"): check_phone for table in ("resident", "centre")},
        **{(table, "language"): _check_language for table in ("user", "contact")},
        ("resident", "sex"): _check_sex,
        ("resident", "access_note"): _check_note,
        **{(table, "region_code"): check_region for table in ("resident", "centre", "organisation", "team")},
        ("user", "login"): _check_login,
    }
)
"""(table, column) -> what its texts must be besides short and visible."""
SECRET = frozenset({"password_hash", "secret"})
"""Columns whose texts are ours and are left as they are."""


def check_fact(table: str, column: str, value: str, *, longest: int | None, created_at_ms: int | None) -> str:
    """Return a text as it may be written into a column, trimmed. Raises `FieldError`.

    Parameters
    ----------
    longest : int, optional
        Characters that the column holds; None: several lines of any length. [-]
    created_at_ms : int, optional
        When the row was made: nobody is born later, wherever on earth. [ms]
    """
    if column in SECRET:
        return value
    text = plain_number(trimmed(value)) if column == "phone" else trimmed(value)
    check_text(column, text, longest=longest, lines=longest is None)
    if column == "birth_date" and created_at_ms is not None:
        today = (datetime.fromtimestamp(created_at_ms / 1_000, UTC) + timedelta(hours=14)).date()
        check_birth_date(column, text, today=today)
    if rule := RULES.get((table, column)):
        rule(column, text)
    return kept_phone(column, text) if column == "phone" and text else text
