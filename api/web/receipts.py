"""What a channel answered, in the reader's words where we know them, else as it came."""

from __future__ import annotations

import re

from api.web.wording import Wording

_KNOWN = (
    (re.compile(r"^taken by the mail server$"), "mail_taken"),
    (re.compile(r"^channel '(?P<what>[\w-]+)' is not set up$"), "not_set_up"),
    (re.compile(r"^no answer within (?P<what>[\d.]+) s$"), "no_answer_within"),
    (re.compile(r"^no answer: (?P<what>\w+)$"), "no_answer"),
    (re.compile(r"^the mail server refused the login: (?P<what>\d+)$"), "mail_login"),
    (re.compile(r"^mail server: (?P<what>.+)$", re.DOTALL), "mail_server"),
    (re.compile(r"^no usable mail address\b"), "mail_address"),
    (re.compile(r"^no usable URL: \w+$"), "address"),
    (re.compile(r"inside the own network$"), "private"),
    (re.compile(r"^it waits for its turn$"), "its_turn"),
    (re.compile(r"^HTTP 3\d\d: the address has moved to (?P<what>.+); change the contact$"), "moved"),
    (re.compile(r"^HTTP (?P<what>2\d\d)$"), "http_taken"),
    (re.compile(r"^HTTP (?P<what>\d{3})$"), "http_refused"),
)


def said(detail: str, wording: Wording) -> str:
    """Return a receipt's detail in the reader's language; one that nobody knows is quoted."""
    for pattern, key in _KNOWN:
        if found := pattern.match(detail):
            return wording.t(f"receipt_said.{key}", **found.groupdict())
    return wording.t("receipt_said.other", what=detail) if detail else ""
