"""`anhu doctor` and pages that do not answer: what is slow is not called somebody else."""

from __future__ import annotations

import socket

import pytest

from app import door_checks
from app.check_result import CheckVerdict


def test_pages_that_do_not_answer_in_time_are_called_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_checks, "_ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        found = door_checks._door("HTTP", host, port)
    assert found.verdict is CheckVerdict.FAILED
    assert "did not answer" in found.detail
