"""Fits what a subject says to what a channel can show. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from anhu.contract.words import text
from notify.channel import Message
from notify.channel_type import Capabilities, Shows
from notify.subject import Letter

_SHORT_NAME = 2
_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~])")
_CUT = "…"


class Fitted(NamedTuple):
    """A message as a channel can show it.

    Attributes
    ----------
    is_cut : bool
        Whether something did not fit.
    """

    message: Message
    is_cut: bool


def masked(name: str) -> str:
    """Return a name as a message may show it: 张*三 for 张小三, 李* for 李四."""
    if len(name) <= _SHORT_NAME:
        return f"{name[:1]}*"
    return f"{name[0]}*{name[-1]}"


def fitted(letter: Letter, key: str, language: str, channel: Capabilities) -> Fitted:
    """Return a letter as a channel can show it; whole lines are left out from the end where it is too long."""
    lines = list(letter.lines)
    if channel.shows is Shows.MARKDOWN:
        lines = [_MARKS.sub(r"\\\1", line) for line in lines]
        lines[0] = f"**{lines[0]}**"
    if letter.link and channel.shows >= Shows.LINKS:
        link = f"<{letter.link}>" if channel.shows is Shows.MARKDOWN else letter.link
        lines.append(text(letter.link_sentence, language, link=link))
    if not channel.answerable:
        lines.append(text("notify.no_reply", language))
    body = _shortened(lines, channel.longest_text)
    message = Message(idempotency_key=key, subject=letter.subject, text=body, data=letter.data)
    return Fitted(message, is_cut=body != "\n".join(lines))


def _shortened(lines: list[str], longest: int | None) -> str:
    kept = len(lines)
    while longest is not None and kept > 1 and len("\n".join(lines[:kept])) > longest:
        kept -= 1
    body = "\n".join(lines[:kept])
    return body if longest is None or len(body) <= longest else body[: longest - len(_CUT)] + _CUT
