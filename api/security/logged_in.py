"""What somebody holds after logging in."""

from __future__ import annotations

from dataclasses import dataclass

from anhu.contract.clock import DAY_MS
from api.security.roles import Viewer

BROWSER_MS = 180 * DAY_MS
"""How long a browser is known after a login. [ms]"""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A fresh session: the cookie's value, by what the browser is known next time, and who it belongs to."""

    token: str
    browser: str
    viewer: Viewer
    expires_at_ms: int
