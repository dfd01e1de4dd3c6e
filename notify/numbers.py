"""Telephone numbers as people, clouds and contacts write them."""

from __future__ import annotations

import phonenumbers

from anhu.contract.errors import FieldError

_HOME = "CN"
_SHORTEST = 5
_CHINA = 86


def check_number(address: str) -> None:
    """Raise `FieldError` for what cannot be rung: digits only, a plus in front where it is abroad."""
    if e164(address) is None:
        raise FieldError(
            "address",
            address,
            "a telephone number in digits, such as 13800138000 or +8613800138000",
            zh="电话号码，只含数字，如 13800138000 或 +8613800138000",
        )


def e164(address: str) -> str | None:
    """Return a number with its country, as ``+8613800138000``; None for what is none."""
    digits = address.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) >= _SHORTEST):
        return None
    try:
        number = phonenumbers.parse(address, _HOME)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if _is_possible(number) else None


def at_home(address: str) -> str:
    """Return a number as a cloud at home wants it: 11 digits without the country, abroad with it and without a plus."""
    number = e164(address) or ""
    return number.removeprefix(f"+{_CHINA}") if number.startswith(f"+{_CHINA}") else number.removeprefix("+")


def spellings(number: str) -> tuple[str, ...]:
    """Return how contacts may have written the number that a cloud gives back."""
    whole = e164(number) or e164(f"+{number.lstrip('+0')}")
    if whole is None:
        return (number,)
    return (whole, at_home(whole), whole.removeprefix("+"), f"00{whole.removeprefix('+')}")


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    return bool(phonenumbers.is_possible_number(number))
