"""Rows of a sheet of residents, each judged by the same rules as a form. Pure: it runs in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from anhu.contract.errors import FieldError
from anhu.contract.words import LANGUAGES, catalogue
from anhu.registry.care_records import checked_entries, checked_medicines
from anhu.registry.facts import check_fact, check_name, check_phone, plain_number
from anhu.registry.flags import FLAGS
from anhu.registry.identity_numbers import check_bearer, identity_number
from anhu.registry.imports import cells
from anhu.registry.imports.sheet import Sheet, folded, read_sheet
from anhu.registry.phones import kept_phone
from anhu.registry.regions import chosen_region
from anhu.registry.tables import Resident
from anhu.registry.tiers import check_tier

MOST_RELATIVES = 3
_FACTS = ("name", "address", "access_note", "external_number")
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名", "name"),
    "identity_number": ("身份证号", "identity number", "身份证", "身份证号码", "证件号码", "公民身份号码"),
    "external_number": ("外部编号", "external number", "编号", "健康档案号", "档案编号"),
    "sex": ("性别", "sex", "gender"),
    "birth_date": ("出生日期", "birth date", "生日", "date of birth"),
    "phone": ("电话", "phone", "联系电话", "手机", "手机号"),
    "address": ("地址", "address", "住址", "家庭住址"),
    "region_code": ("行政区划", "region", "行政区划代码", "region code"),
    "access_note": ("进门说明", "access note", "如何进门"),
    "centre": ("服务中心", "centre", "center"),
    "team": ("家庭医生团队", "team", "团队"),
    "tier": ("监测等级", "tier"),
    "lives_alone": ("独居", "lives alone", "是否独居"),
    "flags": ("已知情况", "flags"),
    "conditions": ("疾病", "conditions", "慢性病"),
    "medicines": ("用药", "medicines"),
    "allergies": ("过敏", "allergies", "过敏史"),
    **{
        f"relative{n}_{what}": (f"家属{n}{chinese}", f"relative {n} {what}")
        for n in range(1, MOST_RELATIVES + 1)
        for what, chinese in (("name", "姓名"), ("phone", "电话"), ("relation", "关系"))
    },
}
"""Our name of a column -> its headings: of the Chinese template, of the English one, others that are taken."""
NAMES = {folded(heading): name for name, headings in HEADINGS.items() for heading in headings}
_SEXES = {"男": "male", "女": "female", "male": "male", "female": "female", "m": "male", "f": "female"}
_TIERS = {"基本": "basic", "加强": "enhanced", "重点": "intensive"}


class Relative(NamedTuple):
    """A relative in a row, the number as it is kept."""

    name: str
    phone: str
    relation: str


class RowError(NamedTuple):
    """What is wrong with a row."""

    line: int
    column: str
    said: str


@dataclass(slots=True)
class ResidentRow:
    """A row that can be written. Empty cells say nothing: what is known stays.

    Attributes
    ----------
    facts : mapping
        Columns of the resident's row.
    record : mapping
        ``conditions``, ``medicines``, ``allergies``, as far as given.
    """

    line: int
    identity: str = ""
    centre: str = ""
    team: str = ""
    flags: set[str] = field(default_factory=set)
    flags_gone: set[str] = field(default_factory=set)
    facts: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    relatives: list[Relative] = field(default_factory=list)


class Judged(NamedTuple):
    """A sheet, its good rows, and what is wrong with the others."""

    sheet: Sheet
    rows: list[ResidentRow]
    errors: list[RowError]


def judge_residents(content: bytes, *, language: str, today: date, region: str) -> Judged:
    """Return a sheet of residents, judged. Raises `FieldError` for a file that cannot be read."""
    sheet = read_sheet(content, NAMES)
    rows, errors = [], []
    for line, texts in sheet.rows:
        given = {name: text for name, text in zip(sheet.columns, texts, strict=True) if name and text}
        row = ResidentRow(line)
        faults = list(_filled(row, given, today, region))
        errors += [RowError(line, fault.field, _said(fault, language)) for fault in faults]
        if not faults:
            rows.append(row)
    return Judged(sheet, rows, errors)


def _said(fault: FieldError, language: str) -> str:
    return fault.said(language) if language in LANGUAGES else str(fault)


def _filled(row: ResidentRow, given: Mapping[str, str], today: date, region: str) -> list[FieldError]:
    """Fill a row from its cells; return what is wrong, a fault a column."""
    faults: list[FieldError] = []
    for part in (_formulas, _identity, _plain, _codes, _health, _places, _relatives):
        try:
            part(row, given, today, region)
        except FieldError as fault:
            faults.append(fault)
    return faults


def _formulas(_row: ResidentRow, given: Mapping[str, str], _today: date, _region: str) -> None:
    for name, text in given.items():
        if text.startswith("="):
            raise FieldError(name, text, "a value, not a formula: paste values only", zh="数值而非公式：请“粘贴为数值”")


def _identity(row: ResidentRow, given: Mapping[str, str], today: date, _region: str) -> None:
    born, sex = cells.day("birth_date", given.get("birth_date", "")), cells.code("sex", given.get("sex", ""), _SEXES)
    if text := given.get("identity_number", ""):
        if "E+" in text.upper():
            expected = "all 18 characters: the spreadsheet cut the number; format the column as text and enter it again"
            raise FieldError(
                "identity_number", "…", expected, zh="完整的 18 位：表格软件已截断号码，请将此列设为文本后重新录入"
            )
        number = identity_number(text, today=today)
        check_bearer(number, birth_date=born, sex=sex)
        row.identity, born, sex = number.number, number.birth_date, number.sex
    elif not given.get("external_number"):
        expected = "an identity number or an external number: else the next import would enrol the resident again"
        raise FieldError("identity_number", "", expected, zh="身份证号或外部编号至少填一项，否则再次导入会重复登记")
    if born and not date(today.year - 120, 1, 1).isoformat() <= born <= today.isoformat():
        raise FieldError("birth_date", born, "a day of the last 120 years", zh="近 120 年内的日期")
    row.facts |= {name: value for name, value in (("birth_date", born), ("sex", sex)) if value}


def _plain(row: ResidentRow, given: Mapping[str, str], _today: date, region: str) -> None:
    if not given.get("name"):
        raise FieldError("name", "", "a name", zh="姓名")
    for name in _FACTS:
        if text := given.get(name):
            longest = getattr(Resident.__table__.c[name].type, "length", None)
            row.facts[name] = check_fact("resident", name, text, longest=longest, created_at_ms=None)
    if text := given.get("phone"):
        row.facts["phone"] = _phone("phone", text, region)


def _phone(field: str, text: str, region: str) -> str:
    number = plain_number(text)
    check_phone(field, number)
    return kept_phone(field, number, region=region)


def _codes(row: ResidentRow, given: Mapping[str, str], _today: date, _region: str) -> None:
    if text := given.get("region_code"):
        row.facts["region_code"] = chosen_region("region_code", text)
    if text := given.get("tier"):
        tier = _TIERS.get(text, text.lower())
        check_tier("tier", tier)
        row.facts["tier"] = tier
    row.flags |= {cells.code("flags", part, _flag_words()) for part in cells.several(given.get("flags", ""))}
    if text := given.get("lives_alone"):
        (row.flags if cells.yes("lives_alone", text) else row.flags_gone).add("lives_alone")


@cache
def _flag_words() -> Mapping[str, str]:
    words = {flag: flag for flag in FLAGS}
    for flag in FLAGS:
        entry = catalogue().get(f"web.flag.{flag}", {})
        words |= {text.lower(): flag for text in entry.values()}
    return words


def _health(row: ResidentRow, given: Mapping[str, str], _today: date, _region: str) -> None:
    for name in ("conditions", "allergies"):
        if text := given.get(name):
            row.record[name] = checked_entries(name, cells.several(text))
    if text := given.get("medicines"):
        row.record["medicines"] = checked_medicines(cells.medicines(text))


def _places(row: ResidentRow, given: Mapping[str, str], _today: date, _region: str) -> None:
    row.centre, row.team = given.get("centre", ""), given.get("team", "")


def _relatives(row: ResidentRow, given: Mapping[str, str], _today: date, region: str) -> None:
    for n in range(1, MOST_RELATIVES + 1):
        name, phone, relation = (given.get(f"relative{n}_{what}", "") for what in ("name", "phone", "relation"))
        if not (name or phone or relation):
            continue
        if not name or not phone:
            missing = "name" if not name else "phone"
            raise FieldError(f"relative{n}_{missing}", "", "name and phone together", zh="姓名与电话须同时填写")
        check_name(f"relative{n}_name", name)
        row.relatives.append(Relative(name, _phone(f"relative{n}_phone", phone, region), relation[:32]))


def headings_of(language: str) -> Sequence[str]:
    """Return the headings of the template in a language."""
    return [headings[0 if language == "zh-CN" else 1] for headings in HEADINGS.values()]
