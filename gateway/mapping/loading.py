"""From a description's file to a codec like any other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.codec import Codec, Frame
from gateway.door_specs import DoorKind, MqttSpec
from gateway.mapping.description import NAMES, Description, description_of
from gateway.mapping.examples import examples_of
from gateway.mapping.marked_yaml import MOST_BYTES, MappingError, Node, Place, read_marked
from gateway.mapping.pushing import http_spec, pushing_of, without_name
from gateway.mapping.reading import MappedReader
from gateway.mapping.section import Section, text_of

PATTERNS = ("[!_]*.yaml", "[!_]*.yml")
"""Which files of a folder are descriptions."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_TOPICS = 16
_DEVICE = "{device_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A codec made of a description.

    Attributes
    ----------
    description : Description
        What the file says of messages.
    mistakes : tuple of MappingError
        What does not stop it from being used and is wrong all the same: a path that finds nothing in any example is
        misspelt, or nobody has shown that it is not.
    """

    codec: Codec
    description: Description
    mistakes: tuple[MappingError, ...]


def load_mapping(file: Path) -> Mapped:
    """Read a description from a file.

    Raises
    ------
    MappingError
        Naming file, line and column, what was found and what was expected.
    OSError
        If the file cannot be read.
    """
    with file.open("rb") as opened:
        raw = opened.read(MOST_BYTES + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        found = raw[error.start : error.start + 4]
        raise MappingError(Place(file.name, line, column), "", found, "UTF-8", zh="UTF-8 编码") from None
    return mapped_from(text, file.name)


def mapped_from(text: str, file: str) -> Mapped:
    """Read a description from a text; `file` is what errors call it. Raises `MappingError`."""
    section = Section(read_marked(text, file), NAMES)
    name = section.needed("codec")
    if _NAME.fullmatch(text_of(name)) is None:
        raise name.wrong("1 to 40 small letters, digits and _, a letter first", zh="1 至 40 个小写字母、数字或 _")
    described = description_of(section)
    pushing = pushing_of(section, described.payload)
    described = without_name(described, pushing)
    reader = MappedReader(described)
    door = DoorKind.MQTT if pushing is None or "mqtt" in section else DoorKind.HTTP
    examples = examples_of(section, described.payload, door)
    codec = Codec(
        name=text_of(name),
        title=section.text("title"),
        data_sheet=section.text("data_sheet"),
        mqtt=_mqtt(section) if pushing is None or "mqtt" in section else None,
        http=http_spec(section, pushing, examples) if pushing is not None else None,
        decode=reader.decode,
        unmapped=reader.unmapped,
        same=reader.same if any(group.message_id is not None for group in described.groups) else None,
        examples=examples,
    )
    frames = [one.frame() for one in codec.examples if one.error is None]
    return Mapped(codec=codec, description=described, mistakes=tuple(_unmatched(described, reader, frames)))


def _mqtt(section: Section) -> MqttSpec:
    spec = Section(section.needed("mqtt"), ("publish", "urgent"))
    publish = [_topic(node) for node in spec.items("publish", at_most=MOST_TOPICS)]
    urgent = [_topic(node) for node in spec.items("urgent", at_most=MOST_TOPICS)]
    if not publish:
        raise spec.node.wrong("publish: the topics that the device says it on", zh="publish：设备上报的主题")
    return MqttSpec(publish=tuple(publish), urgent=tuple(urgent))


def _topic(node: Node) -> str:
    """Return a topic filter that a device may publish to; some level of it is fixed, else it would be everybody's."""
    text = text_of(node)
    levels = text.split("/")
    ok = all(level in {"+", "#"} or not {"+", "#"} & set(level) for level in levels) and "#" not in levels[:-1]
    if not ok or "\0" in text or not any(level.replace(_DEVICE, "") not in {"", "+", "#"} for level in levels):
        expected = "a topic such as radar/{device_id}/up; + is one level, # the rest, and some level is fixed"
        raise node.wrong(expected, zh="主题，例如 radar/{device_id}/up，至少一层为固定文字")
    return text


def _unmatched(described: Description, reader: MappedReader, frames: list[Frame]) -> list[MappingError]:
    missing = reader.unmatched(frames)
    return [
        node.wrong("a path that finds something in at least one example", zh="至少在一个示例中能找到的路径")
        for path, node in described.places
        if path in missing
    ]


def mapping_files(folder: Path) -> Mapping[str, Path]:
    """Return stem -> file of every description in a folder."""
    return {file.stem: file for pattern in PATTERNS for file in sorted(folder.glob(pattern))}
