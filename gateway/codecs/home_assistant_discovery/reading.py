"""What a message says by what was announced of its topic, and what is heard of one of which nothing was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from anhu.contract.encodings import as_text
from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.identity import source_name
from anhu.contract.meaning import alarms_stand, is_call, understood
from anhu.contract.observation import Event, Observation, Quality, Scalar, TimeQuality
from anhu.contract.payload import flagged, is_urgent, json_object, unknown_event
from gateway.codec import Frame
from gateway.codecs.home_assistant_discovery.announcing import BY_RADIO, CONFIG, announced
from gateway.codecs.home_assistant_discovery.expression import Given
from gateway.codecs.home_assistant_discovery.meaning import is_mapped, of_state, pressed
from gateway.codecs.home_assistant_discovery.operations import ABSENT, text_of
from gateway.codecs.home_assistant_discovery.template import compiled, fields_of
from gateway.codecs.home_assistant_discovery.told import OTHER, PRESS, STATE, THERE, Told, read, word
from gateway.home_sensors import NO_VALUE

_RECEIVED = TimeQuality.RECEIVED
_HOME = re.compile(r"^anhu/home_assistant_discovery/[^/]+/")
_NOT_STATES = re.compile(
    r"(?:^|/)(?:set|get|cmd|command|homeassistant/status|bridge/(?:logging|info|devices|groups|definitions"
    r"|extensions|event|converters|request/.*|response/.*))$|^cmnd/"
)
"""Orders to devices, and what programs say of themselves."""
_PRESSES = frozenset({"action", "click", "event_type"})
_MOST_CHARS = 4_096
_MOST_FIELDS = 256
_MOST_UNANNOUNCED_BYTES = 16_384
_DIGITS = re.compile(r"(?:[0-9a-fA-F]{2}[ :]?){9,}")
_PLAIN = re.compile(r"[\w .,:;/%+()°-]{0,64}")


def decode(frame: Frame) -> tuple[Observation, ...]:
    """Read a message by what was announced of its topic; a configuration itself says nothing of the home."""
    if CONFIG.fullmatch(frame.route):
        announced(frame)
        return ()
    if not frame.payload.strip() or _NOT_STATES.search(_HOME.sub("", frame.route)):
        return ()
    told = tuple(_known(frame))
    made = alarms_stand(tuple(_of_announced(frame, told) if told else _of_unannounced(frame)))
    return flagged(made, Quality.RETAINED) if frame.retained else made


def _known(frame: Frame) -> Iterator[Told]:
    """Yield what was announced, but for what another version wrote in words that are no longer understood."""
    for one in frame.announced:
        with suppress(msgspec.DecodeError):
            yield read(one)


def heard(frame: Frame) -> bool:
    """Tell whether a gateway heard it on the air, where the neighbours' sensors are too."""
    return BY_RADIO.search(frame.route) is not None


def _of_announced(frame: Frame, told: Sequence[Told]) -> list[Observation]:
    given = _given(frame)
    made: list[Observation] = []
    flaws: list[tuple[Told, FieldError]] = []
    for one in told:
        try:
            found = _said(one, given, frame)
        except FieldError as error:  # it must not cost the message's other things: one may be a call
            flaws.append((one, error))
        else:
            made += [msgspec.structs.replace(found, source=one.source)] if found is not None else []
    made += _beside(told, given, frame.received_at_ms)
    made += _other_press(told, given, frame) if not made else ()
    if flaws and not made:
        raise flaws[0][1]
    if not made:
        _require_form(told, given)
    return [*_once(made), *(_unreadable(one, given, frame.received_at_ms) for one, _ in flaws)]


