"""The bench on which vendors try their messages: what it must be able to do. It is wired by the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol


class BenchCheck(NamedTuple):
    """One thing that was looked at of a codec: ``vendor_bench.check.{key}`` of the catalogue; of which example."""

    key: str
    about: str
    passed: bool
    detail: str


class BenchReport(NamedTuple):
    """What an examination of a codec found."""

    codec: str
    title: str
    passed: bool
    vectors: int
    vectors_passed: int
    fuzzed_bytes: int
    crashes: int
    checks: tuple[BenchCheck, ...]


class CodecBench(Protocol):
    """Tries payloads and examines codecs; keeps nothing."""

    @property
    def titles(self) -> Mapping[str, str]:
        """Codec -> what it is, for people."""
        ...

    def try_payload(self, codec: str, payload: bytes, route: str, device_id: str) -> Mapping[str, Any]:
        """Return what becomes of a payload: ``observations``, ``error``, ``unmapped``, ``elsewhere``."""
        ...

    def examine(self, codec: str) -> BenchReport:
        """Run the conformance of a codec: some seconds."""
        ...
