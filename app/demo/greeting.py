"""What the demo changes in the settings, and what it says to the person who started it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from app.demo import people
from app.settings import Settings

_DEMO: Mapping[str, Any] = {
    "demo": True,
    "host": "127.0.0.1",
    "smtp_host": "127.0.0.1",
    "smtp_from": "anhu@demo.example",
    "smtp_starttls": False,
    "webhook_private": True,
}
_WEBHOOK_OFFSET, _SMTP_OFFSET = 19, 20


def demo_settings(settings: Settings) -> Settings:
    """Return the settings with what the demo needs: the loopback address, its own mail sink and webhook receiver."""
    return dataclasses.replace(settings, smtp_port=settings.port + _SMTP_OFFSET, **_DEMO)


def webhook_port(settings: Settings) -> int:
    """Return where the demo's own receiver of webhooks listens: a fixed distance from the pages' port."""
    return settings.port + _WEBHOOK_OFFSET


def login_lines(settings: Settings) -> list[str]:
    """Return the demo's logins as lines for the console."""
    lines = [f"  {u.role:<7} {u.login:<8} {u.password:<18} {u.name}" for u in people.LOGINS]
    webhook = f"http://127.0.0.1:{webhook_port(settings)}/doctor"
    return ["  Log in with:", *lines, "", f"  The doctor's webhook is called at {webhook}"]
