"""What every registered detector must do: the registry is the list of tests."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from alerts.detectors import discover, registry
from alerts.finding import Condition, Finding
from alerts.kinds import KINDS
from alerts.rules.detector import HEARD, Detector, Profile, Window
from alerts.versions import discover_versions
from anhu.contract.observation import Quality
from anhu.contract.quantities import QUANTITIES
from tests.conformance.detector_streams import (
    CHANNELS,
    PROFILES,
    RATE_HZ,
    T0,
    handed,
    healthy,
    is_event,
    is_wave,
    pieces,
    restless,
    window,
)

RELEASED = discover()
DETECTORS = (*RELEASED, *discover_versions())
DAY_MS = 86_400_000


def named(cls: type[Detector]) -> str:
    return cls.name if cls in RELEASED else f"{cls.name} {cls.version}"


each_detector = pytest.mark.parametrize("cls", DETECTORS, ids=named)
each_profile = pytest.mark.parametrize("profile", PROFILES, ids=["plain", "minutely", "flags"])


def reads(cls: type[Detector]) -> list[tuple[type[Detector], str]]:
    return [(cls, quantity) for quantity in cls.reads]


each_input = pytest.mark.parametrize(
    ("cls", "quantity"),
    [pair for cls in DETECTORS for pair in reads(cls)],
    ids=lambda value: value if isinstance(value, str) else named(value),
)


def fired(found: list[Finding]) -> list[Finding]:
    return [f for f in found if f.condition is Condition.PRESENT]


@each_detector
def test_it_says_what_it_is(cls: type[Detector]) -> None:
    assert cls.__doc__
    assert cls.kinds
    assert cls.version > 0
    assert set(cls.kinds) <= set(KINDS)
    assert all(quantity == HEARD or quantity in QUANTITIES for quantity in cls.reads)


def test_two_of_one_name_stop_the_start() -> None:
    with pytest.raises(ValueError, match="two detectors are named"):
        registry([DETECTORS[0], DETECTORS[0]])


@each_input
@each_profile
@pytest.mark.parametrize("seed", range(3))
def test_any_chunking_gives_the_same_findings(cls: type[Detector], quantity: str, profile: Profile, seed: int) -> None:
    stream = restless(quantity, seed)
    whole = handed(cls.for_profile(profile), list(pieces(stream, [10_000])))
    for sizes in ([1], [7], [3, 50, 1], [13, 128]):
        if sizes == [1] and is_wave(quantity):
            continue
        assert handed(cls.for_profile(profile), list(pieces(stream, sizes))) == whole


@each_input
@pytest.mark.parametrize("seed", range(2))
def test_its_state_survives_a_restart_at_any_point(cls: type[Detector], quantity: str, seed: int) -> None:
    stream = list(pieces(restless(quantity, seed), [137] if is_wave(quantity) else [5]))
    end = int(stream[-1].t_ms[-1]) + DAY_MS
    expected = handed(cls.for_profile(PROFILES[1]), stream, end)
    for cut in range(0, len(stream), 1 + len(stream) // 40):
        first, second = cls.for_profile(PROFILES[1]), cls.for_profile(PROFILES[1])
        found = handed(first, stream[:cut])
        kept = msgspec.msgpack.decode(msgspec.msgpack.encode(first.snapshot()))
        second.restore(kept)
        assert found + handed(second, stream[cut:], end) == expected


@each_input
def test_its_input_is_left_untouched(cls: type[Detector], quantity: str) -> None:
    stream = restless(quantity, 1)
    before = (stream.t_ms.copy(), stream.values.copy(), stream.quality.copy())
    arrays: tuple[NDArray[np.generic], ...] = (stream.t_ms, stream.values, stream.quality)
    for array in arrays:
        array.flags.writeable = False
    handed(cls.for_profile(Profile()), [stream])
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@each_input
@each_profile
def test_a_quiet_day_raises_nothing(cls: type[Detector], quantity: str, profile: Profile) -> None:
    detector = cls.for_profile(profile)
    stream = list(pieces(healthy(quantity, 24), [500]))
    assert handed(detector, stream, int(stream[-1].t_ms[-1])) == []


@each_input
@each_profile
@pytest.mark.parametrize("fault", ["missing", "implausible", "retained", "flat", "clipped", "gaps", "one sample"])
def test_a_broken_signal_never_raises_an_alarm(
    cls: type[Detector], quantity: str, profile: Profile, fault: str
) -> None:
    if fault == "gaps" and HEARD in cls.reads:
        return  # a gap is what it watches for
    stream = list(pieces(broken(quantity, fault), [211]))
    assert fired(handed(cls.for_profile(profile), stream)) == []


def broken(quantity: str, fault: str) -> Window:
    calm = healthy(quantity, 6)
    values, quality, t = calm.values.copy(), calm.quality.copy(), calm.t_ms.copy()
    if fault == "missing":
        values[:] = np.nan
    elif fault == "implausible":
        row = QUANTITIES.get(quantity)
        values[::3] = 1e6 if row is None or not np.isfinite(row.high) else row.high * 2
        quality[::3] |= int(Quality.OUT_OF_RANGE)
    elif fault == "retained":
        values[:] = 1.0 if is_event(quantity) else values
        quality |= int(Quality.RETAINED)
    elif fault == "flat":
        values[:] = values[0]
    elif fault == "clipped" and is_wave(quantity):
        values[1000:] = min(QUANTITIES[quantity].high, 1e3)
    elif fault == "gaps":
        kept = np.random.default_rng(3).random(len(t)) < 0.5
        values, quality, t = values[kept], quality[kept], t[kept]
    elif fault == "one sample":
        values, quality, t = values[:1], quality[:1], t[:1]
    return window(quantity, t, values, quality)


@each_input
def test_what_it_keeps_back_does_not_matter(cls: type[Detector], quantity: str) -> None:
    """Values inside the quiet range may be left out, and the findings are the same."""
    if is_wave(quantity) or is_event(quantity):
        return
    for seed in range(3):
        stream = restless(quantity, seed)
        stream.quality[:] &= ~int(Quality.DEVICE_POOR)
        whole, sparing = cls.for_profile(PROFILES[1]), cls.for_profile(PROFILES[1])
        found: list[Finding] = []
        for one in pieces(stream, [1]):
            quiet = sparing.quiet_range(quantity)
            found += [f for f in handed(sparing, [], int(one.t_ms[0])) if f]
            t, value = int(one.t_ms[0]), float(one.values[0, 0])
            wanted = quiet is None or not quiet[0] < value < quiet[1]
            if wanted or (cls.noted and (one.quality[0] or not sparing.note(quantity, t, value))):
                found += sparing.update(one)
        assert found == handed(whole, list(pieces(stream, [1])))


def test_the_streams_cover_every_waveform() -> None:
    waves = {q for cls in DETECTORS for q in cls.reads if is_wave(q)}
    assert waves <= set(RATE_HZ)
    assert set(CHANNELS) <= set(RATE_HZ)
    assert T0 > 0
