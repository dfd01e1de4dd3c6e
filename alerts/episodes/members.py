"""Who reports an alert: each device (and room) of an episode since when, and which of them are well again.

An episode of several sensors ends with the last of them. A rule that looks at the whole home speaks for all of it: its
member has no device. The list is bounded; an alert that more devices report than it can name is ended by a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.engine.resident_finding import ResidentFinding
from alerts.finding import Finding
from alerts.kinds import stage
from alerts.tables import Alert, AlertMember

MOST_MEMBERS = 64
"""Devices and rooms that one alert names; a home has fewer, whoever invents more is not listed."""
_LONGEST = 64

Member = tuple[str, str]
"""Device and room, both empty for the whole home."""
Members = dict[Member, AlertMember]


class Joining(StrEnum):
    """What a report means for the list of those who report."""

    KNOWN = "known"
    """It reports already."""
    NEW = "new"
    """It did not report in this episode before."""
    BACK = "back"
    """It had recovered."""
    UNLISTED = "unlisted"
    """There is no room on the list."""


def member_of(one: ResidentFinding) -> Member:
    """Return whose report a finding is."""
    return ("", "") if one.whole else (one.device_id[:_LONGEST], one.finding.evidence.room[:_LONGEST])


def members_of(session: Session, alert: Alert) -> Members:
    """Return who reports, or has reported, an alert; its row is locked by the caller."""
    rows = session.scalars(
        select(AlertMember)
        .where(AlertMember.alert_id == alert.id)
        .order_by(AlertMember.since_ms, AlertMember.device_id)
    )
    return {(row.device_id, row.room): row for row in rows}


def reporting(members: Members) -> Sequence[AlertMember]:
    """Return those who are not well yet."""
    return [row for row in members.values() if row.recovered_at_ms is None]


def list_first(session: Session, alert: Alert, one: ResidentFinding) -> None:
    """List whoever raised an alert."""
    session.add(_new(alert, one))


def join(session: Session, alert: Alert, members: Members, one: ResidentFinding) -> Joining:
    """List whoever reports an alert that is there already; say what that means."""
    known = members.get(member_of(one))
    if known is not None:
        joining = Joining.KNOWN if known.recovered_at_ms is None else Joining.BACK
        _report(known, one)
        return joining
    if len(members) >= MOST_MEMBERS and not _make_room(session, members):
        alert.unlisted += one.times
        return Joining.UNLISTED
    row = members[member_of(one)] = _new(alert, one)
    session.add(row)
    return Joining.NEW


def recover(members: Members, one: ResidentFinding) -> bool:
    """Take it that a device, or the whole home, is well; tell whether that is new, or takes back more than before.

    A device is well only of what it last said, or of something worse: taking a suspicion back takes no fall back.
    """
    key = member_of(one)
    if key in members:
        ending: Iterable[AlertMember] = [members[key]]
    else:
        ending = members.values() if one.whole else ()  # stored before homes were members of their own
    ended = [_end(row, one.finding) for row in ending]  # each of them, not only up to the first
    return any(ended)


def as_before(members: Members, one: ResidentFinding) -> bool:
    """Tell whether this very report is listed: reading ahead was there before the engine, or the LOG is read again."""
    row, finding = members.get(member_of(one)), one.finding
    if row is None or row.recovered_at_ms is not None:
        return False
    return (row.kind, row.priority, row.last_at_ms) == (finding.kind, finding.priority, finding.at_ms)


def named(one: ResidentFinding) -> Mapping[str, str]:
    """Return whose report a finding is, for a line of history."""
    device_id, room = member_of(one)
    return {"device_id": device_id or one.device_id[:_LONGEST], "room": room}


def _end(row: AlertMember, finding: Finding) -> bool:
    was_well, priority = row.recovered_at_ms is not None, int(finding.priority)
    if stage(finding.kind) < stage(row.kind) or (was_well and priority >= row.priority):
        return False
    row.recovered_at_ms = finding.decided_at_ms
    row.priority = min(row.priority, priority)
    return True


def _report(row: AlertMember, one: ResidentFinding) -> None:
    finding = one.finding
    if stage(finding.kind) >= stage(row.kind):
        row.kind = finding.kind
    before = row.priority if row.recovered_at_ms is None else 0
    row.priority = max(before, int(finding.priority))
    row.last_at_ms = max(row.last_at_ms, one.newest_ms)
    row.recovered_at_ms = None
    row.reports += one.times


def _make_room(session: Session, members: Members) -> bool:
    """Take the one off the list that has been well for longest; tell whether there was one."""
    well = [row for row in members.values() if row.recovered_at_ms is not None]
    if not well:
        return False
    oldest = min(well, key=lambda row: row.recovered_at_ms or 0)
    del members[oldest.device_id, oldest.room]
    session.delete(oldest)
    return True


def _new(alert: Alert, one: ResidentFinding) -> AlertMember:
    device_id, room = member_of(one)
    return AlertMember(
        alert_id=alert.id,
        device_id=device_id,
        room=room,
        kind=one.finding.kind,
        priority=int(one.finding.priority),
        since_ms=one.finding.at_ms,
        last_at_ms=one.newest_ms,
        recovered_at_ms=None,
        reports=one.times,
    )
