"""The guide's error list is whole: whatever the code can refuse stands in it, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

import gateway
from anhu.contract import wire
from app.vendor_answers import CLOSED, KEPT, LOGINS, PUSHES, Told
from app.vendor_mistakes import MISTAKES
from gateway.door_specs import Disposition, HttpRequest
from gateway.doors.mqtt.settings import MqttSettings
from gateway.mqtt.reason import CONNACK_311, FAILURES, Reason
from gateway.push_signatures import code_and_msg

ROOT = Path(gateway.__file__).parents[1]
FORMAT = (
    "anhu/contract/wire.py",
    "anhu/contract/observation.py",
    "anhu/contract/units.py",
    "gateway/codecs/open_json/pushing.py",
)
ELSEWHERE = {
    "rows of … numbers, one per channel": "format v1 looks at its rows itself, and says it in fewer words",
}
"""What a vendor never meets in format v1, with the reason."""
GUIDE = ROOT / "docs" / "guide"


def texts(node: ast.expr) -> str:
    """Return a text as it is written, with … for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "…"


def expected_in(file: str) -> Iterator[str]:
    """Yield what each error of a file says it expected."""
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"FieldError", "DecodeError"}
        ):
            yield texts(node.args[2])


def fits(template: str, text: str) -> bool:
    return re.search(".*".join(map(re.escape, template.split("…"))), text, re.DOTALL) is not None


ERRORS = [one.error for one in MISTAKES]


@pytest.mark.parametrize("file", FORMAT)
def test_every_error_of_the_format_is_shown(file: str) -> None:
    found = [one for one in expected_in(file) if one not in ELSEWHERE and one.strip("… ")]
    assert found
    assert [one for one in found if not any(fits(f"expected {one}", error) for error in ERRORS)] == []


def test_every_mistake_is_one() -> None:
    assert all(ERRORS)
    assert [one.message for one in MISTAKES if one.door == "mqtt" and not refused(one.message)] == []


def refused(message: bytes) -> bool:
    try:
        wire.decode(message, 1_795_300_000_000)
        wire.answered(message)
    except ValueError:
        return True
    return False


def test_every_reason_of_mqtt_is_told() -> None:
    assert {*LOGINS, *CLOSED} == {one for one in Reason if one >= FAILURES}
    assert {code for reason, code in CONNACK_311.items() if reason in LOGINS} == {1, 2, 3, 4}


def test_every_status_of_the_push_door_is_told() -> None:
    door = "".join(file.read_text("utf-8") for file in (ROOT / "gateway/doors/http").glob("*.py"))
    named = {HTTPStatus[name] for name in re.findall(r"HTTPStatus\.([A-Z_]+)", door)}
    asked = HttpRequest(method="POST", target="/push/x", headers={}, body=b"", received_at_ms=0)
    replied = {HTTPStatus(code_and_msg(asked, one).status) for one in Disposition}
    assert named
    assert set(PUSHES) == named | replied


def reasons_of_doors() -> Iterator[str]:
    """Yield the reasons with which doors and decoder keep a message."""
    files = [*(ROOT / "gateway/doors").rglob("*.py"), ROOT / "gateway/decoding.py"]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [one.id for one in getattr(node, "targets", ()) if isinstance(one, ast.Name)]
            is_said = isinstance(node, ast.Return) and ": got " in texts(node.value or ast.Constant(""))
            value = getattr(node, "value", None)
            if (is_said or "reason" in names) and isinstance(value, ast.JoinedStr):
                yield texts(value)
    for name in ("gateway/decoding.py", "gateway/doors/http/pushing.py"):
        yield from (f"expected {one}" for one in expected_in(name))


def test_every_reason_with_which_a_message_is_kept_is_told() -> None:
    found = list(reasons_of_doors())
    assert len(found) > len(KEPT) / 2
    assert [one for one in found if not any(fits(one, told) for told, _ in KEPT)] == []


@pytest.mark.parametrize("told", [*LOGINS.values(), *CLOSED.values(), *PUSHES.values(), *(one for _, one in KEPT)])
def test_both_languages_say_it(told: Told) -> None:
    assert told.means
    assert told.do
    assert re.search("[一-鿿]", told.means_zh)
    assert re.search("[一-鿿]|QoS|PING", told.do_zh)


@pytest.mark.parametrize("name", ["README", "errors"])
def test_the_two_guides_have_the_same_blocks_in_the_same_order(name: str) -> None:
    english, chinese = (
        re.findall(r"made by anhu docs: ([\w-]+)", (GUIDE / file).read_text("utf-8"))
        for file in (f"{name}.md", f"{name}.zh-CN.md")
    )
    assert english
    assert [one for one in chinese if one != "guide-examples"] == english


def test_the_words_of_limits_that_are_written_out_are_those_of_the_code() -> None:
    assert f"{MqttSettings().max_session_expiry_s // 3_600} h" in (GUIDE / "README.md").read_text("utf-8")


@pytest.mark.parametrize("file", sorted(GUIDE.glob("*.md")), ids=lambda file: file.name)
def test_every_link_leads_somewhere(file: Path) -> None:
    text = file.read_text("utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        found = (file.parent / path).resolve() if path else file
        assert found.exists(), target
        if anchor:
            heads = {slug(head) for head in re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)}
            assert anchor in heads, target


def slug(head: str) -> str:
    """Return a heading as it stands in a link."""
    return re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-")
