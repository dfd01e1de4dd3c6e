"""What a subject says, as each channel can show it."""

from __future__ import annotations

import dataclasses

import pytest

from anhu.contract.masking import masked
from notify.channel_type import Capabilities, Shows
from notify.subject import Letter
from notify.wording import fitted

LETTER = Letter(
    subject="s",
    lines=("张*三 fell.", "At noon.", "Late."),
    link="https://desk.example/desk?alert=a-1",
    link_sentence="notify.link",
    data={"type": "t"},
)
LINKS = Capabilities(shows=Shows.LINKS, longest_text=None, answerable=False, receipts=frozenset(), per_minute=None)
LINK = "Answer it: https://desk.example/desk?alert=a-1"
NO_REPLY = "Please answer on the platform, not to this message."


def told(channel: Capabilities, letter: Letter = LETTER) -> tuple[str, bool]:
    made = fitted(letter, "key", "en", channel)
    assert made.message.data == letter.data, "programs are told all"
    return made.message.text, made.is_cut


def test_what_shows_links_has_one() -> None:
    assert told(LINKS) == ("\n".join((*LETTER.lines, LINK, NO_REPLY)), False)
    assert told(LINKS, dataclasses.replace(LETTER, link="")) == ("\n".join((*LETTER.lines, NO_REPLY)), False)


def test_what_shows_letters_only_has_no_link() -> None:
    text, _ = told(dataclasses.replace(LINKS, shows=Shows.TEXT))
    assert "http" not in text


def test_what_can_be_answered_does_not_say_otherwise() -> None:
    text, _ = told(dataclasses.replace(LINKS, answerable=True))
    assert NO_REPLY not in text


def test_markdown_is_escaped_and_its_first_line_stands_out() -> None:
    text, is_cut = told(dataclasses.replace(LINKS, shows=Shows.MARKDOWN, answerable=True))
    first, *_, link = text.split("\n")
    assert first == "**张\\*三 fell\\.**"
    assert link == "Answer it: <https://desk.example/desk?alert=a-1>"
    assert not is_cut


@pytest.mark.parametrize(
    ("longest", "wanted"),
    [
        (1_000, "\n".join((*LETTER.lines, LINK, NO_REPLY))),
        (80, "\n".join((*LETTER.lines, LINK))),
        (60, "\n".join((LETTER.lines[0], LINK))),
        (56, "\n".join((LETTER.lines[0], LINK))),
        (55, f"张*三 fel…\n{LINK}"),
        (20, "张*三 fell.\nAt noon."),
        (9, "张*三 fell."),
        (6, "张*三 f…"),
        (1, "…"),
    ],
)
def test_what_is_too_long_ends_early_with_whole_lines(longest: int, wanted: str) -> None:
    text, is_cut = told(dataclasses.replace(LINKS, longest_text=longest))
    assert text == wanted
    assert len(text) <= longest
    assert is_cut == (longest < 1_000)


def test_bytes_are_counted_where_the_other_side_counts_them_and_no_character_is_torn() -> None:
    letter = dataclasses.replace(LETTER, lines=("张小三" * 40, "第二行"))
    for longest in range(80, 480):
        text, is_cut = told(dataclasses.replace(LINKS, longest_bytes=longest), letter)
        assert len(text.encode()) <= longest
        assert is_cut == (longest < len("\n".join((*letter.lines, LINK, NO_REPLY)).encode()))
        assert text.endswith((LINK, NO_REPLY)), "who cannot read it all can follow the link"
        assert "\ufffd" not in text.encode().decode("utf-8", "replace")


@pytest.mark.parametrize(("name", "shown"), [("张小三", "张*三"), ("李四", "李*"), ("欧", "欧*"), ("", "*")])
def test_a_name_is_masked(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_a_limit_of_nought_would_silence_a_channel() -> None:
    with pytest.raises(ValueError, match="longest_text"):
        dataclasses.replace(LINKS, longest_text=0)
    with pytest.raises(ValueError, match="per_minute"):
        dataclasses.replace(LINKS, per_minute=0)
    with pytest.raises(ValueError, match="longest_bytes"):
        dataclasses.replace(LINKS, longest_bytes=0)
