"""A mistake in a description names file, line and column, what was found and what was expected."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from gateway.mapping.loading import load_mapping, mapped_from
from gateway.mapping.marked_yaml import MOST_BYTES, MappingError

GOOD = """\
codec: acme_box
title: A box
data_sheet: Acme B1
mqtt:
  publish: acme/{device_id}/up
time: {path: t, form: "%Y-%m-%d %H:%M:%S", zone: +08:00}
numbers:
  - {path: hr, quantity: heart_rate, unit: bpm}
events:
  - path: code
    values: {1: fall, on: sos, no: nothing}
examples:
  - name: all
    topic: acme/dev-1/up
    gives: [{quantity: heart_rate, value: 60}, {event: fall}]
    payload: '{"hr":60,"code":1}'
"""


def refused(text: str) -> MappingError:
    with pytest.raises(MappingError) as raised:
        mapped_from(text, "acme.yaml")
    return raised.value


def test_the_description_that_is_broken_below_is_a_good_one() -> None:
    assert not mapped_from(GOOD, "acme.yaml").mistakes


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "quantity: heart_rate",
            "quantity: hart_rate",
            "line 8 column 26: numbers[0].quantity: got 'hart_rate', expected heart_rate",
        ),
        ("unit: bpm", "unit: kPa", "line 8 column 44: numbers[0].unit: got 'kPa', expected one of /min"),
        ("{1: fall", "{1: fal", "line 11 column 17: events[0].values.1: got 'fal', expected fall"),
        ("on: sos", "on: sos off", "expected sos, or nothing: a call is not taken back"),
        ("on: sos", "sos_pressed: nothing", "reads like a call for help"),
        ("no: nothing", "ON: nothing", "upper and lower case are the same"),
        ("path: hr", "path: 'hr['", "character 3 does not fit"),
        ("path: hr", "path: .hr", "character 1 does not fit"),
        ("path: hr", "path: a.b.c.d.e.f.g.h.i", "at most 8 steps"),
        ("path: hr", "path: 'list[*].hr'", "name the list in `each`"),
        ("path: hr", "pth: hr", "numbers[0]: got 'pth', expected path?"),
        ("zone: +08:00", "zone: Mars", "time.zone: got 'Mars', expected a zone"),
        (", zone: +08:00", "", "expected a zone such as +08:00"),
        ('"%Y-%m-%d %H:%M:%S"', '"%H:%M"', "a pattern with year, month and day"),
        ('"%Y-%m-%d %H:%M:%S"', "epoch", "time.form: got 'epoch', expected auto, iso, epoch_s"),
        ("codec: acme_box", "codec: Acme Box", "line 1 column 8: codec: got 'Acme Box'"),
        ("codec: acme_box\n", "", "got 'no codec', expected codec: …"),
        ("title: A box", "title:", "line 2 column 7: title: got '', expected a text"),
        ("publish: acme/{device_id}/up", "publish: '#'", "line 5 column 12: mqtt.publish: got '#'"),
        ("publish: acme/{device_id}/up", "publish: 'a+/b'", "mqtt.publish: got 'a+/b'"),
        ("publish: acme/{device_id}/up", "publish: '+/#'", "mqtt.publish: got '+/#'"),
        ("publish: acme/{device_id}/up", "publish: '{device_id}/#'", "expected a topic such as radar/{device_id}/up"),
        ("title: A box", "title: A box\ntitle: B", "line 3 column 1: got 'title', expected each name once"),
        ("title: A box", "title: &a A box", "line 2 column 8: got 'an anchor or alias'"),
        ("title: A box", "title: !!python/name:os.system x", "expected no tags"),
        ("title: A box", "title: 'A box", "expected YAML"),
        ("title: A box", "title: A\tbox\x07", "line 2 column 13"),
        ('    payload: \'{"hr":60,"code":1}\'\n', "", "examples[0]: got 'no payload'"),
        ("value: 60", "value: sixty", "examples[0].gives[0].value: got 'sixty', expected a finite number"),
        ("{event: fall}", "{event: fall, at: soon}", "examples[0].gives[1].at: got 'soon', expected an RFC 3339"),
        ("numbers:\n", "ignore: [sos_state]\nnumbers:\n", "ignore[0]: got 'sos_state', expected a field that does not"),
        (
            "    values: {1: fall, on: sos, no: nothing}",
            "    bits: {64: sos}",
            "got '64', expected the number of a bit",
        ),
        ("    values: {1: fall, on: sos, no: nothing}", "    title: x", "events[0]: got 'title', expected"),
        ("numbers:\n", "where: {a: b}\nnumbers:\n", "where: got 'a mapping', expected each beside it"),
    ],
)
def test_it_says_where_and_what(right: str, wrong: str, said: str) -> None:
    assert right in GOOD
    error = refused(GOOD.replace(right, wrong))
    assert str(error).startswith("acme.yaml line ")
    assert said in str(error)


def test_a_file_is_bounded_before_it_is_read() -> None:
    laughs = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a,*a]\n" for n in range(9))
    assert "an anchor or alias" in str(refused(laughs))
    assert "at most 65536 bytes" in str(refused("#" * (MOST_BYTES + 1)))
    assert "at most 4000 entries" in str(refused("a: [" + "x," * 4_100 + "]"))
    assert "at most 12 levels" in str(refused("a: " + "[" * 20_000 + "]" * 20_000))
    assert "expected a description" in str(refused("# nothing\n"))
    assert "expected a mapping with" in str(refused("- 1"))
    assert "a list or mapping as a name" in str(refused("? [a, b]\n: 1"))


def test_a_file_that_is_not_utf_8_is_told_where(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_bytes("codec: a\ntitle: 跌倒".encode("gbk"))
    with pytest.raises(MappingError, match=r"acme\.yaml line 2 column 8: got b'.*', expected UTF-8"):
        load_mapping(file)


def test_an_editors_mark_of_order_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(GOOD, "utf-8-sig")
    assert load_mapping(file).codec.name == "acme_box"


def test_a_path_that_no_example_shows_is_a_mistake_that_is_told() -> None:
    mapped = mapped_from(GOOD.replace("path: hr", "path: heart"), "acme.yaml")
    (mistake,) = mapped.mistakes
    assert str(mistake) == (
        "acme.yaml line 8 column 12: numbers[0].path: got 'heart', "
        "expected a path that finds something in at least one example"
    )


def test_a_mistake_can_be_sent_to_another_process() -> None:
    error = refused(GOOD.replace("codec: acme_box", "codec: Acme"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(again), again.place) == (str(error), error.place)


def test_it_is_said_in_chinese_too() -> None:
    error = refused(GOOD.replace("codec: acme_box", "codec: Acme"))
    assert error.said("zh-CN").endswith("收到 'Acme'，应为 1 至 40 个小写字母、数字或 _")
