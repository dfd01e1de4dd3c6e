from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.detectors import discover
from alerts.engine.watched_device import WatchedDevice
from alerts.replay import replay_resident
from alerts.rules.detector import Profile
from anhu.contract.observation import Event, Waveform
from ingest.store.port import Bucket, Point, Range

T0 = 1_795_300_000_000


class History:
    """A store that holds one desaturation and one call."""

    def points(self, resident_id: str, quantity: str, within: Range, *, limit: int = 10_000) -> Sequence[Point]:
        if (resident_id, quantity) != ("r-1", "spo2"):
            return []
        times = range(T0, T0 + 1_200_000, 20_000)
        values = [Point(t, 84.0 if T0 + 300_000 <= t < T0 + 600_000 else 97.0, 0, "w-1") for t in times]
        return [point for point in values if within.start_ms <= point.observed_at_ms < within.end_ms][:limit]

    def events(self, resident_id: str, within: Range, *, limit: int = 1_000) -> Sequence[tuple[str, Event]]:
        assert (resident_id, limit > 0, within.start_ms) == ("r-1", True, T0)
        return [("w-1", Event("sos", T0 + 400_000))]

    def waveforms(
        self, resident_id: str, quantity: str, within: Range, *, limit: int = 100
    ) -> Sequence[tuple[str, Waveform]]:
        assert (resident_id, quantity != "", within.start_ms, limit > 0) == ("r-1", True, T0, True)
        return []

    def latest(self, resident_ids: Sequence[str]) -> Mapping[str, Mapping[str, Point]]:
        raise NotImplementedError(resident_ids)

    def buckets(self, resident_id: str, quantity: str, within: Range, *, bucket_ms: int) -> Sequence[Bucket]:
        raise NotImplementedError(resident_id, quantity, within, bucket_ms)

    def ping(self) -> str:
        return "history"

    def close(self) -> None:
        pass


def test_history_says_what_the_rules_would_have_said() -> None:
    roster = [WatchedDevice("w-1", "r-1", Profile(report_period_s=20), enrolled_at_ms=1)]
    found = list(replay_resident(History(), "r-1", Range(T0, T0 + 3_600_000), discover(), roster=roster))
    assert [(d.finding.kind, str(d.finding.condition), (d.finding.decided_at_ms - T0) // 1_000) for d in found] == [
        ("spo2_low", "present", 360),
        ("sos", "present", 400),
        ("spo2_low", "gone", 900),
        ("device_silent", "present", 1_780),
    ]
