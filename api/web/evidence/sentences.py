"""The evidence in plain sentences, for the person who answers the alarm."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from alerts.kinds import KINDS
from alerts.kinds.sheet import Sentence
from api.web.evidence.features import feature_row
from api.web.wording import Wording

_LIMIT = "limit_"
_CHINESE_GAP = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
"""A unit and the next word, both Chinese, stand together."""
_NOTHING_AT_ZERO = frozenset({"lasted_s", "free_fall_ms"})
_FROM_THE_LIMIT_ON = frozenset({"not_risen_s", "still_s"})
"""Measured for every fall, but worth a sentence only where they decided."""


def sentences(kind: str, evidence: Mapping[str, Any], wording: Wording) -> list[str]:
    """Return what decided, a sentence each; those that name something which was not measured are left out."""
    if kind not in KINDS:
        return []
    filled = (_filled(one, evidence, wording) for one in KINDS[kind].say if _is_about(one, evidence))
    return [sentence for sentence in filled if sentence]


def blind(kind: str, evidence: Mapping[str, Any], wording: Wording) -> str:
    """Return what the rule behind an alert cannot see; empty for a kind that there is not."""
    found = [one for one in KINDS[kind].blind if _is_about(one, evidence)] if kind in KINDS else []
    return wording.t("alert.blind") + wording.said(max(found, key=lambda one: bool(one.of))) if found else ""


def _is_about(sentence: Sentence, evidence: Mapping[str, Any]) -> bool:
    return sentence.of in ("", evidence.get("quantity", ""))


def _filled(sentence: Sentence, evidence: Mapping[str, Any], wording: Wording) -> str:
    wanted = {one for one in _placeholders(wording.said(sentence)) if one}
    values = {one: _value(one, evidence, wording) for one in wanted}
    if not all(values.values()):
        return ""
    return _CHINESE_GAP.sub("", wording.said(sentence, **values))


def _placeholders(sentence: str) -> Iterator[str]:
    return (name or "" for _, name, _, _ in Formatter().parse(sentence))


def _value(name: str, evidence: Mapping[str, Any], wording: Wording) -> str:
    """Return a value as it stands in a sentence, with its unit; empty when it was not measured or says nothing."""
    if name == "began":
        start_ms = int(evidence.get("start_ms", 0))
        return wording.moment(start_ms) if start_ms else ""
    feature = name.removeprefix(_LIMIT)
    measured: float | None = evidence.get("features", {}).get(feature)
    if measured is None or (feature in _NOTHING_AT_ZERO and not measured):
        return ""
    if feature in _FROM_THE_LIMIT_ON and measured < evidence.get("limits", {}).get(feature, measured):
        return ""
    row = feature_row(feature, evidence, wording)
    number = row.limit if name.startswith(_LIMIT) else row.value
    if not number:
        return ""
    return number + row.unit if row.unit == "°" else f"{number} {row.unit}".strip()
