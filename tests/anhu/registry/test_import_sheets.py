"""Sheets as offices write them: what spreadsheets do to them is undone or refused, and nothing is lost in silence."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from anhu.contract.csv_text import csv_file, inert
from anhu.contract.errors import FieldError
from anhu.registry.imports import cells
from anhu.registry.imports.faults_file import faults_table, xlsx_file
from anhu.registry.imports.resident_rows import HEADINGS, NAMES, Judged, judge_residents
from anhu.registry.imports.sheet import read_sheet

TODAY = date(2026, 11, 29)
NUMBER = "11010519491231002X"


def judged(content: bytes | str) -> Judged:
    raw = content.encode() if isinstance(content, str) else content
    return judge_residents(raw, language="en", today=TODAY, region="CN")


def xlsx(rows: Sequence[Sequence[object]], *, merge: str = "") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    if merge:
        sheet.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_csv_is_read_whatever_wrote_it(encoding: str, delimiter: str, ending: str) -> None:
    lines = [["姓名", "身份证号", "电话"], ["王秀英", NUMBER, "１３８００１３８０００"], ["", "", ""], ["𠮷田", "", ""]]
    text = ending.join(delimiter.join(line) for line in lines)
    found = judged(text.encode(encoding))
    assert [(row.line, row.identity, row.facts["name"], row.facts["phone"]) for row in found.rows] == [
        (2, NUMBER, "王秀英", "+8613800138000")
    ]
    assert [(one.line, one.column) for one in found.errors] == [(4, "identity_number")]


def test_a_number_that_a_spreadsheet_cut_is_refused_and_one_that_it_kept_is_not() -> None:
    heads = ["姓名", "身份证号", "外部编号", "电话"]
    book = xlsx([heads, ["a", 110105194912310024, 7, 13800138000], ["b", NUMBER, "007", 13800138000.0]])
    found = judged(book)
    assert [(one.line, one.column) for one in found.errors] == [(2, "identity_number")]
    assert "as text" in found.errors[0].said
    assert "110105" not in found.errors[0].said
    assert [(row.facts["external_number"], row.facts["phone"]) for row in found.rows] == [("007", "+8613800138000")]
    typed = judged("姓名,身份证号\na,1.10105E+17\n")
    assert "as text" in typed.errors[0].said


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1941-05-02", "1941-05-02"),
        ("1941/5/2", "1941-05-02"),
        ("1941年5月2日", "1941-05-02"),
        ("19410502", "1941-05-02"),
        ("1941.5.2", "1941-05-02"),
        ("1941-05-02 00:00:00", "1941-05-02"),
        ("15098", "1941-05-02"),
    ],
)
def test_a_day_is_read_as_people_and_spreadsheets_write_it(cell: str, expected: str) -> None:
    assert cells.day("birth_date", cell) == expected


@pytest.mark.parametrize("cell", ["5/2/41", "02/05/1941", "1941-02-30", "May 1941", "1941", "194105"])
def test_a_day_that_may_be_two_is_refused(cell: str) -> None:
    with pytest.raises(FieldError):
        cells.day("birth_date", cell)


def test_dates_numbers_and_blanks_of_a_workbook_mean_what_they_show() -> None:
    heads = ["姓名", "外部编号", "出生日期", "独居", "家属1姓名", "家属1电话"]
    found = judged(
        xlsx([["名册 2026"], heads, [], ["a", 1, date(1941, 5, 2), "是", "李娜", 13900139000]], merge="A1:F1")
    )
    assert found.errors == []
    (row,) = found.rows
    assert (row.line, row.facts["birth_date"], row.flags) == (4, "1941-05-02", {"lives_alone"})
    assert row.relatives == [("李娜", "+8613900139000", "")]


def test_what_would_be_lost_in_silence_is_refused() -> None:
    heads = ["姓名", "外部编号", "服务中心"]
    for content, said in (
        (xlsx([heads, ["a", 1, "x"], ["b", 2, None]], merge="C2:C3"), "merged"),
        ("姓名,外部编号,爱好\na,1,x\n".encode(), "爱好"),
        ("姓名,姓名\na,b\n".encode(), "once"),
        ("张三,李四\n".encode(), "headings"),
        ("姓名,外部编号\na,1,x\n".encode(), "row 2"),
        (b"\xd0\xcf\x11\xe0 old", "xlsx"),
        (b"PK\x03\x04 broken", "spreadsheet"),
        (b"\xff\xfe\x00", "UTF-8"),
        ('姓名,外部编号\n"a,1\n'.encode(), "quotes"),
    ):
        with pytest.raises(FieldError, match="(?i)" + said):
            judged(content)
    formula = judged(xlsx([heads, ["=A1", "1", ""]]))
    assert "formula" in formula.errors[0].said


def test_a_refusal_comes_whole_from_the_process_that_judged() -> None:
    with pytest.raises(FieldError) as refused:
        judged(b"x")
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - our own
    assert (str(again), again.said("zh-CN")) == (str(refused.value), refused.value.said("zh-CN"))


def test_every_fault_of_a_row_is_told_at_once_and_nothing_of_it_is_written() -> None:
    text = "姓名,身份证号,电话,独居,家属1姓名\n,110105194912310021,1380013800,maybe,李娜\n"
    found = judged(text)
    assert found.rows == []
    assert {one.column for one in found.errors} == {"name", "identity_number", "lives_alone", "relative1_phone"}


def test_the_faulty_rows_come_back_with_what_is_wrong_and_can_be_sent_again() -> None:
    sheet = judged("姓名,外部编号,电话\n=cmd(),1,\n好,2,12\n对,3,\n")
    headings, rows = faults_table(sheet.sheet, sheet.errors, "error")
    assert headings == ["姓名", "外部编号", "电话", "error"]
    assert [row[1] for row in rows] == ["1", "2"]
    assert all(row[3] for row in rows)
    back = csv_file(headings[:3], [[*row[:2], ""] for row in rows])
    assert back.startswith(b"\xef\xbb\xbf")
    assert b"'=cmd()" in back
    assert [row[1][0] for row in read_sheet(back, NAMES).rows] == ["=cmd()", "好"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1+1", "＋1", "－1", "＠x"])
def test_no_cell_of_ours_runs_in_a_spreadsheet(cell: str) -> None:
    assert inert(cell) == f"'{cell}"


def test_a_template_keeps_numbers_as_text(tmp_path: Path) -> None:
    headings = [one[0] for one in HEADINGS.values()]
    (tmp_path / "t.xlsx").write_bytes(xlsx_file(headings, [["=1+1", NUMBER]]))
    sheet = load_workbook(tmp_path / "t.xlsx").worksheets[0]
    assert (sheet["A2"].data_type, sheet["B2"].value, sheet["B2"].number_format) == ("s", NUMBER, "@")
    assert read_sheet((tmp_path / "t.xlsx").read_bytes(), NAMES).columns == list(HEADINGS)
    english = [one[1] for one in HEADINGS.values()]
    assert read_sheet(csv_file(english, []), NAMES).columns == list(HEADINGS)
