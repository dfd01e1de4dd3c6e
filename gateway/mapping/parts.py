"""A message taken apart: which groups of rules look at which part of it, and what no group looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from anhu.contract.errors import DecodeError
from anhu.contract.identity import source_name
from anhu.contract.observation import TimeQuality
from anhu.contract.payload import attribute
from anhu.contract.topics import for_device, matches
from gateway.codec import Frame
from gateway.door_specs import DoorKind
from gateway.mapping.description import Description, Group
from gateway.mapping.paths import MOST_FOUND, Covered, Path
from gateway.mapping.rules import Condition, Item, as_word


class Part(NamedTuple):
    """A message, or one element of ``each``, with the groups that look at it; none where all have other conditions."""

    item: Item
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Parted:
    """A message taken apart.

    Attributes
    ----------
    whole : Item
        The message itself.
    open : tuple of Group
        Groups whose topic and conditions on the message hold.
    """

    whole: Item
    open: tuple[Group, ...]
    parts: tuple[Part, ...]

    @property
    def has_kind(self) -> bool:
        """Whether a field of the message said which group it is for."""
        return any(
            cond.path.level < 0 for part in self.parts for group in part.groups for cond in (*group.when, *group.where)
        )

    @property
    def finds(self) -> bool:
        """Whether some rule's path finds something."""
        return any(part.item.values(rule.path) for part in self.parts for group in part.groups for rule in group.rules)

    def rest(self) -> Iterator[tuple[Part, str, object]]:
        """Yield what no rule reads, with the part that it stands in."""
        home = Part(self.whole, tuple(group for group in self.open if group.each is None) or self.open)
        for name, value in _of_message(self.open).rest(self.whole.top):
            yield home, name, value
        for part in self.parts:
            if part.groups and part.groups[0].each is not None:
                for name, value in _of_element(part.groups).rest(part.item.item):
                    yield part, name, value


def taken_apart(told: Description, frame: Frame, top: object) -> Parted:
    """Return a message's parts.

    Raises
    ------
    DecodeError
        If no group looks at its topic, or there are too many elements.
    """
    here = [one for one in told.groups if _is_here(one, frame)]
    if not here:
        raise DecodeError("topic", frame.route, "a topic of the description")
    at_ms = frame.received_at_ms
    whole = Item(top, top, frame.route, at_ms, at_ms, TimeQuality.RECEIVED, "", "")
    opened = tuple(group for group in here if all(_holds(condition, whole) for condition in group.when))
    return Parted(whole, opened, tuple(_parts(whole, opened)))


def _is_here(group: Group, frame: Frame) -> bool:
    """Tell whether a group looks at a message of a topic; a push has none."""
    if not group.topic or frame.door is DoorKind.HTTP:
        return True
    return matches(for_device(group.topic, frame.device_id), frame.route)


def _parts(whole: Item, opened: tuple[Group, ...]) -> Iterator[Part]:
    for each in dict.fromkeys(group.each for group in opened):
        groups = [group for group in opened if group.each == each]
        if each is None:
            yield Part(whole, tuple(groups))
            continue
        elements = each.find(whole.top, whole.top, whole.topic)
        if len(elements) > MOST_FOUND:
            raise DecodeError(each.text, f"{len(elements)} or more elements", f"at most {MOST_FOUND} in one message")
        for one in elements:
            item = whole._replace(item=one)
            yield Part(item, tuple(group for group in groups if all(_holds(cond, item) for cond in group.where)))


def _holds(condition: Condition, item: Item) -> bool:
    return any(as_word(one) in condition.words for one in item.values(condition.path))


def placed(item: Item, group: Group) -> Item:
    """Return a part with its time, sensor and identity, as its group reads them."""
    if group.time is not None:
        at_ms, time_quality = group.time.at(first(item, group.time.path), item.received_at_ms)
        item = item._replace(at_ms=at_ms, time_quality=time_quality)
    source, message_id = first(item, group.source), first(item, group.message_id)
    return item._replace(
        source=source_name(str(source).strip()) if isinstance(source, str | int) else "",
        message_id=attribute(message_id) if message_id is not None else "",
    )


def first(item: Item, path: Path | None) -> Any:  # noqa: ANN401 - a vendor's value may be anything
    """Return the first value that a path finds; None where there is none, or no path."""
    return path.first(item.top, item.item, item.topic) if path is not None else None


@lru_cache(maxsize=1_024)
def _of_message(opened: tuple[Group, ...]) -> Covered:
    found = Covered()
    for group in opened:
        for path in group.paths:
            if path.level < 0 and (group.each is None or path.from_top):
                found.add(path)
        if group.each is not None:
            found.add(group.each)
    return found


@lru_cache(maxsize=1_024)
def _of_element(groups: tuple[Group, ...]) -> Covered:
    found = Covered()
    for path in (path for group in groups for path in group.paths if path.level < 0 and not path.from_top):
        found.add(path)
    return found
