"""The vendors' bench over the codecs of this installation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anhu.contract.clock import Clock
from anhu.contract.topics import for_device
from api.codec_bench import BenchCheck, BenchReport
from gateway.codec import Codec, Frame
from gateway.vendor_bench.examination import examine
from gateway.vendor_bench.trial import try_payload


class InstalledCodecs:
    """Tries and examines the codecs there are.

    Parameters
    ----------
    codecs : mapping
        Name -> codec.
    clock : Clock
        Says when a payload that is tried came.
    """

    def __init__(self, codecs: Mapping[str, Codec], clock: Clock) -> None:
        self._codecs = codecs
        self._clock = clock

    @property
    def titles(self) -> Mapping[str, str]:
        """Codec -> what it is, for people."""
        return {name: codec.title for name, codec in sorted(self._codecs.items())}

    def try_payload(self, codec: str, payload: bytes, route: str, device_id: str) -> Mapping[str, Any]:
        """Return what becomes of a payload; without a route it comes on the first topic of its family."""
        known = self._codecs[codec]
        topics = known.mqtt.publish if known.mqtt is not None else ()
        frame = Frame(
            door=known.doors[0],
            route=route or (for_device(topics[0], device_id) if topics else ""),
            payload=payload,
            device_id=device_id,
            received_at_ms=self._clock.now_ms(),
        )
        return try_payload(known, frame).as_json()

    def examine(self, codec: str) -> BenchReport:
        """Run the conformance of a codec."""
        found = examine(self._codecs[codec])
        return BenchReport(
            codec=codec,
            title=found.codec.title,
            passed=found.passed,
            vectors=found.vectors,
            vectors_passed=found.vectors_passed,
            fuzzed_bytes=found.fuzzed_bytes,
            crashes=found.crashes,
            checks=tuple(BenchCheck(one.key, one.about, one.passed, one.detail) for one in found.checks),
        )
