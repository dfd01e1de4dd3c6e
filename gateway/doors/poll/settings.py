"""What can be set of the poller."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """Limits of the poller.

    Attributes
    ----------
    limit_s : float
        Time for one whole answer, however it comes. [s]
    most_bytes : int
        Longest answer. [byte]
    at_once, at_once_per_product : int
        Questions under way, in all and to one product's cloud; to one that fails a single one.
    most_devices, most_messages : int
        Devices of one product that are asked about; messages of one answer that are read.
    first_pause_s, longest_pause_s : float
        Pause after the first failure; it doubles up to the longest. [s]
    tick_s, follow_s, write_s : float
        How often it is looked what is due, whether products or devices changed, and what is to be written down. [s]
    """

    limit_s: float = 15.0
    most_bytes: int = 1_048_576
    at_once: int = 32
    at_once_per_product: int = 4
    most_devices: int = 20_000
    most_messages: int = 5_000
    first_pause_s: float = 15.0
    longest_pause_s: float = 600.0
    tick_s: float = 0.25
    follow_s: float = 0.5
    write_s: float = 2.0
