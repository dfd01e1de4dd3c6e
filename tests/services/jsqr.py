"""jsQR, which reads QR codes as a phone's camera does: installed once a machine, outside the repository."""

from __future__ import annotations

import subprocess

from tests.services.finding import cache_folder

JSQR = "jsqr@1.4.0"


def jsqr_source() -> str:
    """Return the program's text; npm brings it when this machine has none."""
    folder = cache_folder() / "jsqr" / JSQR.partition("@")[2]
    program = folder / "node_modules" / "jsqr" / "dist" / "jsQR.js"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), JSQR]
        subprocess.run(command, check=True, timeout=300, capture_output=True)
    return program.read_text("utf-8")
