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
_SHORTEST = 4
"""So much of the first line must stand before a link: else there is no room for one. [-]"""


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
    tail = _links(letter, language, channel.shows)
    no_reply = [] if channel.answerable or letter.answer_link else [text("notify.no_reply", language)]
    whole = [*lines, *tail, *no_reply]
    body = _shortened(whole, lines, tail, channel)
    message = Message(idempotency_key=key, subject=letter.subject, text=body, data=letter.data, language=language)
    return Fitted(message, is_cut=body != "\n".join(whole))


def _links(letter: Letter, language: str, shows: Shows) -> list[str]:
    """Return where to answer with one press, and where to see it all."""
    if shows < Shows.LINKS:
        return []
    there = ((letter.answer_link, "notify.answer"), (letter.link, letter.link_sentence))
    marked = "<{}>" if shows is Shows.MARKDOWN else "{}"
    return [text(sentence, language, link=marked.format(link)) for link, sentence in there if link]


def _shortened(whole: list[str], lines: list[str], tail: list[str], channel: Capabilities) -> str:
    """Leave out whole lines from the end, but not the first, nor the link: it leads to what is left out."""
    if _fits("\n".join(whole), channel):
        return "\n".join(whole)
    for after in (tail, []):
        for kept in range(len(lines), 0, -1):
            body = "\n".join([*lines[:kept], *after])
            if _fits(body, channel):
                return body
        if after and (cut := _cut(lines[0], "\n".join(["", *after]), channel, least=_SHORTEST)):
            return cut
    return _cut(lines[0], "", channel, least=0)


def _cut(line: str, after: str, channel: Capabilities, *, least: int) -> str:
    """Return as much of a line as fits with what comes after it; empty when that is less than it should be."""
    for end in range(len(line), least - 1, -1):
        body = line[:end] + _CUT + after
        if _fits(body, channel):
            return body
    return ""


def _fits(body: str, channel: Capabilities) -> bool:
    if channel.longest_text is not None and len(body) > channel.longest_text:
        return False
    return channel.longest_bytes is None or len(body.encode()) <= channel.longest_bytes
