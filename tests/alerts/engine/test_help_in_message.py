"""What sounds like a call for help in a message, and what does not: sentences as people write them."""

from __future__ import annotations

import pytest

from alerts.engine.help_in_message import finding_of, sounds_like_help
from anhu.contract.priority import Priority

CALLS = (
    "救命",
    "救命啊，妈妈摔倒了",
    "妈妈摔倒了",
    "我妈跌倒起不来",
    "他好像昏迷了",
    "外公晕倒了",
    "奶奶胸口疼",
    "爸爸喘不上气",
    "叫不醒她",
    "家里着火了",
    "厨房有烟雾",
    "打电话她一直不接",
    "快来人",
    "求助",
    "爷爷倒在地上",
    "没有反应了",
    "她抽搐了",
    "help",
    "Help me",
    "Help! She fell",
    "please help her",
    "mum has fallen",
    "She is on the floor",
    "he can't breathe",
    "chest pain since noon",
    "she is not answering",
    "she doesn't answer the phone",
    "Dad collapsed",
    "he is unconscious",
    "SOS",
    "emergency, come quickly",
    "there is a fire in the kitchen",
    "call an ambulance",
    "My mother fell down the stairs",
)
EVERYDAY = (
    "明天上午十点去复查",
    "她昨天没有摔倒",
    "请问今天吃药了吗",
    "谢谢你们的帮助",
    "能不能帮忙换一下电池",
    "防止摔倒的扶手什么时候装",
    "天气冷，请提醒多穿衣服",
    "周三我去看她",
    "饭菜很好，谢谢",
    "血压今天130/80",
    "她睡得不错",
    "呼叫中心的电话是多少",
    "水管漏了，请派人修",
    "thanks for your help",
    "could you help me with the bill",
    "can you help me find her glasses",
    "we will visit in the fall",
    "no falls this week",
    "she is afraid of falling",
    "Please prevent another fall with a rail",
    "the meals are good",
    "The brand of the watch is Kati",
    "she walks slowly but well",
    "blood pressure is fine",
    "please call me on Monday",
    "when does the nurse come",
    "is the battery low",
    "Any news of the repair",
    "good night",
)


@pytest.mark.parametrize("text", CALLS)
def test_a_call_for_help_is_one(text: str) -> None:
    assert sounds_like_help(text)


@pytest.mark.parametrize("text", EVERYDAY)
def test_an_everyday_message_is_none(text: str) -> None:
    assert not sounds_like_help(text)


@pytest.mark.parametrize("text", ["她没有摔倒", "no fall, but she fell ill? no: 摔倒了", "怕她摔倒了"])
def test_what_is_denied_in_one_clause_is_none_and_in_doubt_it_is_one(text: str) -> None:
    assert bool(sounds_like_help(text)) == (text != "她没有摔倒")


def test_a_call_at_the_end_of_a_long_message_is_heard() -> None:
    assert sounds_like_help("今天吃了饭" * 150 + "然后她摔倒了")
    assert sounds_like_help("x" * 900 + " sos")


def test_the_finding_is_medium_and_names_the_words() -> None:
    finding = finding_of(sounds_like_help("救命，摔倒了"), 5)
    assert (finding.kind, finding.priority, finding.at_ms) == ("help_in_message", Priority.MEDIUM, 5)
    assert finding.evidence.words == ["救命", "摔倒"]
