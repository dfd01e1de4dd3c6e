"""What loads when: a process that judges no strip pays for no filter."""

from __future__ import annotations

import subprocess
import sys


def test_detectors_are_found_without_the_filters() -> None:
    code = "import sys; from alerts.detectors import discover; discover(); print('scipy.signal' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert ran.stdout.strip() == "False"
