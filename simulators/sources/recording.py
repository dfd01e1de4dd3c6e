"""Recordings as stories: falls and daily activities from body-worn sensors, ECG, heart rate, continuous glucose.

The layout of a file says what it is; `simulators/recordings/README.md` names those that are shipped. Acceleration is
sent in g, in messages of about one second, as a wearable would.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anhu.contract.errors import FieldError
from anhu.contract.units import STANDARD_GRAVITY_M_S2
from anhu.contract.wire import Measured
from simulators.report import Report, Story, measured, packed_waveform

SHIPPED = Path(__file__).parent.parent / "recordings"
CHUNK_MS = 1_000
AXES = ("x", "y", "z")

_UMAFALL_RATES_HZ = {"pocket": 200.0, "chest": 20.0, "waist": 20.0, "wrist": 20.0, "ankle": 20.0}
_MAX_ABS_RATE_BPM = 220.0
_MIN_ABS_RATE_BPM = 20.0


class RecordedTrial(NamedTuple):
    """One trial of a fall data set.

    Attributes
    ----------
    acceleration : mapping
        Position on the body -> samples, shape (n, 3), gravity included. [g]
    sampling_rate_hz : mapping
        Position on the body -> rate. [Hz]
    """

    code: str
    is_fall: bool
    acceleration: Mapping[str, NDArray[np.float64]]
    sampling_rate_hz: Mapping[str, float]


def trials(path: Path) -> tuple[RecordedTrial, ...]:
    """Load every trial of one person: a file of UMAFall (tags and pocket), SisFall (waist) or WEDA-FALL (wrist).

    Raises
    ------
    FieldError
        If the file is none of these.
    """
    with np.load(path, allow_pickle=False) as file:
        z = {name: file[name] for name in file.files}
    if "waist_acc" in z:
        return tuple(_umafall(z, k) for k in range(len(z["code"])))
    if "acc" in z and "t_ms" in z:
        return tuple(_weda(z, k) for k in range(len(z["code"])))
    if "acc" in z:
        return tuple(_sisfall(z, k) for k in range(len(z["code"])))
    raise FieldError("recording", str(path), "a file in the layout of UMAFall, SisFall or WEDA-FALL")


def _umafall(z: Mapping[str, NDArray[Any]], k: int) -> RecordedTrial:
    found = {}
    for position in _UMAFALL_RATES_HZ:
        if f"{position}_acc" not in z:
            continue
        start, end = z[f"{position}_start"][k : k + 2]
        if end > start:  # arrival times jitter with the radio; the tags themselves sample evenly
            found[position] = z[f"{position}_acc"][:, start:end].T * float(z[f"{position}_acc_scale"])
    rates = {position: _UMAFALL_RATES_HZ[position] for position in found}
    return RecordedTrial(str(z["code"][k]), bool(z["fall"][k]), found, rates)


def _sisfall(z: Mapping[str, NDArray[Any]], k: int) -> RecordedTrial:
    start, end = z["start"][k : k + 2]
    samples = z["acc"][:, start:end].T * float(z["acc_scale"])
    return RecordedTrial(str(z["code"][k]), bool(z["fall"][k]), {"waist": samples}, {"waist": float(z["fs"])})


def _weda(z: Mapping[str, NDArray[Any]], k: int) -> RecordedTrial:
    start, end = z["start"][k : k + 2]
    raw = z["acc"][:, start:end].T * (float(z["acc_scale"]) / STANDARD_GRAVITY_M_S2)
    rate_hz = float(z["fs"])
    t_ms = z["t_ms"][start:end].astype(np.float64)
    even_ms = np.arange(t_ms[0], t_ms[-1], 1_000 / rate_hz)
    samples = np.stack([np.interp(even_ms, t_ms, raw[:, axis]) for axis in range(3)], axis=1)
    return RecordedTrial(str(z["code"][k]), bool(z["fall"][k]), {"wrist": samples}, {"wrist": rate_hz})


def acceleration_story(samples: NDArray[np.float64], *, sampling_rate_hz: float, position: str) -> Story:
    """Cut acceleration of shape (n, 3) into messages of about a second, each sent when it is complete. [g]."""
    per_chunk = max(1, round(sampling_rate_hz * CHUNK_MS / 1_000))
    story = []
    for first in range(0, len(samples), per_chunk):
        chunk = samples[first : first + per_chunk]
        waveform = packed_waveform(
            "acceleration", chunk, sampling_rate_hz=sampling_rate_hz, channels=AXES, position=position
        )
        story.append(
            Report(
                after_ms=round((first + len(chunk)) * 1_000 / sampling_rate_hz),
                observed_after_ms=round(first * 1_000 / sampling_rate_hz),
                waveforms=(waveform,),
            )
        )
    return tuple(story)


def trial_story(trial: RecordedTrial, *, position: str = "") -> Story:
    """Return one trial as the messages of a wearable at one position (the first that the trial has, by default).

    Raises
    ------
    FieldError
        If the trial has no sensor there.
    """
    at = position or next(p for p in ("waist", "wrist", "pocket", "chest", "ankle") if p in trial.acceleration)
    if at not in trial.acceleration:
        raise FieldError("position", at, f"one of {', '.join(trial.acceleration)}")
    return acceleration_story(trial.acceleration[at], sampling_rate_hz=trial.sampling_rate_hz[at], position=at)


def heart_rate_story(path: Path, *, every_s: int = 5, duration_s: int = 86_400) -> Story:
    """Return a day-long heart-rate series as one number every so many seconds; absurd source values are left out."""
    with np.load(path, allow_pickle=False) as z:
        rates, rate_hz = z["hr"] * float(z["hr_scale"]), float(z["fs"])
    last = min(len(rates), round(duration_s * rate_hz))
    return tuple(
        measured(round(i * 1_000 / rate_hz), heart_rate=round(float(rates[i]), 1))
        for i in range(0, last, max(1, round(every_s * rate_hz)))
        if _MIN_ABS_RATE_BPM <= rates[i] <= _MAX_ABS_RATE_BPM
    )


def glucose_story(path: Path, *, person: str = "") -> Story:
    """Return one person's continuous glucose as it was measured, in mg/dL; the first person by default."""
    with np.load(path, allow_pickle=False) as z:
        people, time, glucose = z["id"], z["time"].astype("datetime64[ms]").astype(np.int64), z["glucose"]
    own = people == (person or people[0])
    if not own.any():
        raise FieldError("person", person, f"one of {', '.join(sorted(set(people.tolist())))}")
    since_ms = time[own] - time[own][0]
    return tuple(
        measured(int(t), glucose=Measured(value=float(g), unit="mg/dL"))
        for t, g in zip(since_ms, glucose[own], strict=True)
        if np.isfinite(g)
    )


