"""Read by Python itself before a process of the platform starts: puts the harness's crash points into it."""

from __future__ import annotations

import os
import sys
import traceback

if "FAULTS_FOLDER" in os.environ and "run" in sys.orig_argv:
    try:
        from tests.faults.hooks import install

        install(sys.orig_argv[sys.orig_argv.index("run") + 1])
    except BaseException:  # noqa: BLE001 - a harness that cannot see must not look like one that found nothing
        traceback.print_exc()
        os._exit(70)
