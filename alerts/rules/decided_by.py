"""Who decided: a detector's name, its version, and the learned model that it asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

import msgspec

from alerts.finding import Finding
from alerts.kinds import SHARED
from alerts.rules.detector import Detector
from alerts.signal.model_file import FOLDER

_SHOWN = 8


@cache
def model_digest(names: tuple[str, ...]) -> str:
    """Return a short name of the present content of learned models; empty without any.

    Parameters
    ----------
    names : tuple of str
        Files of `alerts/models` without their ending.
    """
    if not names:
        return ""
    digest = hashlib.sha256()
    for file in sorted(file for name in names for file in FOLDER.glob(f"{name}.*")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:_SHOWN]


def name_of(detector: type[Detector]) -> str:
    """Return what evidence calls a version (`alerts.finding.Evidence.decided_by`)."""
    return f"{detector.name} {detector.version}"


def signed(finding: Finding, detector: Detector | type[Detector]) -> Finding:
    """Return a finding that says which version of which detector, and which model, decided it.

    Of a kind that several rules raise it says which rule, too: each ends only its own.
    """
    rule = detector.name if finding.kind in SHARED else finding.evidence.rule
    evidence = msgspec.structs.replace(
        finding.evidence,
        rule=rule,
        detector=detector.name,
        version=detector.version,
        model=model_digest(detector.models),
    )
    return msgspec.structs.replace(finding, evidence=evidence)


def by_version(detectors: Iterable[type[Detector]]) -> dict[tuple[str, int], type[Detector]]:
    """Return detectors by name and version."""
    return {(one.name, one.version): one for one in detectors}
