"""What the demo changes in the settings, and what it says to the person who started it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from anhu.demo import people
from anhu.settings import Settings

WEBHOOK_PORT = 8099
SMTP_PORT = 8025

_DEMO: Mapping[str, Any] = {
    "demo": True,
    "host": "127.0.0.1",
    "smtp_host": "127.0.0.1",
    "smtp_port": SMTP_PORT,
    "smtp_from": "anhu@demo.example",
    "smtp_starttls": False,
    "webhook_private": True,
}


def demo_settings(settings: Settings) -> Settings:
    """Return the settings with what the demo needs: the loopback address, its own mail sink and webhook receiver."""
    return dataclasses.replace(settings, **_DEMO)


def login_lines() -> list[str]:
    """Return the demo's logins as lines for the console."""
    lines = [f"  {u.role:<7} {u.login:<8} {u.password:<18} {u.name}" for u in people.LOGINS]
    return ["  Log in with:", *lines, "", f"  The doctor's webhook is called at http://127.0.0.1:{WEBHOOK_PORT}/doctor"]
