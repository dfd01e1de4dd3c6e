"""What a simulation is asked to do, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from anhu.contract.errors import SettingsError
from simulators.credential import Credential
from simulators.faults import AT_REST, Faults
from simulators.sources.scenarios import SCENARIOS

LARGEST_PAHO_FLEET = 10
"""Up to so many devices each is a paho-mqtt client; more are our own fleet (`simulators.fleet` says why)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """One run.

    With `rate_per_s` it is load: ordinary vitals at that rate over all devices. Else every device tells a story: a
    recording, a scenario, or, with neither, ordinary days from now on until the time is up.

    Attributes
    ----------
    credentials : tuple of Credential
        The devices, one a resident.
    host, port : str, int
        The front door, or a broker.
    tls_ca : Path, optional
        Certificate authority to trust; without it the connection is not encrypted.
    scenario : str
        Name in `simulators.sources.scenarios.SCENARIOS`; empty for none.
    recording : Path, optional
        A file that `simulators.sources.recording` knows.
    trial : int, optional
        Which trial of it.
    position : str
        Where the recording's sensor was worn.
    rate_per_s : float
        Messages a second over all devices; 0 to tell stories. [1/s]
    duration_s : float
        End after so long; 0 for no end (ordinary days) or the story's own. [s]
    speed : float
        Story seconds told in a second. Above 1 the story begins in the past and has caught up with the present when
        it ends, so that no message comes from the future.
    seed : int
        Device number i tells the story of seed + i.
    faults : Faults
        What happens to messages on their way.
    """

    credentials: tuple[Credential, ...]
    host: str = "127.0.0.1"
    port: int = 1883
    tls_ca: Path | None = None
    scenario: str = ""
    recording: Path | None = None
    trial: int | None = None
    position: str = ""
    rate_per_s: float = 0.0
    duration_s: float = 0.0
    speed: float = 1.0
    seed: int = 1
    faults: Faults = AT_REST

    def __post_init__(self) -> None:
        if not self.credentials:
            raise SettingsError("credentials", "none", "at least one device")
        if self.scenario and self.scenario not in SCENARIOS:
            raise SettingsError("scenario", self.scenario, f"one of {', '.join(SCENARIOS)}")
        if bool(self.scenario) + (self.recording is not None) + bool(self.rate_per_s) > 1:
            raise SettingsError("scenario, recording, rate", "more than one", "one of them")
        if self.speed <= 0:
            raise SettingsError("speed", self.speed, "a number above 0")
        if self.rate_per_s < 0 or self.duration_s < 0:
            raise SettingsError("rate, duration", (self.rate_per_s, self.duration_s), "0 or more")


def numbered(prefix: str, secret: str, residents: int) -> tuple[Credential, ...]:
    """Return one device as it is named, or so many named ``prefix-0001``, ``prefix-0002`` ... with one secret."""
    if residents == 1:
        return (Credential(prefix, secret),)
    return tuple(Credential(f"{prefix}-{i:04d}", secret) for i in range(1, residents + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is.

    Attributes
    ----------
    elapsed_s : float
        Since the first device was connected. [s]
    devices : int
        Connected now.
    sent, acknowledged : int
        Messages handed over, and those of them that the server has promised to keep.
    """

    elapsed_s: float
    devices: int
    sent: int
    acknowledged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What came of a run.

    Attributes
    ----------
    sent, acknowledged, unanswered : int
        Messages. Unanswered ones may or may not have been kept.
    refused : tuple of str
        Devices that could not connect, and why; shortened.
    elapsed_s : float
        From the first message to the last answer. [s]
    answer_p50_ms, answer_p99_ms : float
        Time from sending a message to its answer, over the last 100,000. [ms]
    """

    sent: int
    acknowledged: int
    unanswered: int
    refused: tuple[str, ...]
    elapsed_s: float
    answer_p50_ms: float
    answer_p99_ms: float
