"""What may not be written down is refused by the API and by the command line with the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from anhu.contract.errors import FieldError
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from app.cli import anhu
from app.cli.explaining import explained
from tests.api.world import Site

CENTRE = {"owner": "centre:ours", "channel": "webhook"}
INSIDE = (
    "http://127.0.0.1:9/",
    "http://localhost/hook",
    "http://api.localhost./hook",
    "http://[::1]/",
    "http://[::ffff:10.0.0.8]/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0/",
    "http://10.1/",
    "https://192.168.1.20/hook",
    "http://169.254.169.254/latest",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::a00:8]/",
    "http://[2002:7f00:1::]/",
    "http://[::127.0.0.1]/",
    "http://[fec0::1]/",
    "http://192.0.0.192/",
    "http://[fd00::5]/",
)


class Entry(NamedTuple):
    """One thing that somebody enters, and the field that is refused."""

    what: str
    facts: dict[str, str]
    field: str


REFUSED = [
    *(
        Entry("resident", {"name": "x", "birth_date": day}, "birth_date")
        for day in ("1941-02-30", "1941-02-29", "2090-01-01", "1905-12-31", "0000-00-00", "41-02-03", "1941-2-3", "x")
    ),
    *(
        Entry("resident", {"name": name}, "name")
        for name in (" ", "\u3000", "\u200b", "a" * 101, "x" * 5_000, "a\x00b", "a\nb", "a\x1b[31mb", "\u202eabc", "\t")
    ),
    *(
        Entry("resident", {"name": "x", "phone": phone}, "phone")
        for phone in ("abc", "12", "+", "1" * 16, "13800138000 or so", "call me", "0571 88\n88", "1" * 33)
    ),
    Entry("resident", {"name": "x", "sex": "woman"}, "sex"),
    Entry("resident", {"name": "x", "address": "a" * 301}, "address"),
    Entry("resident", {"name": "x", "time_zone": "Asia/Peking"}, "time_zone"),
    Entry("centre", {"name": "a" * 201}, "name"),
    Entry("centre", {"name": "x", "phone": "office"}, "phone"),
    Entry("team", {"name": "\u00a0"}, "name"),
    Entry("user", {"login": "x y", "name": "x", "role": "admin"}, "login"),
    Entry("user", {"login": "xy", "name": "a\x7f", "role": "admin"}, "name"),
    Entry("user", {"login": "night", "name": "x", "role": "desk"}, "centre_id"),
    Entry("user", {"login": "night", "name": "x", "role": "team"}, "team_id"),
    *(Entry("contact", CENTRE | {"address": address}, "address") for address in INSIDE),
    *(
        Entry("contact", CENTRE | {"address": address}, "address")
        for address in ("file:///etc/passwd", "ftp://x.example/", "x.example/hook", "http://", "http://x.example:0/")
    ),
    *(
        Entry("contact", {"owner": "centre:ours", "channel": "email", "address": address}, "address")
        for address in ("not-an-address", "a@b", "a@-x.example", "a@x..example", "a b@x.example", "a@x.example, b@x.y")
    ),
    Entry("contact", {"owner": "centre:ours", "channel": "tel", "address": "my daughter"}, "address"),
]
TAKEN = [
    Entry(
        "resident", {"name": "王秀英", "birth_date": "1944-02-29", "phone": "１３８００１３８０００"}, "+8613800138000"
    ),
    Entry("resident", {"name": "Ada 👵", "phone": "+86 571–8888 0000"}, "+8657188880000"),
    Entry("resident", {"name": "O'Brien-Ñandú", "phone": "(0571) 8888-0000 转 12"}, "+8657188880000;ext=12"),
    Entry("contact", CENTRE | {"address": "https://点.example/hook"}, "https://点.example/hook"),
    Entry("contact", {"owner": "centre:ours", "channel": "email", "address": "doc@例子.cn"}, "doc@例子.cn"),
    Entry("contact", {"owner": "centre:ours", "channel": "tel", "address": "１２０"}, "120"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data folder with the same centre as the API's world."""
    made = tmp_path / "data"
    made.mkdir()
    upgrade(f"sqlite:///{made / 'anhu.db'}")
    sessions = open_sessions(f"sqlite:///{made / 'anhu.db'}")
    with sessions.begin() as session:
        create_centre(session, name="ours", centre_id="ours")
    close_sessions(sessions)
    return made


def said_by_the_command_line(folder: Path, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> str:
    """Enter it with ``anhu admin``; return the refusal, or what was printed."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    options = [part for name, value in entry.facts.items() for part in (f"--{name.replace('_', '-')}", value)]
    ran = CliRunner().invoke(anhu, ["admin", f"create-{entry.what}", "--data", str(folder), *options])
    assert isinstance(ran.exception, FieldError | type(None)), ran.exception
    return explained(ran.exception) if ran.exception is not None else ran.output


def said_by_the_api(site: Site, entry: Entry) -> tuple[int, dict[str, Any]]:
    """Enter it as a program; return status and answer."""
    facts: dict[str, str] = dict(entry.facts)
    if "owner" in facts:
        facts["owner_kind"], _, facts["owner_id"] = facts.pop("owner").partition(":")
    with site.program("admin") as admin:
        answer = admin.post(f"/api/v1/{entry.what}s", json=facts)
    return answer.status_code, answer.json()


def _named(entry: Entry) -> str:
    return f"{entry.what} {list(entry.facts.values())[-1][:24]!a}"


@pytest.mark.parametrize("entry", REFUSED, ids=_named)
def test_both_refuse_it_in_the_same_words(
    site: Site, folder: Path, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, answer = said_by_the_api(site, entry)
    assert status == 422, answer
    (problem,) = answer["errors"]
    assert problem["field"] == entry.field
    sentence = said_by_the_command_line(folder, entry, monkeypatch)
    assert sentence.startswith(f"{entry.field}: got ")
    assert sentence.endswith(f"expected {problem['expected']}")


@pytest.mark.parametrize("entry", TAKEN, ids=_named)
def test_both_take_what_people_really_write(
    site: Site, folder: Path, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, answer = said_by_the_api(site, entry)
    assert status == 201, answer
    assert entry.field in answer.values()
    assert "_id" in said_by_the_command_line(folder, entry, monkeypatch)


def test_the_refusal_is_in_the_readers_language(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.program("admin") as admin:
        body = {"name": "x", "birth_date": "1941-02-30"}
        answer = admin.post("/api/v1/residents", json=body, headers={"Accept-Language": "zh-CN"}).json()
    assert "真实日期" in answer["errors"][0]["expected"]
    entry = Entry("resident", {"name": "x", "birth_date": "1941-02-30"}, "birth_date")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    refused = CliRunner().invoke(
        anhu, ["admin", "create-resident", "--data", str(folder), "--name", "x", "--birth-date", "1941-02-30"]
    )
    assert isinstance(refused.exception, FieldError)
    assert refused.exception.said("zh-CN").startswith(f"{entry.field}：收到 '1941-02-30'")
