"""The report of an examination: for a terminal, for a program, and as a page that prints on one or two sheets."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from anhu.contract.words import Language, text
from gateway.codec import Codec
from gateway.vendor_bench.examination import Check, Examination

_STYLE = """
@page { size: A4; margin: 18mm 15mm }
body { font: 14px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; max-width: 60em; margin: 2em auto; \
padding: 0 1em; color: #1a1a1a; background: #fff }
h1 { font-size: 1.5em; margin: 0 } h1 b { padding: 0 .4em; border: 2px solid; border-radius: .2em; float: right }
.passed { color: #17653a } .failed { color: #a4161a }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em 1.2em } dt { color: #555 } dd { margin: 0 }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
th, td { text-align: left; vertical-align: top; padding: .3em .6em; border-bottom: 1px solid #ccc; \
overflow-wrap: anywhere }
td:nth-child(2) { white-space: nowrap } tr { break-inside: avoid } code { font-size: .95em }
"""


def as_json(examined: Examination) -> dict[str, object]:
    """Return the report for a program."""
    cost = examined.cost
    return {
        "codec": examined.codec.name,
        "title": examined.codec.title,
        "passed": examined.passed,
        "vectors": examined.vectors,
        "vectors_passed": examined.vectors_passed,
        "fuzzed_bytes": examined.fuzzed_bytes,
        "crashes": examined.crashes,
        "cost_us": cost._asdict() if cost is not None else None,
        "checks": [check._asdict() for check in examined.checks],
    }


def as_lines(examined: Examination, language: Language) -> Iterator[str]:
    """Yield the report for a terminal, line by line: what failed with its reason."""
    yield text("vendor_bench.title", language, name=examined.codec.name)
    for name, value in _facts(examined, language):
        yield f"{name}: {value}"
    for check in examined.checks:
        yield f"{_result(check.passed, language)}  {_name(check, language)}"
        if check.detail:
            yield f"    {check.detail}"
    yield _result(examined.passed, language)


def as_page(examined: Examination, language: Language, made: str) -> str:
    """Return the report as one HTML file that needs nothing else; `made` says by what, and when."""
    title = escape(text("vendor_bench.title", language, name=examined.codec.name))
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in _facts(examined, language))
    head = "".join(f"<th scope=col>{escape(text(f'vendor_bench.{one}', language))}</th>" for one in _HEAD)
    rows = "".join(
        f"<tr><td>{escape(_name(check, language))}</td><td class={_class(check.passed)}>"
        f"{_result(check.passed, language)}</td><td><code>{escape(check.detail)}</code></td></tr>"
        for check in examined.checks
    )
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title} <b class={_class(examined.passed)}>{_result(examined.passed, language)}</b></h1>"
        f"<p>{escape(examined.codec.title)}</p><dl>{facts}</dl>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{escape(made)}</p></html>\n"
    )


_HEAD = ("what", "result", "detail")


def _facts(examined: Examination, language: Language) -> Iterator[tuple[str, str]]:
    codec, cost = examined.codec, examined.cost
    numbers = {"bytes": f"{examined.fuzzed_bytes:,}", "crashes": examined.crashes}
    yield text("vendor_bench.source", language), codec.data_sheet
    yield text("vendor_bench.doors", language), ", ".join(door.upper() for door in codec.doors)
    if topics := _topics(codec):
        yield text("vendor_bench.topics", language), topics
    passed = text("vendor_bench.vectors_of", language, passed=examined.vectors_passed, all=examined.vectors)
    yield text("vendor_bench.vectors", language), passed
    yield text("vendor_bench.fuzzed", language), text("vendor_bench.fuzzed_of", language, **numbers)
    if cost is not None:
        figures = {"low": cost.low_us, "median": cost.median_us, "high": cost.high_us}
        yield text("vendor_bench.cost", language), text("vendor_bench.cost_of", language, **figures)


def _topics(codec: Codec) -> str:
    return ", ".join(codec.mqtt.publish) if codec.mqtt is not None else ""


def _name(check: Check, language: Language) -> str:
    return text(f"vendor_bench.check.{check.key}", language, about=check.about)


def _result(passed: bool, language: Language) -> str:  # noqa: FBT001 - the one thing it is about
    return text("vendor_bench.passed" if passed else "vendor_bench.failed", language)


def _class(passed: bool) -> str:  # noqa: FBT001 - the one thing it is about
    return "passed" if passed else "failed"
