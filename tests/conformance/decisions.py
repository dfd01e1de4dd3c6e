"""What each version of each detector decides on the conformance streams, as a digest that is kept.

``python -m tests.conformance.decisions`` adds versions that are new. One that is kept is never written again: who
changes what a detector decides, or the model that it asks, gives it another `version`.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from alerts.detectors import discover
from alerts.finding import Finding
from alerts.rules.decided_by import by_version, model_digest
from alerts.rules.detector import Detector
from alerts.versions import discover_versions
from tests.conformance.detector_cases import T0
from tests.conformance.detector_streams import PROFILES, handed, pieces, restless
from tests.conformance.test_detectors_fire import CASES

KEPT = Path(__file__).with_suffix(".toml")
_SEEDS = range(2)
_DAY_MS = 86_400_000


def every_version() -> Mapping[str, type[Detector]]:
    """Return the released and the further versions, as evidence names them."""
    versions = by_version((*discover(), *discover_versions()))
    return {f"{name} {version}": cls for (name, version), cls in sorted(versions.items())}


def digest_of(cls: type[Detector]) -> str:
    """Return the digest of all that a version decides, and of its model."""
    digest = hashlib.sha256(model_digest(cls.models).encode())
    for found in _answers(cls):
        for one in found:
            said = (one.kind, str(one.condition), int(one.priority), one.at_ms - T0, one.decided_at_ms - T0)
            digest.update(repr(said).encode())
        digest.update(b"|")
    return digest.hexdigest()[:16]


def _answers(cls: type[Detector]) -> Iterator[list[Finding]]:
    for case in CASES.get(cls.name, ()):
        yield handed(cls.for_profile(case.profile), case.windows, T0 + round(case.until_s * 1_000))
    for quantity in cls.reads:
        for seed in _SEEDS:
            stream = list(pieces(restless(quantity, seed), [137]))
            yield handed(cls.for_profile(PROFILES[1]), stream, int(stream[-1].t_ms[-1]) + _DAY_MS)


def kept() -> Mapping[str, str]:
    """Return what is kept."""
    found: Mapping[str, str] = tomllib.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return found


def main() -> None:
    """Add the versions that are new."""
    digests = {name: digest_of(cls) for name, cls in every_version().items()} | dict(kept())
    KEPT.write_text("".join(f'"{name}" = "{digest}"\n' for name, digest in sorted(digests.items())), "utf-8")


if __name__ == "__main__":
    main()
