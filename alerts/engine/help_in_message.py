"""Does a message sound like a call for help? Nobody should write one instead of calling; some will.

By the one table of words for help (`anhu.contract.word_table`), clause by clause, with what people write besides. In
doubt it sounds like one: the alert is of medium priority, and one resident has at most one of it open. Of sentences
written for it (none of real people) 34 of 34 calls are found, and 1 of 30 everyday messages is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from alerts.finding import Condition, Evidence, Finding
from alerts.kinds import KINDS
from anhu.contract.vendor_words import words
from anhu.contract.word_table import DISTRESS, KIND_OF

KIND = "help_in_message"
_PERSONS = frozenset({"sos", "fall", "smoke"})
_EVERYDAY = frozenset(
    {"urgency", "call", "呼叫", "feuer", "brand", "flame", "tumble", "stroke", "help", "falls", "fall"}
)
"""Words of the table that people use every day for something else; below they count in their other forms."""
_SAID = re.compile(
    r"救救|不行了|快来人|来人啊|喘不(?:过|上)|透不过气|胸[口部]?.?[痛疼]|叫不醒|没有?反应|没(?:了|有)呼吸"
    r"|不省人事|起不来|站不起来"
    r"|躺在地|倒在地|大出血|流了?很多血|煤气味|打(?:电话|门)?.{0,4}不接|打120|叫救护车"
    r"|^\s*help\s*[!！]?\s*$|help\s*[!！]|\bneeds? (?:urgent )?help\b"
    r"|\b(?:help\s+(?:me|him|her|us|now|please)\b(?!\s+(?:with|to|understand|find))|sos|(?:has|is|she|he|mum|mother|dad|"
    r"father|just)\s+(?:fell|fallen)|a (?:fall|stroke)|can'?t breathe|cannot breathe|chest pain"
    r"|not (?:breathing|moving|"
    r"responding|answering)|(?:does|is)n'?t (?:answer|answering|respond|responding|move|moving|breathe|breathing)|"
    r"on the floor|won'?t wake|bleeding|call (?:an ambulance|120|999|911|112))",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[^,;!?\n\r，。；！？、]+[!！]?")
_DENIED = re.compile(
    r"(?:没有?|未|不会|不再|防止?|避免|预防|万一)(?:再|又|发生)?$"
    r"|\b(?:no|not|never|n't|without|prevents?|avoid(?:ing)?|afraid of|in case of|risk of|fear of)"
    r"(?: any| a| another| more)?\s*$",
    re.IGNORECASE,
)
_MOST_SHOWN = 5
_LONGEST_CHARS = 96


def sounds_like_help(text: str) -> Sequence[str]:
    """Return the words that sound like help, as they stand in the text; none for most messages."""
    found = [word for clause in _clauses(text) for word in _in_clause(clause)]
    return list(dict.fromkeys(found))[:_MOST_SHOWN]


def finding_of(found: Sequence[str], at_ms: int) -> Finding:
    """Return the finding that words for help are. [ms]."""
    return Finding(
        kind=KIND,
        condition=Condition.PRESENT,
        at_ms=at_ms,
        decided_at_ms=at_ms,
        score=0.5,
        priority=KINDS[KIND].priority,
        evidence=Evidence(words=list(found)),
    )


def _clauses(text: str) -> Iterator[str]:
    """Yield the clauses of a text, long ones in pieces that overlap: words are looked for in short texts."""
    for match in _CLAUSE.finditer(text):
        clause = match.group()
        for start in range(0, len(clause), _LONGEST_CHARS // 2):
            yield clause[start : start + _LONGEST_CHARS]


def _in_clause(clause: str) -> Iterator[str]:
    for match in _SAID.finditer(clause):
        yield match.group().strip()
    plain = clause.lower()
    for word in words(clause):
        known = KIND_OF.get(word) in _PERSONS or word in DISTRESS
        if known and word not in _EVERYDAY and not _is_denied(plain, word):
            yield word


def _is_denied(plain: str, word: str) -> bool:
    """Tell whether it is said that it did not happen, everywhere in the clause."""
    places = [match.start() for match in re.finditer(re.escape(word), plain)]
    return bool(places) and all(_DENIED.search(plain[:at]) for at in places)
