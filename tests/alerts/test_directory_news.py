"""The shards of one process ask together whether there is news, and each of them finds what is new for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from alerts import handovers
from alerts.directory_news import DirectoryNews
from alerts.own_limits import set_limit
from anhu.contract.clock import HOUR_MS, ManualClock
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device, update_device
from anhu.registry.migrations import upgrade
from anhu.registry.residents import create_resident

T0 = 1_795_300_000_000


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    url = f"sqlite:///{tmp_path / 'anhu.db'}"
    upgrade(url)
    made = open_sessions(url)
    with made.begin() as session:
        create_resident(session, name="Li", now_ms=T0, resident_id="r-1")
        create_device(session, device_id="w-1", codec="open_json", now_ms=T0, resident_id="r-1")
    yield made
    close_sessions(made)


class Asked:
    """News, asked as often as a test wants."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.clock = ManualClock(T0)
        self.now_s = 0.0
        self.news = DirectoryNews(sessions, self.clock, steady_s=lambda: self.now_s)
        self._last = self.news.state()

    def is_news(self, after_s: float = 1.0) -> bool:
        self.now_s += after_s
        last, self._last = self._last, self.news.state()
        return self._last != last


def test_all_of_a_second_ask_once(sessions: sessionmaker[Session]) -> None:
    asked = Asked(sessions)
    for _ in range(24):
        assert not asked.is_news(0.01)
    assert asked.news.asked == 1


def test_each_kind_of_change_is_news_once(sessions: sessionmaker[Session]) -> None:
    asked = Asked(sessions)
    with sessions.begin() as session:
        update_device(session, "w-1", {"enabled": False})
    assert asked.is_news()
    assert not asked.is_news()
    with sessions.begin() as session:
        handovers.put(session, "r-1", partition=1, state=b"", now_ms=T0)
    assert asked.is_news()
    with sessions.begin() as session:
        handovers.take(session, ["r-1"], 1)
    assert asked.is_news()
    with sessions.begin() as session:
        name, until_ms = "heart_rate_high.high_bpm", T0 + HOUR_MS
        set_limit(session, resident_id="r-1", name=name, value=150.0, set_by="u", now_ms=T0, until_ms=until_ms)
    assert asked.is_news()
    asked.clock.forward(HOUR_MS)  # a limit ends without anybody's doing
    assert asked.is_news()
    assert not asked.is_news()
