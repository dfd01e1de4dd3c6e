"""What a check of `anhu doctor` returns."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class CheckVerdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class CheckResult(NamedTuple):
    """What one check found; `advice` is empty when all is well."""

    verdict: CheckVerdict
    what: str
    detail: str
    advice: str = ""
