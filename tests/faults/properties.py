"""What must hold after any faults whatever. The one place where it is said."""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

import httpx

from notify.channels.email.fake import SmtpServer
from notify.channels.webhook.fake import WebhookServer
from tests.faults import postbox
from tests.faults.insides import Insides, Letters, Point
from tests.faults.ledger import POISONED, Ledger
from tests.faults.phones import CHANNELS
from tests.faults.senders import Sender
from tests.faults.world import World

_logger = logging.getLogger(__name__)
_ON_ITS_WAY_S = 3.0
"""A page that had left before the person's answer was confirmed cannot be recalled."""
_NOBODYS = ("connection", "sensor_fault", POISONED)
"""What the gateway says of a device that never sent it, and what is understood of poison."""
_MOST_BYTES = 400 * 1_048_576


class Verdict(NamedTuple):
    """What was counted, and what is wrong.

    Attributes
    ----------
    lost : int
        Acknowledged messages of which something is neither in the store nor in the dead letters.
    stored_twice, invented : int
        Points that are in the store more than once, or that nobody sent.
    not_raised, raised_twice : int
        Calls for help without an alert, or with more than one.
    not_paged, paged_after_answer, keys_changed : int
        Alerts nobody was told of; pages after a person's answer; messages sent again under another key.
    not_mailed, mailed_after_answer : int
        The same of e-mails; an alert that was answered first needs none.
    pages_repeated, mails_repeated, rings_repeated : int
        What came more than once, with one key: allowed, and counted.
    not_rung, rung_after_answer : int
        The same of texts and calls to a village doctor: an alert that was not answered needs both.
    taken_twice : int
        Alerts whose history says more than once that somebody took them.
    """

    messages: int
    points: int
    letters: int
    calls: int
    pages: int
    answered: int
    pages_repeated: int
    mails: int
    mails_repeated: int
    rings: int
    rings_repeated: int
    lost: int
    stored_twice: int
    invented: int
    not_raised: int
    raised_twice: int
    not_paged: int
    paged_after_answer: int
    keys_changed: int
    not_mailed: int
    mailed_after_answer: int
    not_rung: int
    rung_after_answer: int
    taken_twice: int
    too_much_memory: int

    @property
    def wrong(self) -> dict[str, int]:
        """What must be nothing and is not."""
        must_be_none = self._fields[self._fields.index("lost") :]
        return {name: getattr(self, name) for name in must_be_none if getattr(self, name)}


def points_of(sender: Sender, payload: bytes) -> set[Point]:
    """Return the points that a payload of a sender makes; none for nonsense."""
    try:
        said = json.loads(payload)
        values = {(sender.device_id, code, said["time"]) for code in said.get("values", {})}
        return values | {(_sensor(sender, e), e["kind"], said["time"]) for e in said.get("events", [])}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()


def _sensor(sender: Sender, event: Mapping[str, str]) -> str:
    """Return which device an event is of: its sender, or a sensor behind it."""
    return f"{sender.device_id}:{event['source']}" if "source" in event else sender.device_id


