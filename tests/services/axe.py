"""axe-core, which finds what keeps people from using a page: installed once a machine, outside the repository."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.services.finding import cache_folder

AXE = "axe-core@4.10.3"


def axe_source() -> str:
    """Return the program's text; npm brings it when this machine has none."""
    folder = cache_folder() / "axe-core" / AXE.partition("@")[2]
    program = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), AXE]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
    return Path(program).read_text("utf-8")


def violations(page: Page, source: str) -> list[str]:
    """Return what is wrong with the page as it is now: impact, rule, and the first places."""
    page.evaluate(source)
    found: list[dict[str, Any]] = page.evaluate("() => axe.run(document).then((result) => result.violations)")
    return [
        f"{one['impact']} {one['id']}: {' | '.join(str(node['target']) for node in one['nodes'][:3])}" for one in found
    ]
