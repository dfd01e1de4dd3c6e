"""Commands that we tell people to type: with the data folder that this installation uses, so that they work."""

from __future__ import annotations

import shlex

from app.settings import Settings

_DEFAULT = Settings().data


def command(settings: Settings, text: str) -> str:
    """Return an ``anhu`` command as it must be typed in any folder."""
    if settings.data == _DEFAULT:
        return f"anhu {text}"
    return f"anhu {text} --data {shlex.quote(str(settings.data.absolute()))}"