def ecg(path: Path, *, trial: int = 0) -> tuple[NDArray[np.float64], float]:
    """Return one lead of an ECG recording and its rate, of a file in the layout of CinC 2017. [mV, Hz].

    Raises
    ------
    FieldError
        If there is no such recording in the file.
    """
    with np.load(path, allow_pickle=False) as z:
        start = z["start"]
        if not 0 <= trial < len(start) - 1:
            raise FieldError("trial", trial, f"0 to {len(start) - 2}")
        samples = z["ecg"][start[trial] : start[trial + 1]] * float(z["scale_mV"])
        return samples.astype(np.float64), float(z["fs"])


def ecg_story(path: Path, *, trial: int = 0) -> Story:
    """Return one lead as the messages of a recorder: a second of it in each, sent when it is complete. [mV]."""
    lead, rate_hz = ecg(path, trial=trial)
    per_chunk = max(1, round(rate_hz * CHUNK_MS / 1_000))
    return tuple(
        Report(
            after_ms=round((first + len(chunk)) * 1_000 / rate_hz),
            observed_after_ms=round(first * 1_000 / rate_hz),
            waveforms=(packed_waveform("ecg", chunk, sampling_rate_hz=rate_hz, channels=("I",)),),
        )
        for first in range(0, len(lead), per_chunk)
        if len(chunk := lead[first : first + per_chunk, None])
    )


def recording_story(path: Path, *, trial: int | None = None, position: str = "") -> Story:
    """Return any known recording as a story.

    Parameters
    ----------
    path : Path
        A file of fall trials, ECG, heart rate or glucose, known by its layout.
    trial : int, optional
        Which trial of a fall data set, its first fall by default, or its first trial where nobody falls; which
        recording of a set of ECGs.
    position : str
        Where the sensor was worn, for a set with several.

    Raises
    ------
    FieldError
        If the file's layout is not known, or there is no such trial.
    """
    with np.load(path, allow_pickle=False) as z:
        names = set(z.files)
    if "hr" in names:
        return heart_rate_story(path)
    if "glucose" in names:
        return glucose_story(path)
    if "ecg" in names and "start" in names:
        return ecg_story(path, trial=trial or 0)
    found = trials(path)
    if trial is None:
        trial = next((k for k, one in enumerate(found) if one.is_fall), 0)
    if not 0 <= trial < len(found):
        raise FieldError("trial", trial, f"0 to {len(found) - 1}")
    return trial_story(found[trial], position=position)
