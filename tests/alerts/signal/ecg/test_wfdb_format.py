from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from alerts.accuracy.wfdb_format import read_marks, read_signals
from anhu.contract.errors import FieldError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pandas warns of wfdb's use of it
    import wfdb

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")

SYMBOLS = ["+", "N", "V", "A", "[", "!", "]", "~", "|", "/", "f", "x", "N"]
TEXTS = ["(AFIB"] + [""] * 12


def written(folder: Path, fmt: str = "212") -> Path:
    rng = np.random.default_rng(4)
    signal = np.round(rng.uniform(-9, 9, (3_001, 2)) * 200) / 200
    units, names = ["mV", "mV"], ["MLII", "V1"]
    settings = {"fmt": [fmt] * 2, "adc_gain": [200.0] * 2, "baseline": [0, 0]}
    wfdb.wrsamp("900", fs=360, units=units, sig_name=names, p_signal=signal, write_dir=str(folder), **settings)
    samples = np.array([5, 9, 400, 1_100, 1_200, 1_300, 1_500, 1_700, 1_900, 2_000, 2_100, 2_200, 900_000])
    wfdb.wrann("900", "atr", samples, symbol=SYMBOLS, aux_note=TEXTS, fs=360, write_dir=str(folder))
    return folder / "900.hea"


@pytest.mark.parametrize("fmt", ["212", "16"])
def test_signals_are_what_wfdb_reads(tmp_path: Path, fmt: str) -> None:
    header = written(tmp_path, fmt)
    theirs = wfdb.rdrecord(str(header.with_suffix("")))
    ours = read_signals(header)
    assert (ours.rate_hz, list(ours.names)) == (theirs.fs, theirs.sig_name)
    np.testing.assert_allclose(ours.values[: len(theirs.p_signal)], theirs.p_signal)


def test_marks_are_what_wfdb_reads_also_after_a_long_skip(tmp_path: Path) -> None:
    header = written(tmp_path)
    theirs = wfdb.rdann(str(header.with_suffix("")), "atr")
    ours = read_marks(header.with_suffix(".atr"))
    assert [mark.sample for mark in ours] == theirs.sample.tolist()
    assert [mark.symbol for mark in ours] == theirs.symbol
    assert [mark.text for mark in ours] == TEXTS


def test_another_format_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="212"):
        read_signals(written(tmp_path, fmt="24"))
