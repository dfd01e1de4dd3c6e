"""`anhu up` on a machine that is slow: it says what it waits for, and greets however late."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from app.cli import up
from app.settings import Settings
from app.supervisor import Supervisor


def test_what_comes_up_late_is_told_and_then_greeted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings, now_s, opens_s = Settings(data=tmp_path, push_port=0), [0.0], {8080: 200.0, 1883: 20.0}

    def rest(seconds: float) -> None:
        now_s[0] += seconds

    monkeypatch.setattr("app.cli.up.time.monotonic", lambda: now_s[0])
    monkeypatch.setattr("app.cli.up.time.sleep", rest)
    monkeypatch.setattr("app.cli.up.ports.is_open", lambda _, port: now_s[0] >= opens_s[port])
    with caplog.at_level(logging.WARNING):
        assert up._wait_until_ready(settings, Supervisor({}, {}))
    assert now_s[0] == pytest.approx(200.0, abs=0.2)
    said = [one.getMessage() for one in caplog.records]
    assert said == ["not ready yet: nobody answers at port 8080; waiting on"] * 3
