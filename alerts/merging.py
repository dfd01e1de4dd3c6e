"""Equal findings of one batch told as one, before the database sees them: ten thousand reports are one row and a count.

Nothing is told later or less loudly for it: what changes the condition, the urgency or the device stays a finding of
its own. What a device says and takes back again and again within one episode is told once, as it stands in the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerts.engine.resident_finding import ResidentFinding
from alerts.episodes.members import MOST_MEMBERS, Member, member_of
from alerts.episodes.returning import SAME_EPISODE_MS
from alerts.finding import Condition
from alerts.words import MOST_WORDS, with_words
from anhu.contract.priority import Priority

_Whose = tuple[str, str, Member]
"""Resident, kind, and who says it."""


def merged(found: Sequence[ResidentFinding]) -> list[ResidentFinding]:
    """Return findings of which those of one resident, kind and device that say the same are one; order is kept.

    More devices of one resident and kind than an alert names are one, too: the alert only counts them.
    """
    kept: list[ResidentFinding | None] = []
    places: dict[_Whose, list[int]] = {}
    members: dict[tuple[str, str], set[Member]] = {}
    for one in found:
        named = members.setdefault((one.resident_id, one.finding.kind), set())
        member = member_of(one)
        if len(named) < MOST_MEMBERS or member in named:
            named.add(member)
        elif one.finding.condition is Condition.GONE:
            continue  # its beginning was only counted: it has no end of its own
        else:
            member = _UNLISTED
        _take(kept, places.setdefault((one.resident_id, one.finding.kind, member), []), one)
    return [one for one in kept if one is not None]


def in_order_of_need(found: list[ResidentFinding]) -> list[ResidentFinding]:
    """Return findings with those of residents first who may need help now; of one resident the order stays."""
    urgent = {one.resident_id for one in found if one.finding.priority is Priority.HIGH}
    return sorted(found, key=lambda one: one.resident_id not in urgent)


_UNLISTED: Member = ("~", "", "")
"""Stands for all devices beyond those that are named; no device is called so."""


def _take(kept: list[ResidentFinding | None], mine: list[int], one: ResidentFinding) -> None:
    last = kept[mine[-1]] if mine else None
    if last is not None and _says_the_same(last, one):
        kept[mine[-1]] = _counted(last, one)
        return
    before = kept[mine[-2]] if len(mine) > 1 else None
    if before is not None and one.finding.condition is Condition.PRESENT and _says_the_same(before, one):
        kept[mine.pop()] = None
        kept[mine[-1]] = _counted(before, one)
        return
    mine.append(len(kept))
    kept.append(one)


def _says_the_same(earlier: ResidentFinding, one: ResidentFinding) -> bool:
    told, now = earlier.finding, one.finding
    if (told.condition, told.priority, earlier.late) != (now.condition, now.priority, one.late):
        return False
    if told.evidence.decided_by != now.evidence.decided_by:
        return False
    if now.condition is Condition.GONE:
        return True
    return abs(now.at_ms - earlier.newest_ms) <= SAME_EPISODE_MS


def _counted(earlier: ResidentFinding, one: ResidentFinding) -> ResidentFinding:
    if one.finding.condition is Condition.GONE:
        decided_ms = max(earlier.finding.decided_at_ms, one.finding.decided_at_ms)
        return earlier._replace(finding=msgspec.structs.replace(earlier.finding, decided_at_ms=decided_ms))
    last_ms = max(earlier.newest_ms, one.newest_ms)
    if one.finding.condition is Condition.GROWN:  # the later one holds the larger count
        earlier = earlier._replace(finding=one.finding)
    finding, said, more = earlier.finding, earlier.finding.evidence.words, one.finding.evidence.words
    if more and len(said) < MOST_WORDS and (together := with_words(said, more)) != said:
        evidence = msgspec.structs.replace(finding.evidence, words=together)
        finding = msgspec.structs.replace(finding, evidence=evidence)
    received_ms = max(earlier.received_ms, one.received_ms)
    return earlier._replace(finding=finding, times=earlier.times + one.times, last_ms=last_ms, received_ms=received_ms)
