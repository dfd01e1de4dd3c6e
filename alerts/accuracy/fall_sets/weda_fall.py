"""WEDA-FALL: a watch at about 50 Hz, clipped at 4 g (Marques, Moreno, Sensors 23(3):1146, 2023)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from alerts.accuracy.fall_trials import STANDARD_GRAVITY, Archive, FallTrial


def read(z: Archive) -> Iterator[FallTrial]:
    """Return the trials of one person."""
    subject = str(z["subject"])
    for k, code in enumerate(z["code"]):
        part = slice(z["start"][k], z["start"][k + 1])
        yield FallTrial(
            dataset="weda_fall",
            subject=subject,
            code=str(code),
            is_fall=bool(z["fall"][k]),
            position="wrist",
            age="old" if subject.startswith(("U2", "U3")) else "young",
            t_ms=np.maximum.accumulate(z["t_ms"][part].astype(np.int64)),
            acc=z["acc"][:, part].T * float(z["acc_scale"]) / STANDARD_GRAVITY,
            number=k,
            fall_s=(float(z["fall_start_s"][k]), float(z["fall_end_s"][k])),
        )
