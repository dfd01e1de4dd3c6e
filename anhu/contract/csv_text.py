"""Tables as CSV that a spreadsheet opens: with a mark for UTF-8, and with no cell that it would run as a formula.

Source: RFC 4180; OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Full-width forms too: a spreadsheet set to Chinese reads them as the plain ones."""
_BOM = "\ufeff"
"""Without it the most used spreadsheet reads Chinese as something else."""


def inert(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula; telephone numbers with a plus among them."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(cells: Iterable[object]) -> str:
    """Return one line, its end included."""
    out = io.StringIO()
    csv.writer(out).writerow([inert(cell) for cell in cells])
    return out.getvalue()


def csv_file(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV that spreadsheets read as it is meant."""
    return (_BOM + "".join(map(csv_line, (headings, *rows)))).encode()
