"""Reads the PhysioNet formats of the MIT-BIH and CPSC 2021 recordings: signals in format 212 or 16, and annotations.

After the WFDB manual: signal(5), header(5), annot(5), https://physionet.org/physiotools/wag/.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anhu.contract.errors import FieldError

_FORMATS = ("212", "16")
_DEFAULT_GAIN = 200.0
_SYMBOLS = dict(enumerate(' NLRaVFJASEj/Q~ | sT*D"=pB^t+u?![]en@xf()r', start=0))
_NOTHING, _SKIP, _NUM, _SUB, _CHN, _AUX = 0, 59, 60, 61, 62, 63
_REMARK = "## "
"""How texts begin that speak of the file, not of the heart."""
_CODE_BITS, _CODE_SHIFT = 0x3FF, 10


class Signals(NamedTuple):
    """Signals of a record.

    Attributes
    ----------
    rate_hz : float
        Samples a second. [Hz]
    names : tuple of str
        Of the leads.
    values : ndarray, shape (n, leads)
        [mV]
    """

    rate_hz: float
    names: tuple[str, ...]
    values: NDArray[np.float64]


class Mark(NamedTuple):
    """An annotation: sample number, symbol (``N``, ``V``, ``+``...) and its text (``(AFIB``)."""

    sample: int
    symbol: str
    text: str


def read_signals(header: Path) -> Signals:
    """Return the signals of a record of two leads in format 212 or 16.

    Raises
    ------
    FieldError
        If the record is of another format or number of leads.
    """
    lines = [line for line in header.read_text("ascii").splitlines() if line and not line.startswith("#")]
    _, leads, rate, *_ = lines[0].split()
    fields = [line.split() for line in lines[1 : 1 + int(leads)]]
    if len(fields) != 2 or len({f[1] for f in fields} | {*_FORMATS}) != len(_FORMATS):  # noqa: PLR2004 - interleaved
        raise FieldError("header", str(header), "two signals in format 212 or 16")
    stored = header.with_name(fields[0][0])
    if fields[0][1] == "16":
        raw = np.fromfile(stored, dtype="<i2").reshape(-1, 2).astype(np.int32)
    else:
        raw = _unpacked(np.fromfile(stored, dtype=np.uint8))
    gains, zeros = zip(*(_gain_and_zero(f) for f in fields), strict=True)
    values = (raw - np.array(zeros)) / np.array(gains)
    return Signals(float(rate.split("/")[0]), tuple(f[-1] for f in fields), values)


def _gain_and_zero(fields: list[str]) -> tuple[float, float]:
    gain, _, zero = fields[2].split("/")[0].partition("(")
    return float(gain) or _DEFAULT_GAIN, float(zero.rstrip(")") or fields[4])


def _unpacked(raw: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the pairs of 12-bit two's complement numbers that stand in each three bytes, shape (n, 2)."""
    triples = raw[: len(raw) // 3 * 3].reshape(-1, 3).astype(np.int32)
    first = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    second = triples[:, 2] | (triples[:, 1] & 0xF0) << 4
    pairs = np.stack([first, second], axis=1)
    return np.where(pairs >= 1 << 11, pairs - (1 << 12), pairs)


def read_marks(file: Path) -> list[Mark]:
    """Return the annotations of a ``.atr`` file, in time order."""
    words = np.fromfile(file, dtype="<u2").tolist()
    raw = file.read_bytes()
    marks: list[Mark] = []
    at = sample = 0
    while at < len(words) and words[at]:
        code, low = words[at] >> _CODE_SHIFT, words[at] & _CODE_BITS
        at += 1
        if code == _SKIP:
            step = (words[at] << 16) + words[at + 1]
            sample += step - (1 << 32) if step >= 1 << 31 else step
            at += 2
        elif code == _AUX:
            text = raw[2 * at : 2 * at + low].decode("ascii", "replace").rstrip("\0")
            marks[-1] = marks[-1]._replace(text=text)
            at += (low + 1) // 2
        elif code not in (_NUM, _SUB, _CHN):
            sample += low
            if code != _NOTHING:
                marks.append(Mark(sample, _SYMBOLS.get(code, "?"), ""))
    return [mark for mark in marks if not mark.text.startswith(_REMARK)]
