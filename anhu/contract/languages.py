"""Which of our languages a browser asks for."""

from __future__ import annotations

from anhu.contract.words import LANGUAGES

_LONGEST = 1_000
_OURS = {language.partition("-")[0]: language for language in LANGUAGES}


def wanted_language(accept: str) -> str:
    """Return the language that an ``Accept-Language`` header likes best of ours; empty when it names none of them."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept[:_LONGEST].split(",")):
        tag, *parameters = (word.strip().lower() for word in part.split(";"))
        language = LANGUAGES[0] if tag == "*" else _OURS.get(tag.partition("-")[0], "")
        weight = _weight(parameters)
        if language and weight > 0:
            weighed.append((-weight, place, language))
    return min(weighed, default=(0.0, 0, ""))[2]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
