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
    (re.compile(r"^taken by (?P<what>aliyun|tencent)$"), "cloud_taken"),
    (re.compile(r"^(?:aliyun|tencent): \S*(?:LIMIT|Limit|Throttling)\S*$"), "cloud_limit"),
    (re.compile(r"^(?P<what>(?:aliyun|tencent): \S+.*)$", re.DOTALL), "cloud_refused"),
    (re.compile(r"^no usable number$"), "number"),
    (re.compile(r"^call: (?:not taken|not reachable.*|switched off)$"), "call_not_taken"),
    (re.compile(r"^call: busy$"), "call_busy"),
    (re.compile(r"^call: hung up early$"), "call_hung_up"),
    (re.compile(r"^call: (?:heard.*|taken)$"), "call_heard"),
    (re.compile(r"^call: a key was pressed$"), "call_key"),
    (re.compile(r"^not delivered: (?P<what>.*)$"), "not_delivered"),
    (re.compile(r"^no receipt within (?P<what>\d+) min$"), "unconfirmed"),
    (re.compile(r"^DELIVR?E?D$"), "delivered"),
    (re.compile(r"^together with message \d+: (?P<what>.+)$"), "together"),
    (re.compile(r"^the door did not take it: (?P<what>.+)$", re.DOTALL), "drill_door"),
    (re.compile(r"^the door took it, and no alert came of it\b"), "drill_no_alert"),
    (re.compile(r"^nobody is told of a call of this resident\b"), "drill_nobody"),
    (re.compile(r"^it was not tried in time\b"), "drill_not_tried"),
    (re.compile(r"^nothing was written for it$"), "drill_nothing"),
    (re.compile(r"^(?P<what>\w+(?:Error|Exception))$"), "drill_broke"),
    (re.compile(r"^HTTP (?P<what>2\d\d)$"), "http_taken"),
    (re.compile(r"^HTTP (?P<what>\d{3})$"), "http_refused"),
)


def said(detail: str, wording: Wording) -> str:
    """Return a receipt's detail in the reader's language; one that nobody knows is quoted."""
    for pattern, key in _KNOWN:
        if found := pattern.match(detail):
            return wording.t(f"receipt_said.{key}", **found.groupdict())
    return wording.t("receipt_said.other", what=detail) if detail else ""
