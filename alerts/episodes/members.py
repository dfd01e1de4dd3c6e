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
from alerts.finding import Evidence, Finding
from alerts.kinds import stage
from alerts.tables import Alert, AlertMember

MOST_MEMBERS = 64
"""Devices and rooms that one alert names; a home has fewer, whoever invents more is not listed."""
_LONGEST = 64

Member = tuple[str, str, str]
"""Device, room and rule; the first two are empty for the whole home, the last where only one rule raises the kind."""
Members = dict[Member, AlertMember]


class Joining(StrEnum):
    """What a report means for the list of those who report."""

    KNOWN = "known"
    """It reports already."""
    NEW = "new"
    """It did not report in this episode before: no rule said anything of it."""
    BACK = "back"
    """It had recovered."""
    UNLISTED = "unlisted"
    """There is no room on the list."""


def member_of(one: ResidentFinding) -> Member:
    """Return whose report a finding is."""
    evidence = one.finding.evidence
    rule = evidence.rule[:_LONGEST]
    return ("", "", rule) if one.whole else (one.device_id[:_LONGEST], evidence.room[:_LONGEST], rule)


def members_of(session: Session, alert: Alert) -> Members:
    """Return who reports, or has reported, an alert; its row is locked by the caller."""
    rows = session.scalars(
        select(AlertMember)
        .where(AlertMember.alert_id == alert.id)
        .order_by(AlertMember.since_ms, AlertMember.device_id)
    )
    return {_key(row): row for row in rows}


def known_as(members: Members, one: ResidentFinding) -> AlertMember | None:
    """Return whose report a finding goes on with: the same rule's, or one that was stored before rules were named."""
    device_id, room, rule = member_of(one)
    return members.get((device_id, room, rule)) or members.get((device_id, room, ""))


def others_of(members: Members, one: ResidentFinding) -> Sequence[AlertMember]:
    """Return what other rules say of the same device and room."""
    device_id, room, rule = member_of(one)
    return [row for row in members.values() if (row.device_id, row.room) == (device_id, room) and row.rule != rule]


def reporting(members: Members) -> Sequence[AlertMember]:
    """Return those who are not well yet."""
    return [row for row in members.values() if row.recovered_at_ms is None]


def reporting_of(session: Session, alert_ids: Iterable[str]) -> Mapping[str, Sequence[AlertMember]]:
    """Return who still reports each of some alerts, in one query; the whole home is nobody."""
    wanted = select(AlertMember).where(
        AlertMember.alert_id.in_(set(alert_ids)), AlertMember.recovered_at_ms.is_(None), AlertMember.device_id != ""
    )
    found: dict[str, list[AlertMember]] = {}
    for row in session.scalars(wanted.order_by(AlertMember.since_ms, AlertMember.device_id, AlertMember.room)):
        found.setdefault(row.alert_id, []).append(row)
    return found


def list_first(session: Session, alert: Alert, one: ResidentFinding) -> None:
    """List whoever raised an alert."""
    session.add(_new(alert, one))


def join(session: Session, alert: Alert, members: Members, one: ResidentFinding) -> Joining:
    """List whoever reports an alert that is there already; say what that means."""
    known = known_as(members, one)
    if known is not None:
        joining = Joining.KNOWN if known.recovered_at_ms is None else Joining.BACK
        _report(known, one)
        return joining
    if len(members) >= MOST_MEMBERS and not _make_room(session, members):
        alert.unlisted += one.times
        return Joining.UNLISTED
    others = others_of(members, one)
    row = members[member_of(one)] = _new(alert, one)
    session.add(row)
    if not others:
        return Joining.NEW
    return Joining.BACK if all(other.recovered_at_ms is not None for other in others) else Joining.KNOWN


def recover(members: Members, one: ResidentFinding) -> bool:
    """Take it that a device, or the whole home, is well; tell whether that is new, or takes back more than before.

    A device is well only of what it last said, or of something worse: taking a suspicion back takes no fall back.
    """
    known = known_as(members, one)
    if known is not None:
        ending: Iterable[AlertMember] = [known]
    else:  # else stored before homes were members of their own
        ending = [row for row in members.values() if not row.rule] if one.whole else ()
    ended = [_end(row, one.finding) for row in ending]  # each of them, not only up to the first
    return any(ended)


def as_before(members: Members, one: ResidentFinding) -> bool:
    """Tell whether this very report is listed: reading ahead was there before the engine, or the LOG is read again."""
    row, finding = known_as(members, one), one.finding
    if row is None or row.recovered_at_ms is not None or _is_of_another_version(row.decided_by, finding.evidence):
        return False
    return (row.kind, row.priority, row.last_at_ms) == (finding.kind, finding.priority, one.newest_ms)


def named(one: ResidentFinding) -> Mapping[str, str]:
    """Return whose report a finding is, for a line of history."""
    device_id, room, _ = member_of(one)
    return {"device_id": device_id or one.device_id[:_LONGEST], "room": room}


def _key(row: AlertMember) -> Member:
    return row.device_id, row.room, row.rule


def _end(row: AlertMember, finding: Finding) -> bool:
    was_well, priority = row.recovered_at_ms is not None, int(finding.priority)
    if _is_of_another_version(row.decided_by, finding.evidence):
        return False
    if stage(finding.kind) < stage(row.kind) or (was_well and priority >= row.priority):
        return False
    row.recovered_at_ms = finding.decided_at_ms
    row.priority = min(row.priority, priority)
    return True


def _is_of_another_version(said_by: str, evidence: Evidence) -> bool:
    """Tell whether one version of a detector speaks of what another one said: each ends only its own."""
    name, _, _ = said_by.rpartition(" ")
    return name == evidence.detector != "" and said_by != evidence.decided_by


def _report(row: AlertMember, one: ResidentFinding) -> None:
    finding = one.finding
    if stage(finding.kind) >= stage(row.kind):
        row.kind = finding.kind
    before = row.priority if row.recovered_at_ms is None else 0
    row.priority = max(before, int(finding.priority))
    row.last_at_ms = max(row.last_at_ms, one.newest_ms)
    row.recovered_at_ms = None
    row.decided_by = finding.evidence.decided_by
    row.reports += one.times


def _make_room(session: Session, members: Members) -> bool:
    """Take the one off the list that has been well for longest; tell whether there was one."""
    well = [row for row in members.values() if row.recovered_at_ms is not None]
    if not well:
        return False
    oldest = min(well, key=lambda row: row.recovered_at_ms or 0)
    del members[_key(oldest)]
    session.delete(oldest)
    return True


def _new(alert: Alert, one: ResidentFinding) -> AlertMember:
    device_id, room, rule = member_of(one)
    return AlertMember(
        alert_id=alert.id,
        device_id=device_id,
        room=room,
        rule=rule,
        kind=one.finding.kind,
        priority=int(one.finding.priority),
        since_ms=one.finding.at_ms,
        last_at_ms=one.newest_ms,
        recovered_at_ms=None,
        decided_by=one.finding.evidence.decided_by,
        reports=one.times,
    )