class Seen(Protocol):
    """What is looked at from outside, whatever the installation is made of."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def insides(self) -> Insides: ...
    @property
    def doctor(self) -> WebhookServer: ...
    @property
    def mail(self) -> SmtpServer: ...


def has_all(world: Seen) -> bool:
    """Tell whether all that was promised until now is there."""
    return not any(_missing(world.ledger, world.insides.points(), world.insides.letters()))


def _missing(ledger: Ledger, stored: Counter[Point], letters: Letters) -> Iterator[str]:
    """Yield every promised message that is neither in the store nor in the dead letters."""
    for sender in ledger.senders:
        for number, payload in enumerate(tuple(sender.promised)):
            points = set() if payload in ledger.poison else points_of(sender, payload)
            kept = bool(points) and all(p in stored or p in letters.points for p in points)
            if not kept and payload not in letters.payloads:
                yield f"message {number} of {sender.device_id}: {payload[:200]!r}"


def verdict(world: World) -> Verdict:
    """Compare what was promised with what is there."""
    return Verdict(**counted(world), **_rings(world))


def counted(world: Seen) -> dict[str, int]:
    """Return all of a verdict but what concerns telephones."""
    ledger, stored, letters = world.ledger, world.insides.points(), world.insides.letters()
    lost = list(_missing(ledger, stored, letters))
    for one in lost:
        _logger.error("lost: %s", one)
    said = {p for s in ledger.senders for payload in s.said - ledger.poison for p in points_of(s, payload)}
    ours = {s.device_id for s in ledger.senders}
    known = {p: n for p, n in stored.items() if p[0] in ours and p[1] not in _NOBODYS}
    for point in known.keys() - said:
        _logger.error("invented: %s", point)
    return {
        "messages": ledger.promised,
        "points": len(known),
        "letters": len(letters.payloads) + len(letters.points),
        "calls": len(ledger.calls),
        "lost": len(lost),
        "stored_twice": sum(n > 1 for n in known.values()),
        "invented": len(known.keys() - said),
        "too_much_memory": sum(b > _MOST_BYTES for b in ledger.peak_bytes.values()),
        **_alerts(world),
        **_pages(world),
        **_mails(world),
        "taken_twice": world.insides.times_taken(),
    }


def _alerts(world: Seen) -> dict[str, int]:
    raised = Counter(a.resident_id for a in world.insides.alerts())
    callers = {c.sender.resident_id for c in world.ledger.calls}
    twice = sum(n > 1 for n in raised.values()) + len(raised.keys() - callers) + world.insides.open_twice()
    return {"not_raised": len(callers - raised.keys()), "raised_twice": twice}


def _pages(world: Seen) -> dict[str, int]:
    taken: Counter[str] = Counter()
    keys: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    told: set[str] = set()
    after_answer = 0
    for call in world.doctor.calls:
        body = json.loads(call.body)
        key = call.headers["idempotency-key"]
        keys[body["alert_id"], body["type"], body["step"]].add(key)
        if httpx.codes.is_success(call.status):
            taken[key] += 1
            told.add(body["alert_id"])
        answered_s = world.ledger.answered_s.get(body["alert_id"])
        after_answer += answered_s is not None and call.at_s > answered_s + _ON_ITS_WAY_S
    return {
        "pages": sum(taken.values()),
        "answered": len(world.ledger.answered_s),
        "pages_repeated": sum(n - 1 for n in taken.values()),
        "not_paged": sum(a.id not in told for a in world.insides.alerts()),
        "paged_after_answer": after_answer,
        "keys_changed": sum(len(k) > 1 for k in keys.values()),
    }


def _mails(world: Seen) -> dict[str, int]:
    read = postbox.letters(world.mail.mails)
    answered_s, mailed = world.ledger.answered_s, postbox.mailed(world.mail.mails)
    late = [one for one in read if one.at_s > answered_s.get(one.alert_id, one.at_s) + _ON_ITS_WAY_S]
    return {
        "mails": sum(one.told for one in read),
        "mails_repeated": postbox.repeated(read),
        "not_mailed": sum(a.id not in mailed and a.id not in answered_s for a in world.insides.alerts()),
        "mailed_after_answer": len(late),
    }


def unrung(world: World) -> list[str]:
    """Return the residents whose call nobody has answered, and whose village doctor lacks a text or a call."""
    rung = {(world.phones.resident_of(one), one.channel) for one in world.phones.rings()}
    open_ones = (a.resident_id for a in world.insides.alerts() if a.id not in world.ledger.answered_s)
    return [who for who in open_ones if not all((who, channel) in rung for channel in CHANNELS)]


def _rings(world: World) -> dict[str, int]:
    rings, reasons, answered_s = world.phones.rings(), world.insides.reasons(), world.ledger.answered_s
    late = 0
    for one in rings:
        alert_id, reason = reasons[one.message]
        if one.at_s > answered_s.get(alert_id, one.at_s) + _ON_ITS_WAY_S:
            _logger.error("%s rung after the answer: %s of %s", one.channel, reason, alert_id)
            late += 1
    same = Counter((one.channel, one.message) for one in rings)
    return {
        "rings": len(rings),
        "rings_repeated": sum(n - 1 for n in same.values()),
        "not_rung": len(unrung(world)),
        "rung_after_answer": late,
    }
