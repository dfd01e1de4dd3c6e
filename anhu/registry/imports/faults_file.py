"""Files that go back to the office: faulty rows with what is wrong, a template, an export; safe in a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook

from anhu.registry.imports.resident_rows import RowError
from anhu.registry.imports.sheet import Sheet


def xlsx_file(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a sheet in which every cell is text, so that no number loses digits."""
    book = Workbook()
    sheet = book.active
    sheet.append(list(headings))
    for row in rows:
        sheet.append(list(row))
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.number_format = "@"
            cell.data_type = "s"
    for place in range(1, len(headings) + 1):
        letters = sheet.cell(row=1, column=place).column_letter
        sheet.column_dimensions[letters].number_format = "@"
        sheet.column_dimensions[letters].width = 18
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def faults_table(sheet: Sheet, errors: Sequence[RowError], heading: str) -> tuple[list[str], list[list[str]]]:
    """Return the faulty rows as they came, a column with what is wrong behind them."""
    said: dict[int, list[str]] = {}
    for error in errors:
        said.setdefault(error.line, []).append(error.said)
    rows = [[*cells, "; ".join(said[line])] for line, cells in sheet.rows if line in said]
    return [*sheet.headings, heading], rows
