"""What the intake has done since it started, for the health page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class IntakeCounters:
    """Counts since the start. [messages].

    Attributes
    ----------
    decoded, undecoded, silent : int
        Said something; could not be read and was kept raw; had nothing to say.
    announced : int
        Messages that said something new of what others will mean.
    announcements_refused, announcements_forgotten, announcements_unwritten : int
        More than a device may announce; devices whose announcements had to go for others'; changes that the disk has
        not taken so far.
    repeats : int
        Messages that came before, by their family's own mark, and were left out.
    over_limit : int
        Observations that their device may not say so many of. [observations]
    salvaged, refused_calls, refused_unseen : int
        Refused messages of which something was understood; that read like a call and are on the desk; that came so
        often from one device that they were only kept raw.
    of_former, of_nobody : int
        Kept on a device that was passed on: its former wearer's; in doubt whose, so nobody's. [observations]
    heard_let_go : int
        Of sensors that nobody registered and a gateway hears by radio, more than anybody could look at. [observations]
    log_failures : int
        Appends that the LOG refused.
    dropped : int
        Records of our own given up while it did.
    """

    decoded: int = 0
    undecoded: int = 0
    silent: int = 0
    announced: int = 0
    announcements_refused: int = 0
    announcements_forgotten: int = 0
    announcements_unwritten: int = 0
    repeats: int = 0
    over_limit: int = 0
    salvaged: int = 0
    refused_calls: int = 0
    refused_unseen: int = 0
    of_former: int = 0
    of_nobody: int = 0
    heard_let_go: int = 0
    log_failures: int = 0
    dropped: int = 0