def _given(frame: Frame) -> Given:
    text = as_text(frame.payload).strip()
    if text.startswith("{"):
        return Given(text[:_MOST_CHARS], json_object(frame.payload))
    try:
        return Given(text[:_MOST_CHARS], msgspec.json.decode(frame.payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Given(text[:_MOST_CHARS], ABSENT)


def _require_form(told: Sequence[Told], given: Given) -> None:
    """Raise where nothing was made of a message because it is not in the form that was announced: packed, enveloped."""
    if word(given.value) in NO_VALUE | {"null"} or all(one.about in {THERE, OTHER} for one in told):
        return
    if isinstance(given.value_json, dict):
        known = frozenset().union(*(fields_of(one.template) for one in told)) | _PRESSES
        inside = [one for one in given.value_json.values() if isinstance(one, dict | list) or str(one).startswith("{")]
        if inside and known.isdisjoint(given.value_json):
            raise DecodeError("payload", list(given.value_json)[:9], f"one of {', '.join(sorted(known)[:9])}")
    elif any(one.flaw or one.component == "event" or fields_of(one.template) for one in told):
        raise DecodeError("payload", given.value[:80], "a JSON object, as was announced")


def _said(told: Told, given: Given, frame: Frame) -> Scalar | Event | None:
    if told.flaw or told.about == OTHER:
        return None
    value = _taken(told, given)
    if told.about == THERE:
        return _there(told, given.value if value is ABSENT else value, frame)
    if value is ABSENT or value is None:
        return None
    if told.about == PRESS:
        if frame.retained:
            return None  # of whenever it was: a press is no state
        return _press(told, value, given, frame.received_at_ms)
    return of_state(told, value, frame.received_at_ms)


def _taken(told: Told, given: Given) -> object:
    """Return what a template takes: nothing where none of its fields was said, whatever it would make of that."""
    fields = fields_of(told.template)
    if fields and (not isinstance(given.value_json, dict) or fields.isdisjoint(given.value_json)):
        return ABSENT
    return compiled(told.template)(given) if told.template else given.value


def _there(told: Told, value: object, frame: Frame) -> Event | None:
    """Read whether it is there; a retained "online" of a sensor stands there, too, when all has long been gone."""
    state = {told.on: "on", told.off: "off"}.get(word(value))
    if state is None or (state == "on" and frame.retained and told.source):
        return None
    return Event("connection", frame.received_at_ms, state, {}, _RECEIVED)


def _press(told: Told, value: object, given: Given, at_ms: int) -> Event | None:
    if told.component == "device_automation":
        is_meant = not told.on or word(value) == told.on
        return pressed(told, told.names[0] or word(value), at_ms) if is_meant else None
    found = given.value_json if not told.template else value
    if isinstance(found, str) and found.startswith("{"):
        found = json_object(found.encode())
    event = found.get("event_type", ABSENT) if isinstance(found, dict) else found
    return pressed(told, text_of(event), at_ms)


def _other_press(told: Sequence[Told], given: Given, frame: Frame) -> Iterator[Observation]:
    """Yield a press that no trigger of its topic names: somebody pressed all the same."""
    triggers = [one for one in told if one.component == "device_automation" and not one.flaw]
    if frame.retained or not triggers or len(triggers) < sum(one.about != THERE for one in told):
        return
    value = _taken(triggers[0], given)
    found = pressed(triggers[0], text_of(value), frame.received_at_ms) if value is not ABSENT else None
    if found is not None:
        yield msgspec.structs.replace(found, source=triggers[0].source)


def _beside(told: Sequence[Told], given: Given, at_ms: int) -> Iterator[Observation]:
    """Yield calls and presses in fields of which nothing was announced, or nothing that is understood."""
    if isinstance(given.value_json, dict):
        source = min((one.source for one in told if one.about != THERE), key=len, default="")
        of_flaws = next((one for one in told if one.about == PRESS), None)
        known = frozenset().union(*(fields_of(one.template) for one in told if not one.flaw))
        yield from _fields(given.value_json, known, source, of_flaws, at_ms)


def _fields(
    said: Mapping[str, object], known: frozenset[str], source: str, button: Told | None, at_ms: int
) -> Iterator[Observation]:
    for name, value in list(said.items())[:_MOST_FIELDS]:
        if name in known:
            continue
        if name in _PRESSES and isinstance(value, str):
            found = pressed(button, value, at_ms)
        else:
            found = understood(name, value, at_ms)
            found = found if found is not None and is_call(found) else None
        if found is not None:
            yield msgspec.structs.replace(found, time_quality=_RECEIVED, source=source)


def _unreadable(told: Told, given: Given, at_ms: int) -> Event:
    name = (told.names or (told.component,))[0]
    about = {"value": given.value[:200]}
    return unknown_event(name, at_ms=at_ms, time_quality=_RECEIVED, source=told.source, details=about)


def _once(made: Sequence[Observation]) -> Iterator[Observation]:
    """Leave out what two things say of one: fifty sensors share the state of their bridge."""
    seen: set[tuple[str, str, str]] = set()
    for one in made:
        if type(one) is not Event:
            yield one
            continue
        same = (one.kind, one.state, one.source)
        if one.kind == "unknown_vendor_event" or same not in seen:
            yield one
        seen.add(same)


def _of_unannounced(frame: Frame) -> list[Observation]:
    """Return a call in what was not announced, or not yet: whoever says it may lie on a floor."""
    topic, text, at_ms = _HOME.sub("", frame.route), as_text(frame.payload).strip()[:_MOST_CHARS], frame.received_at_ms
    source = source_name(topic)
    if text.startswith("{"):
        return list(_fields(json_object(frame.payload), frozenset(), source, None, at_ms))
    if frame.retained or len(frame.payload) > _MOST_UNANNOUNCED_BYTES:
        return []  # of whenever it was; a picture
    name = _plain_name(topic)
    found = understood(name, text, at_ms)
    if found is None and is_urgent(text):
        found = unknown_event(name, at_ms=at_ms, details={"value": text[:200]}, urgent=True)
    if found is not None and is_call(found):
        return [msgspec.structs.replace(found, time_quality=_RECEIVED, source=source)]
    if not _PLAIN.fullmatch(text) or _DIGITS.fullmatch(text):
        raise DecodeError("topic", topic, "one that was announced, or JSON, a word or a number")
    return []


def _plain_name(topic: str) -> str:
    levels = topic.split("/")
    return levels[-2] if len(levels) > 1 and levels[-1].lower() in {"state", "status", "value"} else levels[-1]


def unmapped(frame: Frame) -> tuple[str, ...]:
    """Return templates that are not understood, sensors that nobody mapped, and topics that nobody announced."""
    if CONFIG.fullmatch(frame.route):
        made = announced(frame)
        told = [read(one.says) for one in made.announcements] if made is not None else []
        return tuple(dict.fromkeys(f"{' '.join(one.names[:1])} {one.flaw}".strip() for one in told if one.flaw))
    topic = _HOME.sub("", frame.route)
    if _NOT_STATES.search(topic) or not frame.payload.strip():
        return ()
    if not frame.announced:
        return (f"nothing was announced of {topic}",)
    told = [one for one in _known(frame) if one.about == STATE and one.component == "sensor"]
    return tuple(f"{one.source} {one.names[0] if one.names else ''}".strip() for one in told if not is_mapped(one))
