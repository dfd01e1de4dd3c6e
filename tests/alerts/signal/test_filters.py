"""What loads when: a process that judges no strip pays for no filter; and that the filter is SciPy's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from alerts.signal.filters import band_pass, filter_loop, lines_of


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    filter_loop.cache_clear()
    yield
    filter_loop.cache_clear()


def _doubles(_sections: object, rows: np.ndarray, _states: object) -> None:
    rows *= 2.0


def _wants_more(_sections: object, _rows: object, _states: object, _more: object) -> None:
    """Stand for a loop with another signature."""


def test_detectors_are_found_without_the_filters() -> None:
    code = "import sys; from alerts.detectors import discover; discover(); print('scipy.signal' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert ran.stdout.strip() == "False"


@pytest.mark.parametrize("loop", ["as it is", None, _doubles, _wants_more])
@pytest.mark.parametrize("n", [16, 17, 1_750])
def test_the_band_pass_is_that_of_scipy_whatever_its_loop_is(
    n: int, loop: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    if loop != "as it is":
        module = ModuleType("scipy.signal._sosfilt")
        if loop is not None:
            vars(module)["_sosfilt"] = loop
        monkeypatch.setitem(sys.modules, "scipy.signal._sosfilt", module)
    wave = np.random.default_rng(n).normal(size=n).cumsum()
    kept = wave.copy()
    passed = band_pass(wave, 2, (5.0, 20.0), rate_hz=125.0)
    sections = butter(2, (5.0, 20.0), "bandpass", fs=125.0, output="sos")
    np.testing.assert_array_equal(passed, sosfiltfilt(sections, wave))
    np.testing.assert_array_equal(wave, kept)


def test_this_release_of_scipy_has_the_loop() -> None:
    assert filter_loop().__module__ == "scipy.signal._sosfilt"


def test_many_rows_at_once_give_the_numbers_of_one_by_one() -> None:
    waves = np.random.default_rng(1).normal(size=(8, 2, 200))
    np.testing.assert_array_equal(lines_of(waves, 1_500), np.fft.rfft(waves, 1_500))
