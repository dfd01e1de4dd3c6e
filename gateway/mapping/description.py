"""A description, read from its file: groups of rules, and which part of which message each looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from anhu.contract.errors import FieldError
from anhu.contract.quantities import QUANTITIES
from anhu.contract.units import conversion
from anhu.contract.vendor_words import name_meaning
from gateway.mapping.marked_yaml import MappingError, Node
from gateway.mapping.meanings import (
    MOST_VALUES,
    calls,
    conditions_of,
    quantity_of,
    says_of,
    values_of,
    words_of,
)
from gateway.mapping.moments import Moment, moment_of
from gateway.mapping.paths import Path, path_of
from gateway.mapping.rules import Condition, EventRule, NumberRule, Says
from gateway.mapping.section import Section, choice_of, number_of, text_of

MOST_RULES = 300
_GROUP = ("topic", "when", "each", "where", "source", "message_id", "time", "numbers", "events", "ignore", "absent")
NAMES = ("codec", "title", "data_sheet", "mqtt", "http", "payload", "messages", "examples", *_GROUP)
_NUMBER = ("path", "quantity", "unit", "scale", "offset", "absent", "values", "poor", "context", "time")
_EVENT = ("path", "says", "values", "bits", "absent", "attributes", "time")
_MOST_BIT = 63


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Rules for messages of one kind.

    Attributes
    ----------
    topic : str
        Template of the topics it looks at; empty for every topic.
    when : tuple of Condition
        What must hold of the message.
    each : Path or None
        Where the elements stand that it looks at one by one; None for the message itself.
    where : tuple of Condition
        What must hold of an element.
    """

    topic: str
    when: tuple[Condition, ...]
    each: Path | None
    where: tuple[Condition, ...]
    source: Path | None
    message_id: Path | None
    time: Moment | None
    numbers: tuple[NumberRule, ...]
    events: tuple[EventRule, ...]
    ignored: tuple[Path, ...]

    @property
    def rules(self) -> tuple[NumberRule | EventRule, ...]:
        """All of them, as written."""
        return (*self.numbers, *self.events)

    @property
    def paths(self) -> Iterator[Path]:
        """Every path that it reads or passes over."""
        times = [moment.path for moment in (self.time, *(rule.time for rule in self.rules)) if moment is not None]
        yield from (one for one in (self.source, self.message_id) if one is not None)
        yield from (condition.path for condition in (*self.when, *self.where))
        yield from (*times, *self.ignored, *(rule.path for rule in self.rules))
        yield from (condition.path for rule in self.numbers for condition in rule.poor)
        yield from (path for rule in self.events for path in rule.attributes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Everything that a file says of how messages are read.

    Attributes
    ----------
    payload : str
        ``json``; ``text`` for a bare word, which stands under the path ``text``; ``any`` for either.
    places : tuple
        Path of each rule, with where it is written.
    """

    payload: str
    groups: tuple[Group, ...]
    places: tuple[tuple[Path, Node], ...]


def description_of(section: Section) -> Description:
    """Read the groups of a file. Raises `MappingError`."""
    maker = _Maker()
    default = maker.group(section, None)
    if "messages" in section:
        if default.numbers or default.events or default.each or default.when or default.topic:
            raise section.needed("messages").wrong(
                "numbers, events, each, when and topic within messages, or no messages"
            )
        nodes = section.items("messages", at_most=MOST_RULES)
        groups = tuple(maker.group(Section(node, _GROUP), default) for node in nodes)
    else:
        groups = (default,)
    if not any(group.numbers or group.events for group in groups):
        raise MappingError(section.node.place, "", "no rule", "numbers or events", zh="numbers 或 events")
    payload = choice_of(section.needed("payload"), ("json", "text", "any")) if "payload" in section else "json"
    return Description(payload=payload, groups=groups, places=tuple(maker.places))


class _Maker:
    """Makes groups, and keeps where each rule is written."""

    def __init__(self) -> None:
        self.places: list[tuple[Path, Node]] = []

    def group(self, section: Section, default: Group | None) -> Group:
        """Return one group; what it leaves open it takes from the file's top."""
        time, source, message_id = (section.get(name) for name in ("time", "source", "message_id"))
        each = section.get("each")
        if "where" in section and each is None:
            raise section.needed("where").wrong("each beside it: where is asked of elements, when of the message")
        absent = words_of(section, "absent")
        made = Group(
            topic=section.text("topic", ""),
            when=tuple(one._replace(path=replace(one.path, from_top=True)) for one in conditions_of(section, "when")),
            each=path_of(each) if each is not None else None,
            where=conditions_of(section, "where"),
            source=path_of(source) if source is not None else (default.source if default is not None else None),
            message_id=path_of(message_id)
            if message_id is not None
            else (default.message_id if default is not None else None),
            time=moment_of(time) if time is not None else (default.time if default is not None else None),
            numbers=tuple(self._number(one, absent) for one in section.items("numbers", at_most=MOST_RULES)),
            events=tuple(self._event(one, absent) for one in section.items("events", at_most=MOST_RULES)),
            ignored=tuple(_ignored(one) for one in section.items("ignore", at_most=MOST_RULES)),
        )
        if default is None:
            return made
        of_message = (replace(path, from_top=True) for path in default.ignored)
        return replace(made, ignored=(*made.ignored, *of_message))

    def _number(self, node: Node, absent: frozenset[str]) -> NumberRule:
        section = Section(node, _NUMBER)
        path = self._path(section)
        if path.is_many:
            raise section.needed("path").wrong(
                "a path without [*]: name the list in `each`", zh="不含 [*] 的路径，列表写在 each"
            )
        quantity = quantity_of(section.needed("quantity"))
        scale, offset = section.number("scale", 1.0), section.number("offset", 0.0)
        if "unit" in section:
            unit = section.needed("unit")
            try:
                by, plus = conversion(text_of(unit), QUANTITIES[quantity].unit, field=unit.field)
            except FieldError as error:
                raise unit.wrong(error.expected) from None
            scale, offset = scale * by, offset * by + plus
        return NumberRule(
            path=path,
            quantity=quantity,
            scale=scale,
            offset=offset,
            absent=words_of(section, "absent") | absent | {""},
            meanings=values_of(section, lambda one: (number_of(one),)),
            poor=conditions_of(section, "poor"),
            context=section.text("context", ""),
            time=moment_of(section.needed("time")) if "time" in section else None,
        )

    def _event(self, node: Node, absent: frozenset[str]) -> EventRule:
        section = Section(node, _EVENT)
        path = self._path(section)
        told = [name for name in ("says", "values", "bits") if name in section]
        if len(told) != 1:
            raise node.wrong("one of says, values, bits", zh="says、values、bits 之一")
        always = says_of(section.needed("says")) if "says" in section else ()
        meanings = values_of(section, says_of)
        bits = dict(_bits(section)) if "bits" in section else None
        return EventRule(
            path=path,
            always=always,
            meanings=meanings,
            bits=bits,
            absent=words_of(section, "absent") | absent | {""},
            attributes={name: path_of(one) for name, one in section.pairs("attributes", at_most=16)},
            knows_call=calls(meanings, bits, always),
            time=moment_of(section.needed("time")) if "time" in section else None,
        )

    def _path(self, section: Section) -> Path:
        node = section.needed("path")
        path = path_of(node)
        self.places.append((path, node))
        return path


def _bits(section: Section) -> list[tuple[int, tuple[Says, ...]]]:
    found = []
    for word, node in section.pairs("bits", at_most=MOST_VALUES):
        if not word.isdecimal() or int(word) > _MOST_BIT:
            raise MappingError(node.place, node.field, word, "the number of a bit, 0 to 63", zh="位号 0 至 63")
        found.append((int(word), says_of(node)))
    return found


def _ignored(node: Node) -> Path:
    path = path_of(node)
    names = [step for step in path.steps if isinstance(step, str)]
    about = name_meaning(names[-1]) if names else None
    if about is not None and about.helps and not about.setting:
        raise node.wrong("a field that does not sound like a call for help: say what it means", zh="不像求助的字段")
    return path
