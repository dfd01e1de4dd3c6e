from __future__ import annotations

import pytest

from anhu.contract import topics
from anhu.contract.errors import FieldError


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        # MQTT 5 §4.7.1.2: the number sign
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/#", "sport", True),
        ("#", "a/b/c", True),
        ("#", "/", True),
        ("sport/#", "sports", False),
        # §4.7.1.3: the plus sign
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+", "sport", True),
        ("+/tennis/#", "sport/tennis/x", True),
        ("sport/+/player1", "sport/tennis/player1", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        # §4.7.2: topics beginning with $
        ("#", "$SYS/monitor", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/monitor", True),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", True),
        # §4.7.3: case and slashes count
        ("ACCOUNTS", "Accounts", False),
        ("/finance", "finance", False),
        ("a/b", "a/b", True),
        ("a/b", "a/b/", False),
    ],
)
def test_matches(topic_filter: str, topic: str, *, expected: bool) -> None:
    assert topics.matches(topic_filter, topic) is expected


def test_templates() -> None:
    assert topics.for_device(topics.UP, "w-1") == "anhu/v1/w-1/up"
    assert topics.for_command("c/{device_id}/request_id={command_id}", "w-1", "7") == "c/w-1/request_id=7"


@pytest.mark.parametrize("topic", ["", "a/+/b", "a/#", "a\0b", "x" * 1_025, "喂" * 342])
def test_unfit_topics(topic: str) -> None:
    with pytest.raises(FieldError, match="topic: got"):
        topics.checked_topic(topic)


def test_fit_topic() -> None:
    assert topics.checked_topic("喂" * 341) == "喂" * 341
