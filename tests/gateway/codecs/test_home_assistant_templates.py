"""The part of Home Assistant's templates that is understood, and that nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anhu.contract.errors import FieldError
from gateway.codecs.home_assistant_discovery.expression import Given
from gateway.codecs.home_assistant_discovery.operations import ABSENT
from gateway.codecs.home_assistant_discovery.template import compiled, fields_of

TEMPLATES = [
    ("{{ value_json.x }}", '{"x":true}', True),
    ("{{ value_json['a b']['c'] }}", '{"a b":{"c":3}}', 3),
    ("{{ value_json.a[1] }}", '{"a":[1,2]}', 2),
    ("{{ value_json.x | is_defined }}", "{}", ABSENT),
    ("{{ value_json.x.y.z }}", "{}", ABSENT),
    ("{{ float(value) * 99 + 1 }}", "1", 100.0),
    ("{{ (float(value|float) * 3.6) | round(2) }}", "10", 36.0),
    ("{{ value_json.x | float(0) | round(1) }}", '{"x":"1.26"}', 1.3),
    ("{{ value_json.x | int(default) }}", "{}", None),
    ("{{ value_json.x | default('None') }}", "{}", "None"),
    ("{{ value_json.get('x', 4) }}", "{}", 4),
    ("{% if value_json.a == '2' %}x{% elif value_json.a in ['5','6'] %}y{% else %}z{% endif %}", '{"a":"6"}', "y"),
    ("{%- if value_json.a is not defined -%} none {%- endif -%}", "{}", "none"),
    ("{{ not value_json.a and value_json.b > 3 }}", '{"a":0,"b":4}', True),
    ("{{ value_json.a / value_json.b }}", '{"a":1,"b":0}', ABSENT),
    ("{{ 'a' + 1 }}", "{}", ABSENT),
    ("{{ value_json.x ~ '%' }}", '{"x":5}', "5%"),
]
REFUSED = [
    "{% set x = 1 %}{{ x }}", "{{ states('sensor.x') }}", "{{ value_json.x | regex_replace('a','b') }}", "{# no #}",
    "{{ ''.__class__() }}", "{{ value_json.x ** 9 }}", "{% for a in value_json %}{% endfor %}", "{{ value_json.x",
    "{% if value_json.x %}ON", "{% endif %}", "{{ [x for x in value_json] }}", "{{ " + "(" * 99 + "1" + ")" * 99 + "}}",
    "{{ " + "-" * 300 + "1 }}", "{{ 1" + "+1" * 400 + " }}", "{{ value }}" * 200, "{{ cycler.__init__ }}", "{{ }}",
]  # fmt: skip


@pytest.mark.parametrize(("template", "payload", "expected"), TEMPLATES)
def test_a_template_takes(template: str, payload: str, expected: object) -> None:
    if expected is None:
        with pytest.raises(FieldError, match="default"):
            compiled(template)
        return
    assert compiled(template)(Given(payload, json.loads(payload))) == expected


@pytest.mark.parametrize("template", REFUSED)
def test_a_template_beyond_what_is_understood_is_refused_by_name(template: str) -> None:
    with pytest.raises(FieldError, match="value_template"):
        compiled(template)


def test_the_fields_that_a_template_names() -> None:
    named = fields_of("{{ value_json.a.b + value_json['c d'] + value_json.get('e') }}")
    assert named == {"a", "c d", "e"}


_WORDS = (
    "{{ }} {% %} if else elif endif value value_json . [ ] ( ) | int float round default is defined not in and or "
    "== < + - * / ~ 'a' 1 2.5 , none true get"
)
_BITS = st.sampled_from(_WORDS.split())
_STATES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner, max_size=3),
    max_leaves=9,
)


@given(bits=st.lists(_BITS, max_size=30), state=_STATES)
def test_any_template_is_refused_or_gives_a_value_whatever_the_state(bits: list[str], state: object) -> None:
    for template in (" ".join(bits), f"{{{{ {' '.join(bits)} }}}}"):
        try:
            meaning = compiled(template)
        except FieldError:
            continue
        meaning(Given(str(state), state))


@given(text=st.text(max_size=80), state=_STATES)
def test_any_text_is_refused_or_gives_a_value(text: str, state: object) -> None:
    for template in (text, "{{" + text + "}}", "{% if " + text + " %}a{% endif %}"):
        try:
            meaning = compiled(template)
        except FieldError:
            continue
        meaning(Given(str(state), state))
