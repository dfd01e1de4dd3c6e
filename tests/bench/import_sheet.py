"""How long a sheet of 100,000 residents with family takes, from its bytes to the last row; a city takes several.

::

    python -m tests.bench.import_sheet [ROWS] [DATABASE_URL] [csv|xlsx]

The database must be empty. More rows than a sheet may have come as sheets of 100,000, one after the other.
Wall time and the processor's own are told apart: the first is what an office waits for.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from openpyxl import Workbook
from sqlalchemy.orm import Session, sessionmaker

from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.identity_numbers import check_character
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.imports.resident_rows import judge_residents
from anhu.registry.imports.trying import attempt
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre

HEADS = [
    *("姓名", "身份证号", "外部编号", "电话", "地址", "行政区划", "进门说明", "服务中心"),
    *("独居", "疾病", "用药", "过敏", "家属1姓名", "家属1电话", "家属1关系"),
]
TODAY = date(2026, 11, 29)
_A_SHEET = 100_000


def rows(count: int, first: int = 0) -> Iterator[list[str]]:
    """Yield made-up residents, each with a valid identity number of its own."""
    rng = random.Random(1)  # noqa: S311 - the same people every time
    for k in range(first, first + count):
        born = date(1935, 1, 1) + timedelta(days=rng.randrange(9_000))
        number = f"33{1 + k // _A_SHEET:02d}{k // 1_000 % 100:02d}{born:%Y%m%d}{k % 1_000:03d}"
        home = [f"幸福里 {k % 50} 号楼 {k % 9} 单元 {k % 30}01", "330106", "备用钥匙在邻居处", "幸福里", "是"]
        health = ["高血压；糖尿病", "华法林 2.5 mg；钙片", "青霉素"]
        yield [
            *(f"王秀英{k}", number + check_character(number), f"E{k}", f"138{k:08d}", *home, *health),
            *(f"李娜{k}", f"139{k:08d}", "女儿"),
        ]


def sheet_of(count: int, form: str, first: int = 0) -> bytes:
    """Return a sheet of residents, from the first on."""
    if form == "csv":
        out = io.StringIO()
        csv.writer(out).writerows([HEADS, *rows(count, first)])
        return out.getvalue().encode("gb18030")
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [HEADS, *rows(count, first)]:
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long a step took."""
    wall_s, own_s = time.perf_counter(), time.process_time()
    yield
    sys.stdout.write(f"{what}: {time.perf_counter() - wall_s:.1f} s, own {time.process_time() - own_s:.1f} s\n")
    sys.stdout.flush()


def measure(count: int, url: str, form: str) -> None:
    """Judge, plan and write each sheet; then say what the last comes to a second time."""
    upgrade(url)
    sessions, vault = open_sessions(url), IdentityVault(b"k" * 32)
    with sessions.begin() as session:
        create_centre(session, name="幸福里", centre_id="c-1")
    with timed("all of it"):
        for first in range(0, count, _A_SHEET):
            content = sheet_of(min(_A_SHEET, count - first), form, first)
            with timed(f"the sheet from {first:,} on"):
                _import(content, sessions, vault)
    judged = judge_residents(content, language="zh-CN", today=TODAY, region="CN")
    with sessions() as session:
        again = attempt(session, judged, vault, said=str, today=TODAY)
    sys.stdout.write(f"{form} of {len(content):,} bytes, again: {again.counts}\n")
    close_sessions(sessions)


def _import(content: bytes, sessions: sessionmaker[Session], vault: IdentityVault) -> None:
    with timed("judged"):
        judged = judge_residents(content, language="zh-CN", today=TODAY, region="CN")
    with timed("planned"), sessions() as session:
        found = attempt(session, judged, vault, said=str, today=TODAY)
    with timed("written"), sessions.begin() as session:
        found.write(session, 1_795_406_400_000, {"user_id": "", "address": "", "object_id": ""})
    sys.stdout.write(f"{found.counts}, {len(found.errors)} errors\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = [*sys.argv[1:], *("100000", f"sqlite:///{folder}/anhu.db", "csv")[len(sys.argv) - 1 :]]
        measure(int(given[0]), given[1], given[2])
