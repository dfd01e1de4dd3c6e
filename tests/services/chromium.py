"""The browser that the pages are tested in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.services.finding import find, need

_VARIABLE = "ANHU_TEST_CHROMIUM"


def find_chromium() -> Path | None:
    """Return the browser's program: the one named in ANHU_TEST_CHROMIUM, else the first on PATH."""
    named = os.environ.get(_VARIABLE)
    return Path(named) if named else find("chromium", "chromium-browser", "google-chrome")


def chromium_program() -> Path:
    """Return the browser's program, or raise with what to do."""
    return need(find_chromium(), "Chromium", variable=_VARIABLE)


def find_chinese_font() -> str | None:
    """Return the name of a font that has Chinese characters; without one, pages show boxes."""
    if shutil.which("fc-list") is None:
        return None
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False)
    return next(iter(listed.stdout.splitlines()), None)
