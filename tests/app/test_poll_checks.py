"""The doctor says which vendors' clouds do not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from anhu.contract.clock import MINUTE_MS, ManualClock
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.devices import create_device
from anhu.registry.migrations import upgrade
from anhu.registry.product_tables import PollStateRow, Product
from app.check_result import CheckVerdict
from app.poll_checks import polls
from app.settings import Settings

NOW_MS = 1_795_300_000_000


@pytest.mark.parametrize(
    ("failing_for_ms", "of_device", "verdict", "said"),
    [
        (0, False, CheckVerdict.OK, "it answers"),
        (0, True, CheckVerdict.WARNING, "not about 1 devices"),
        (5 * MINUTE_MS, False, CheckVerdict.WARNING, "no good answer for 5 min: busy: HTTP 503"),
        (10 * MINUTE_MS, False, CheckVerdict.FAILED, "no good answer for 10 min"),
    ],
)
def test_what_became_of_asking_is_said(
    tmp_path: Path, failing_for_ms: int, *, of_device: bool, verdict: CheckVerdict, said: str
) -> None:
    settings = Settings(data=tmp_path)
    upgrade(settings.database)
    sessions = open_sessions(settings.database)
    failing = {"failure": "busy: HTTP 503", "known": "", "answered_at_ms": 1}
    with sessions.begin() as session:
        product = {"name": "x", "vendor": "v", "codec": "sleepthing", "created_at_ms": 1}
        session.add(Product(id="bands", poll_account="a", **product))
        session.add(Product(id="not-asked", **product))
        session.flush()
        create_device(session, device_id="d", codec="sleepthing", now_ms=1, product_id="bands")
        since_ms = NOW_MS - failing_for_ms if failing_for_ms else 0
        session.add(PollStateRow(product_id="bands", device_id="", failing_since_ms=since_ms, **failing))
        session.add(PollStateRow(product_id="bands", device_id="d", failing_since_ms=int(of_device), **failing))
    close_sessions(sessions)
    [found] = polls(settings, ManualClock(NOW_MS))
    assert (found.what, found.verdict) == ("cloud of bands", verdict)
    assert said in found.detail


def test_without_a_database_nothing_is_said(tmp_path: Path) -> None:
    assert list(polls(Settings(data=tmp_path / "none"), ManualClock(NOW_MS))) == []
