"""Fits what a subject says to what a channel can show. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from anhu.contract.words import text
from notify.channel import Message
from notify.channel_type import Capabilities, Shows
from notify.subject import Letter

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


def fitted(letter: Letter, key: str, language: str, channel: Capabilities) -> Fitted:
    """Return a letter as a channel can show it; whole lines are left out from the end where it is too long."""
    lines = list(letter.lines)
    if channel.shows is Shows.MARKDOWN:
        lines = [_MARKS.sub(r"\\\1", line) for line in lines]
        lines[0] = f"**{lines[0]}**"
    lines += _links(letter, language, channel.shows)
    if not (channel.answerable or letter.answer_link):
        lines.append(text("notify.no_reply", language))
    body = _shortened(lines, channel.longest_text)
    message = Message(idempotency_key=key, subject=letter.subject, text=body, data=letter.data)
    return Fitted(message, is_cut=body != "\n".join(lines))


def _links(letter: Letter, language: str, shows: Shows) -> list[str]:
    """Return where to answer with one press, and where to see it all."""
    if shows < Shows.LINKS:
        return []
    there = ((letter.answer_link, "notify.answer"), (letter.link, letter.link_sentence))
    marked = "<{}>" if shows is Shows.MARKDOWN else "{}"
    return [text(sentence, language, link=marked.format(link)) for link, sentence in there if link]


def _shortened(lines: list[str], longest: int | None) -> str:
    kept = len(lines)
    while longest is not None and kept > 1 and len("\n".join(lines[:kept])) > longest:
        kept -= 1
    body = "\n".join(lines[:kept])
    return body if longest is None or len(body) <= longest else body[: longest - len(_CUT)] + _CUT
