"""SisFall: belt buckle, 200 Hz (Sucerquia, Lopez, Vargas-Bonilla, Sensors 17(1):198, 2017)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from alerts.accuracy.fall_trials import Archive, FallTrial


def read(z: Archive) -> Iterator[FallTrial]:
    """Return the trials of one person."""
    subject = str(z["subject"])
    for k, code in enumerate(z["code"]):
        acc = z["acc"][:, z["start"][k] : z["start"][k + 1]].T * float(z["acc_scale"])
        t_ms = np.round(np.arange(len(acc)) * 1_000 / float(z["fs"])).astype(np.int64)
        yield FallTrial(
            dataset="sisfall",
            subject=subject,
            code=str(code),
            is_fall=bool(z["fall"][k]),
            position="waist",
            age="old" if subject.startswith("SE") else "young",
            t_ms=t_ms,
            acc=acc,
            number=k,
        )
