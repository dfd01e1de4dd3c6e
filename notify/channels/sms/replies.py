"""What a reply by SMS means. Pure.

It counts only as a digit: whoever writes 收到 has read it, and says not that he goes. It is shown to the desk.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

from notify.callback_reader import Answer

_LONGEST = 35
_ANSWERS: dict[str, Answer] = {"1": "acknowledge", "2": "on_the_way", "3": "cannot"}
_REPLY = re.compile(r"([123])(?:[\s,.;:#+\-]*(\d{2}))?")
_EDGES = " \t\r\n.,;:!?~#*+-_'\"()[]<>、。，；：！？“”‘’（）【】「」"


class Reply(NamedTuple):
    """What a reply says; no answer: it says nothing that we know."""

    answer: Answer | Literal[""]
    code: str


def reply(text: str) -> Reply:
    """Read a reply: ``1``, full-width １, " 1 ", "1。", ``1 37``, ``137``; anything else is none."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).strip(_EDGES + "\u200b\ufeff\u3000")
    found = _REPLY.fullmatch(plain)
    return Reply(_ANSWERS[found[1]], found[2] or "") if found else Reply("", "")
