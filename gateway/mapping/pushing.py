"""How a described device's messages come by HTTP push: where its name and a list of them stand, by which token."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from anhu.contract.errors import DecodeError, FieldError
from anhu.contract.payload import json_object
from gateway.codec import Example
from gateway.door_specs import PUSH, Disposition, DoorKind, HttpExample, HttpMessage, HttpReply, HttpRequest, HttpSpec
from gateway.mapping.description import Description
from gateway.mapping.paths import Path, path_of
from gateway.mapping.section import Section
from gateway.push_signatures import bears_token, code_and_msg

NAMES = ("device", "each", "header", "answer")
_HEADER = re.compile(r"[a-z0-9-]{1,64}")
MOST_ANSWER_CHARS = 1_024
_EXAMPLE_KEY = b"the key of an example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """What a description says of pushes.

    Attributes
    ----------
    device : Path
        Where in a message the device's name stands.
    each : Path or None
        Where in a push its messages stand; None: the push is one.
    header : str
        Which header bears the key, beside ``Authorization: Bearer`` and ``?token=``; empty for none.
    answer : str
        What a push that is on disk is answered with; empty for ``{"code":0,"msg":"ok"}``.
    """

    device: Path
    each: Path | None
    header: str
    answer: str

    def is_genuine(self, request: HttpRequest, key: bytes) -> bool:
        """Tell whether a push bears the key."""
        return bears_token(request, key, self.header)

    def messages(self, request: HttpRequest) -> tuple[HttpMessage, ...]:
        """Return the messages of a push; none for a vendor's trial of the address. Raises `FieldError`."""
        if not request.body.strip():
            return ()
        top = _parsed(request.body)
        if self.each is None:
            return (HttpMessage(device_id=self.name(top), payload=request.body),)
        found = self.each.find(top, top, "")
        elements = [one for listed in found for one in (listed if isinstance(listed, list) else [listed])]
        if not elements:
            raise DecodeError(self.each.text, top, "a list of messages")
        return tuple(HttpMessage(device_id=self.name(one), payload=msgspec.json.encode(one)) for one in elements)

    def reply(self, request: HttpRequest, disposition: Disposition) -> HttpReply:
        """Answer in the vendor's words what is on disk, and as usual what is not."""
        if disposition is not Disposition.ACCEPTED or not self.answer:
            return code_and_msg(request, disposition)
        kind = "application/json" if self.answer.lstrip()[:1] in {"{", "["} else "text/plain; charset=utf-8"
        return HttpReply(status=200, body=self.answer.encode(), content_type=kind)

    def name(self, message: object) -> str:
        """Return the device that a message names; empty where it names none."""
        value = self.device.first(message, message, "")
        is_name = isinstance(value, str | int) and not isinstance(value, bool)
        return str(value).strip() if is_name else ""

    def push_of(self, payload: bytes) -> HttpRequest:
        """Return a push that brings one message: an example of the door."""
        body = payload
        if self.each is not None:
            inner: object = [msgspec.Raw(payload)]
            for step in reversed(self.each.steps):
                inner = {step: inner}
            body = msgspec.json.encode(inner)
        key = _EXAMPLE_KEY.decode()
        headers = {self.header: key} if self.header else {"authorization": f"Bearer {key}"}
        return HttpRequest(method="POST", target=f"{PUSH}example", headers=headers, body=body, received_at_ms=0)


def pushing_of(section: Section, payload: str) -> Pushing | None:
    """Read what a file says of pushes; None where it says nothing. Raises `MappingError`."""
    node = section.get("http")
    if node is None:
        return None
    if payload != "json":
        raise node.wrong("payload: json beside it: a push is JSON", zh="payload: json：推送内容为 JSON")
    spec = Section(node, NAMES)
    device, each = path_of(spec.needed("device")), spec.get("each")
    if device.level >= 0 or device.is_many:
        raise spec.needed("device").wrong("a path to one value of a message", zh="报文中一个值的路径")
    listed = path_of(each) if each is not None else None
    if each is not None and (listed is None or listed.level >= 0 or not all(isinstance(s, str) for s in listed.steps)):
        raise each.wrong("names alone, such as data.list, or $ where the push is a list", zh="只含名称的路径，或 $")
    header = spec.text("header", "").lower()
    if header and _HEADER.fullmatch(header) is None:
        raise spec.needed("header").wrong("the name of a header: letters, digits and -", zh="请求头的名称")
    answer = spec.text("answer", "")
    if len(answer) > MOST_ANSWER_CHARS:
        raise spec.needed("answer").wrong(f"at most {MOST_ANSWER_CHARS} characters", zh=f"最多 {MOST_ANSWER_CHARS} 字")
    return Pushing(device=device, each=listed, header=header, answer=answer)


def without_name(described: Description, pushing: Pushing | None) -> Description:
    """Return a description for which the device's name is nothing that needs a mapping."""
    if pushing is None:
        return described
    name = replace(pushing.device, from_top=True)
    return replace(described, groups=tuple(replace(one, ignored=(*one.ignored, name)) for one in described.groups))


def http_spec(section: Section, pushing: Pushing, examples: Sequence[Example]) -> HttpSpec:
    """Return what the door asks. Raises `MappingError` where no example shows a push."""
    shown = tuple(_shown(section, pushing, examples))
    if not shown:
        raise section.needed("http").wrong("an example with door: http", zh="至少一个 door: http 的示例")
    return HttpSpec(is_genuine=pushing.is_genuine, messages=pushing.messages, reply=pushing.reply, examples=shown)


def _shown(section: Section, pushing: Pushing, examples: Sequence[Example]) -> Iterator[HttpExample]:
    for one in examples:
        if one.door is not DoorKind.HTTP or one.error is not None:
            continue
        request = pushing.push_of(one.payload)
        try:
            messages = pushing.messages(request)
        except FieldError as error:
            raise section.needed("http").wrong(f"a push that example {one.name!r} shows: {error}") from None
        if not all(message.device_id for message in messages):
            raise section.needed("http").wrong(
                f"a device at {pushing.device.text} of example {one.name!r}",
                zh=f"示例中 {pushing.device.text} 处的设备",
            )
        yield HttpExample(name=one.name, request=request, key=_EXAMPLE_KEY, messages=messages, signs_body=False)


def _parsed(body: bytes) -> object:
    if body.lstrip()[:1] == b"[":
        return json_object(b'{"":' + body + b"}")[""]
    return json_object(body)
