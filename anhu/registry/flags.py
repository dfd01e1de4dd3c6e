"""What may be known of a resident, and what the rules make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from anhu.contract.errors import FieldError

FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "age_65": "home blood pressure is elevated from 145 mmHg, not 135",
        "atrial_fibrillation": "irregular rhythm is no news; blood pressure needs three readings where two do else",
        "bed_watch": "sitting up in bed at night calls at once (tag on the breastbone)",
        "beta_blocker": "a slow heart alarms at 40 /min only",
        "copd": "oxygen is judged by NEWS2 scale 2: 88-92 % is right",
        "dementia": "the front door at night and leaving the safe area call at once",
        "diabetes": "a heart rate over 100 /min for long is told to the doctors; a low glucose is foretold",
        "fall_risk": "out of bed at night calls after 8 minutes at the least, not 15",
        "heart_failure": "fast weight gain is watched",
        "hypertension": "shown; no rule changes",
        "lives_alone": "stillness becomes urgent three hours after it was told",
        "oxygen": "breathes extra oxygen: NEWS2 counts it",
        "usually_low_pressure": "a low blood pressure is medium, not high",
    }
)
"""Flag -> what changes. A flag that no rule knows would be a promise that nobody keeps."""

_MOST = 32


def check_flags(flags: Iterable[str]) -> None:
    """Raise `FieldError` for a flag that does not exist."""
    named = list(flags)
    if len(named) > _MOST:
        raise FieldError("flags", len(named), f"at most {_MOST}", zh=f"至多 {_MOST} 个")
    for flag in named:
        if flag not in FLAGS:
            raise FieldError("flags", flag, "one of " + ", ".join(FLAGS), zh="以下之一：" + "、".join(FLAGS))
