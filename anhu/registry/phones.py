"""Telephone numbers: kept as E.164 where they are whole, shown as people of the country write them.

Short numbers (120, 12345) and local ones without an area code are kept as they were typed: they mean something where
the desk is, and nothing elsewhere. Numbers that were written down before are shown and found alike; the next change
brings them into the form.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from anhu.contract.errors import FieldError

HOME = "CN"
"""Whose numbers need no country code, unless the installation says otherwise."""
REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)
_EXTENSION = re.compile(r"\s*(?:;ext=|x|ext\.?|转|#|,)\s*", re.IGNORECASE)
_LONGEST_LOCAL = 8
"""Without an area code; service numbers are shorter."""
_MOBILE_CN = re.compile(r"1[0-9]*")
_MOBILE_AS_TYPED = re.compile(r"(?:\+86)?1[3-9][0-9]{9}")
_MOBILE_DIGITS = 11


def kept_phone(field: str, number: str, *, region: str = HOME) -> str:
    """Return a number as it is kept: E.164 with ``;ext=``, or the digits of a short or a local one.

    Raises
    ------
    FieldError
        If no telephone of the country, or of the one it names, has a number of that length.
    """
    if region == HOME and _MOBILE_AS_TYPED.fullmatch(number):
        return f"+86{number[-_MOBILE_DIGITS:]}"  # most numbers there are, and a sheet has 100,000
    main, extension = _parts(number)
    digits = re.sub(r"[^0-9+]", "", main)
    if not digits.startswith("+") and len(digits) <= _LONGEST_LOCAL:
        return _joined(digits, extension)
    try:
        parsed = phonenumbers.parse(digits, region)
    except NumberParseException:
        raise _refused(field, number) from None
    possible = phonenumbers.is_possible_number_with_reason(parsed) == ValidationResult.IS_POSSIBLE
    if not possible or _is_cut_mobile(digits, region):
        raise _refused(field, number)
    return _joined(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), extension)


def shown_phone(number: str, *, region: str = HOME) -> str:
    """Return a kept number as people write it: of the own country without its code, of another one with it."""
    main, extension = _parts(number)
    if not main.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(main, region)
    except NumberParseException:
        return number
    own = phonenumbers.country_code_for_region(region) == parsed.country_code
    form = PhoneNumberFormat.NATIONAL if own else PhoneNumberFormat.INTERNATIONAL
    text = phonenumbers.format_number(parsed, form)
    if own and not phonenumbers.is_valid_number(parsed):  # no form is known: the trunk prefix must still be dialled
        text = f"{phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ''}{text}"
    return f"{text} 转 {extension}" if extension else text


def _parts(number: str) -> tuple[str, str]:
    main, *rest = _EXTENSION.split(number, maxsplit=1)
    return main, re.sub(r"\D", "", rest[0]) if rest else ""


def _joined(digits: str, extension: str) -> str:
    return f"{digits};ext={extension}" if extension else digits


def _is_cut_mobile(digits: str, region: str) -> bool:
    """Tell whether it begins as a Chinese mobile number and has a digit too few or too many."""
    if region != HOME:
        return False
    national = digits.removeprefix("+86")
    foreign = digits.startswith("+") and national == digits
    return not foreign and bool(_MOBILE_CN.fullmatch(national)) and len(national) != _MOBILE_DIGITS


def _refused(field: str, number: str) -> FieldError:
    return FieldError(
        field,
        number,
        "a phone number with all its digits, such as 13800138000 or +86 571 8888 0000",
        zh="位数完整的电话号码，如 13800138000 或 0571-88880000",
    )
