"""Somebody who runs the platform, for tests of the pages on which it is set up."""

from __future__ import annotations

from anhu.registry.tables import User
from api.security.passwords import hash_password
from tests.api.web.scene import CHEAP, PASSWORD, Scene


def add_admin(scene: Scene, login: str = "admin") -> None:
    """Let an administrator log in with the scene's password."""
    hashed = hash_password(PASSWORD, cost=CHEAP)
    with scene.sessions.begin() as session:
        session.add(User(id=f"u-{login}", login=login, name="周主任", role="admin", password_hash=hashed))
