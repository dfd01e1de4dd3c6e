"""The tests, and what they stand on; they mirror the rooms."""

from __future__ import annotations

import os

# One thread for the arithmetic of a process, as the supervisor gives it to the product's: the arrays are small, and
# threads that wait for each other turn round on the spot. Set before anything imports numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
