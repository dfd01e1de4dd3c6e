"""`anhu codec`: a device maker tries payloads and examines a codec without a gateway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from anhu.contract.errors import FieldError
from app.cli.codec import codec
from gateway import codecs
from gateway.vendor_bench.skeleton import skeleton


def run(*words: str | Path, payload: bytes = b"") -> Result:
    return CliRunner().invoke(codec, [str(word) for word in words], input=payload)


def told(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_payload_is_answered_with_an_object_for_each_observation() -> None:
    done = run("try", "mr60fda2", "--received", "2026-11-22T06:30:00+08:00", payload=b'{"status":2,"lux":45.3}')
    assert done.exit_code == 0, done.output
    assert told(done) == [
        {"quantity": kind, "state": "on", "observed_at": "2026-11-21T22:30:00.000Z", "time_from": "received"}
        for kind in ("fall", "presence")
    ]


def test_a_refused_payload_gives_the_exact_error_and_what_is_rescued() -> None:
    done = run("try", "open_json", payload=b'{"v":1,"time":"soon","events":[{"kind":"sos"}]}')
    assert done.exit_code == 1
    assert [one["quantity"] for one in told(done)] == ["sos"]
    assert "refused: time: got 'soon', expected an RFC 3339 date and time" in done.stderr
    assert "rescued" in done.stderr


def test_a_payload_may_come_from_a_file_in_hexadecimal_digits(tmp_path: Path) -> None:
    file = tmp_path / "payload.txt"
    file.write_text(b'{"status":1}'.hex(" "), "utf-8")
    assert [one["state"] for one in told(run("try", "mr60fda2", file, "--hex"))] == ["off"]
    assert isinstance(run("try", "mr60fda2", "--hex", payload=b"zz").exception, FieldError)


def test_what_nobody_mapped_and_a_foreign_topic_are_said() -> None:
    done = run("try", "mr60fda2", "--topic", "a/b", payload=b'{"status":1,"x":7}')
    assert "nobody mapped: x" in done.stderr
    assert "may not publish to a/b" in done.stderr


def test_a_heartbeat_says_so() -> None:
    assert "心跳" in run("try", "mr60fda2", "--language", "zh-CN", payload=b'{"lux":1}').stderr


def test_an_unknown_codec_and_too_large_a_payload_are_mistakes() -> None:
    assert "expected a file, or one of" in str(run("try", "nope", payload=b"x").exception)
    assert "at most 1 MiB" in str(run("try", "open_json", payload=b"x" * 1_048_577).exception)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ndef (\n", "mine.py line 2 column 5: got 'def (', expected Python"),
        ("x = 1\ny = x / 0\n", "mine.py line 2: got 'ZeroDivisionError: division by zero', expected a file that binds"),
        ("CODEC = 7\n", "mine.py: got 'TypeError: a codec file binds CODEC"),
    ],
)
def test_a_broken_python_file_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text, "utf-8")
    done = run("check", file)
    assert isinstance(done.exception, FieldError)
    assert said in str(done.exception)


@pytest.mark.parametrize("name", ["none.yaml", "none.py", "./none", "."])
def test_a_file_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    assert "expected a file that exists" in str(run("check", f"{tmp_path}/{name}").exception)


@pytest.mark.parametrize("form", ["--python", "--yaml"])
def test_a_new_codec_passes_once_its_open_ends_are_filled(tmp_path: Path, form: str) -> None:
    made = run("new", "acme", form, "--folder", tmp_path)
    (file,) = tmp_path.iterdir()
    assert str(file) in made.output
    open_ends = run("check", file)
    assert open_ends.exit_code == 1
    assert open_ends.output.count("failed") == 2, "the TODO, and the whole"
    file.write_text(file.read_text("utf-8").replace("TODO ", ""), "utf-8")
    assert run("check", file).exit_code == 0
    again = run("new", "acme", form, "--folder", tmp_path)
    assert "expected a file that is not there yet" in str(again.exception)


@pytest.mark.parametrize("name", ["Acme", "../acme", "", "a" * 41, "9a"])
def test_a_name_that_no_codec_may_have_writes_nothing(name: str, tmp_path: Path) -> None:
    assert isinstance(run("new", name, "--folder", tmp_path).exception, FieldError)
    assert not list(tmp_path.iterdir())


def test_a_report_is_written_as_json_and_as_a_page(tmp_path: Path) -> None:
    done = run("check", "bed_radar", "--json", tmp_path / "r.json", "--html", tmp_path / "r.html")
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert report["passed"]
    assert report["crashes"] == 0
    assert report["fuzzed_bytes"] > 50_000
    assert report["cost_us"]["low_us"] <= report["cost_us"]["median_us"] <= report["cost_us"]["high_us"]
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "Codec report: bed_radar" in page
    assert "<script" not in page


def test_a_page_shows_what_a_codec_says_as_text(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(skeleton("acme", "yaml").replace("TODO what people", "<script>alert(1)</script>"), "utf-8")
    run("check", file, "--html", tmp_path / "r.html")
    assert "<script" not in (tmp_path / "r.html").read_text("utf-8")


def test_a_misspelt_path_fails_the_examination_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(skeleton("acme", "yaml").replace("path: temp,", "path: tmep,"), "utf-8")
    done = run("check", file)
    assert done.exit_code == 1
    assert (
        "acme.yaml line 13 column 12: numbers[1].path: got 'tmep', expected a path that finds something" in done.output
    )


def test_the_schema_of_a_description_and_of_its_messages_is_printed() -> None:
    radar = json.loads(run("schema", Path(codecs.__file__).with_name("mr60fda2.yaml")).stdout)
    assert radar["$id"] == "urn:anhu:mapping:mr60fda2"
    assert json.loads(run("schema").stdout)["$id"] == "urn:anhu:mapping-file:v1"
