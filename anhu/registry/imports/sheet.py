"""A sheet as text: CSV in UTF-8 or GB18030, or XLSX, with what spreadsheets do to numbers and dates undone or refused.

Nothing is guessed in silence: a number that lost digits stays in a form that no rule takes, a formula and a merged cell
are refused, a heading that nobody knows is an error of the file.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from anhu.contract.errors import FieldError

MOST_BYTES = 32 * 2**20
MOST_ROWS = 200_000
_MOST_UNPACKED = 500 * 2**20
_MOST_COLUMNS = 100
_HEADING_WITHIN = 10
_MOST_CELL = 2_000
_XLSX = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_EXACT = 10**15
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')
FIELD = "file"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet whose heading was found.

    Attributes
    ----------
    columns : sequence of str
        Our name of each column of the file; empty for one without a heading, whose cells are all empty.
    headings : sequence of str
        As the file has them.
    rows : sequence of (int, sequence of str)
        Line in the file, counted from 1, and its cells; empty lines are left out.
    """

    columns: Sequence[str]
    headings: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]


def read_sheet(content: bytes, names: Mapping[str, str]) -> Sheet:
    """Return the first sheet of a file. Raises `FieldError` saying what is wrong with it as a whole.

    Parameters
    ----------
    names : mapping
        Heading, folded by `folded` -> our name of the column.
    """
    if len(content) > MOST_BYTES:
        raise _refused(f"{len(content)} bytes", f"at most {MOST_BYTES} bytes", f"不超过 {MOST_BYTES >> 20} MB")
    if content.startswith(_OLD_EXCEL):
        raise _refused("an old .xls", "an .xlsx or .csv file: save it as one", "请另存为 .xlsx 或 .csv")
    lines = _xlsx(content) if content.startswith(_XLSX) else _csv(content)
    return _headed(lines, names, _merged(content))


def folded(heading: str) -> str:
    """Return a heading without what people change in it: width, case, white space, marks for needed ones."""
    return re.sub(r"[\s*＊:：()（）_-]", "", unicodedata.normalize("NFKC", heading)).lower()


def _headed(lines: Iterable[Sequence[str]], names: Mapping[str, str], merged_below: int) -> Sheet:
    numbered = enumerate(lines, start=1)
    for line, cells in numbered:
        found = [names.get(folded(cell), "") for cell in cells]
        if sum(map(bool, found)) > 1 or (len([one for one in cells if one]) == 1 and any(found)):
            break
        if line >= _HEADING_WITHIN:
            raise _no_heading(names)
    else:
        raise _no_heading(names)
    if merged_below > line:
        raise _refused(
            f"merged cells down to row {merged_below}",
            "no merged cells below the headings: only the first cell of a merged block holds its value",
            "标题行以下没有合并单元格（合并后只有第一格有值）",
        )
    _check_headings(cells, found)
    return Sheet(found, list(cells), list(_filled(numbered, found)))


def _check_headings(cells: Sequence[str], found: Sequence[str]) -> None:
    unknown = [cell for cell, name in zip(cells, found, strict=True) if cell and not name]
    if unknown:
        raise _refused(
            ", ".join(unknown)[:200],
            "headings of the template only: rename or remove these columns",
            "模板中的列名；请改名或删除这些列",
        )
    twice = sorted({name for name in found if name and found.count(name) > 1})
    if twice:
        raise _refused(", ".join(twice), "each column once", "每列只出现一次")


def _filled(numbered: Iterator[tuple[int, Sequence[str]]], found: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    count = 0
    for line, cells in numbered:
        if not any(cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise _refused("more rows", f"at most {MOST_ROWS} rows a file", f"每个文件至多 {MOST_ROWS} 行")
        if any(cell for cell, name in zip(cells, found, strict=False) if cell and not name) or any(cells[len(found) :]):
            raise _refused(
                f"row {line}", "no cell outside the columns with headings", f"第 {line} 行有标题列以外的内容"
            )
        yield line, [*cells[: len(found)], *[""] * (len(found) - len(cells))]


def _csv(content: bytes) -> Iterator[Sequence[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise _refused("other bytes", "text in UTF-8 or GB18030", "UTF-8 或 GB18030 编码的文本") from None
    if "\0" in text:
        raise _refused("NUL", "a CSV or XLSX file", "CSV 或 XLSX 文件")
    first = text.partition("\n")[0]
    delimiter = max(",;\t，", key=first.count)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [_as_text(cell) for cell in cells[:_MOST_COLUMNS]]
    except csv.Error as error:
        raise _refused(str(error), "a CSV whose quotes are closed", "引号成对的 CSV") from None


def _xlsx(content: bytes) -> Iterator[Sequence[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
        if unpacked > _MOST_UNPACKED:
            raise _refused(f"{unpacked} bytes unpacked", f"at most {_MOST_UNPACKED}", "更小的文件")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        for cells in sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS):
            yield _stripped([_as_text(cell) for cell in cells])
    except FieldError:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, SyntaxError, OSError) as error:
        raise _refused(
            type(error).__name__, "an XLSX file that a spreadsheet opens", "可正常打开的 XLSX 文件"
        ) from None


def _stripped(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _as_text(cell: object) -> str:
    """Return a cell as it was meant: whole numbers without a point, dates as days, full-width forms as plain ones."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return _number_as_text(cell)
    text = str(cell).strip().strip("\u200b\ufeff")[:_MOST_CELL]
    return text.removeprefix("'") if text[1:].isdigit() or text[:2] in _GUARDED else text


def _number_as_text(cell: float) -> str:
    if abs(cell) >= _EXACT:
        return f"{float(cell):.14E}"  # a spreadsheet keeps 15 digits: what comes after them is made up
    return str(int(cell)) if float(cell).is_integer() else repr(cell)


_GUARDED = frozenset(f"'{one}" for one in "=+-@＝＋－＠")
"""How an export of ours, and others', keeps a spreadsheet from taking a text for a formula."""


def _merged(content: bytes) -> int:
    """Return the last row in which cells are merged; 0 for none, and for what is no XLSX."""
    if not content.startswith(_XLSX):
        return 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            first = sorted(one for one in packed.namelist() if one.startswith("xl/worksheets/sheet"))[:1]
            tail = packed.read(first[0])[-200_000:] if first else b""
    except (zipfile.BadZipFile, KeyError, OSError):
        return 0
    return max((int(found[3]) for found in _MERGED.findall(tail)), default=0)


def _no_heading(names: Mapping[str, str]) -> FieldError:
    some = ", ".join(list(names)[:4])
    return _refused(
        "no headings",
        f"a row of headings among the first {_HEADING_WITHIN}, such as {some}",
        f"前 {_HEADING_WITHIN} 行内有标题行，如 {some}",
    )


def _refused(got: str, expected: str, chinese: str) -> FieldError:
    return FieldError(FIELD, got, expected, zh=chinese)
