"""Telephones that people call: contacts to which no message ever goes, so that a desk can ring a daughter."""

from __future__ import annotations

from anhu.contract.errors import FieldError
from anhu.registry.contact_form import ContactForm, Words
from anhu.registry.facts import check_phone, plain_number

CALL_ONLY = "tel"


def _check_number(address: str) -> None:
    if not address:
        raise FieldError("address", address, "a phone number", zh="电话号码")
    check_phone("address", plain_number(address))


CALL_FORM = ContactForm(
    title=Words("电话（由人拨打）", "telephone, for people to call"),
    label=Words("电话号码", "Phone number"),
    hint=Words("值守人员在报警时拨打；平台不会向此号码发送消息", "The desk calls it; the platform sends nothing there"),
    kind="tel",
    check=_check_number,
    has_secret=False,
)
