"""What must be decided before a codec's first message: where codecs leave anything open, nothing starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from anhu.contract.errors import FieldError, SettingsError
from anhu.contract.polling import SHORTEST_PERIOD_S
from anhu.contract.topics import checked_topic, for_command, for_device, matches
from gateway.codec import Codec
from gateway.door_specs import HttpSpec, MqttSpec, TcpSpec
from gateway.poll_spec import PollSpec


def check_codecs(codecs: Mapping[str, Codec]) -> None:
    """Check each codec's door specs, and that no two claim the same way in.

    Raises
    ------
    SettingsError
        Naming the codec and what it leaves open, or the two that claim the same.
    """
    for codec in codecs.values():
        for missing in _undecided(codec):
            raise SettingsError("codec", codec.name, missing)
    for one, other in combinations(codecs.values(), 2):
        for claim in _claimed_twice(one, other):
            raise SettingsError("codec", other.name, f"a way in of its own: {one.name} claims {claim} too")


def _undecided(codec: Codec) -> Iterator[str]:
    if not codec.doors:
        yield "at least one of mqtt, http and tcp, or poll"
    if codec.mqtt is not None:
        yield from _undecided_mqtt(codec.mqtt)
    if codec.http is not None:
        yield from _undecided_http(codec.http)
    if codec.tcp is not None:
        yield from _undecided_tcp(codec.tcp)
    if codec.poll is not None:
        yield from _undecided_poll(codec.poll)
    takes_commands = codec.mqtt is not None and bool(codec.mqtt.commands)
    if takes_commands != (codec.encode is not None):
        yield "encode and mqtt.commands, or neither: a command needs its words and its way"
    for example in codec.examples:
        if example.door not in codec.doors:
            yield f"a spec for {example.door}, the door of its example {example.name!r}"


def _undecided_mqtt(spec: MqttSpec) -> Iterator[str]:
    if not spec.publish:
        yield "at least one topic in mqtt.publish"
    if spec.signed is not None and not spec.signed.examples:
        yield "at least one of mqtt.signed.examples"
    for template in spec.urgent:
        covering = [t for t in spec.publish if matches(for_device(t, "d"), for_device(template, "d"))]
        if covering != [template]:
            yield f"{template!r} in mqtt.publish, and no other topic that covers it: a broker would bring a call twice"
    if spec.commands:
        try:
            topic = checked_topic(for_command(spec.commands, "d", "c"))
        except FieldError as error:
            yield f"mqtt.commands: {error}"
        else:
            if "d" not in topic.split("/"):
                yield "{device_id} as a level of mqtt.commands: a device must not read another device's commands"


def _undecided_http(spec: HttpSpec) -> Iterator[str]:
    for rest in spec.rests:
        if rest and (not rest.startswith("/") or rest.endswith("/") or "?" in rest or "#" in rest):
            yield "http.rests empty or from their / on, without one at the end, ? or #"
    if not spec.rests:
        yield "at least one of http.rests"
    if not spec.examples:
        yield "at least one of http.examples"


def _undecided_tcp(spec: TcpSpec) -> Iterator[str]:
    if not spec.begins or not all(spec.begins):
        yield "tcp.begins: at least one way to begin, none of them empty"
    if spec.max_packet_bytes < 1:
        yield "tcp.max_packet_bytes of at least 1"
    if spec.max_silence_s <= 0:
        yield "tcp.max_silence_s above 0"
    if (spec.part is None) != (spec.joined is None):
        yield "tcp.part and tcp.joined, or neither: parts are there to be joined"
    if spec.commands is not None and {one.command.name for one in spec.commands.examples} != spec.commands.names:
        yield "tcp.commands.examples: at least one of each name, and none of another"


def _undecided_poll(spec: PollSpec) -> Iterator[str]:
    if not spec.address.startswith("https://") or spec.address.endswith("/"):
        yield "poll.address that begins with https:// and ends without /"
    if spec.period_s < SHORTEST_PERIOD_S or spec.at_once < 1:
        yield f"poll.period_s of at least {SHORTEST_PERIOD_S} and poll.at_once of at least 1"
    if not spec.examples:
        yield "at least one of poll.examples"


def _claimed_twice(one: Codec, other: Codec) -> Iterator[str]:
    if one.tcp is not None and other.tcp is not None:
        for mine in one.tcp.begins:
            if any(mine.startswith(theirs) or theirs.startswith(mine) for theirs in other.tcp.begins):
                yield f"connections that begin with {mine!r}"
