"""E-mails at the other end: which alert each is about, read from its Message-ID, which is the idempotency key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from notify.channels.email.fake import Mail


class Letter(NamedTuple):
    """One e-mail.

    Attributes
    ----------
    first : bool
        Tells of the alert itself, not of a later step.
    """

    key: str
    alert_id: str
    first: bool
    at_s: float
    told: bool


def letters(mails: Iterable[Mail]) -> list[Letter]:
    """Read what came."""
    return [_letter(mail) for mail in list(mails)]


def mailed(mails: Iterable[Mail]) -> set[str]:
    """Return the alerts whose first e-mail was taken."""
    return {letter.alert_id for letter in letters(mails) if letter.first and letter.told}


def repeated(read: Sequence[Letter]) -> int:
    """Return how many came although the same had been taken before."""
    taken = Counter(letter.key for letter in read if letter.told)
    return sum(n - 1 for n in taken.values())


def _letter(mail: Mail) -> Letter:
    key = str(mail.message["Message-ID"]).strip("<>").partition("@")[0]
    alert_id, reason, *_ = key.split(".")
    return Letter(key, alert_id, reason == "raised", mail.at_s, mail.told)
