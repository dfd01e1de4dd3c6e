"""How long a sheet of 5,000 devices takes, from its bytes to the last row, with secrets, codes and bindings.

::

    python -m tests.bench.import_devices [ROWS] [DATABASE_URL] [csv|xlsx]

The database must be empty. Afterwards a page of the list is found, filtered and sorted as the browser asks for it.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date

from openpyxl import Workbook
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import ManualClock
from anhu.registry.database import close_sessions, open_sessions
from anhu.registry.imports.device_rows import judge_devices
from anhu.registry.imports.trying import attempt
from anhu.registry.migrations import upgrade
from anhu.registry.organisations import create_centre
from anhu.registry.products import create_product
from anhu.registry.residents import create_resident
from anhu.registry.roles import Role
from api.dependencies import Dependencies
from api.security.roles import Viewer
from api.services.device_list import Order, State, Wanted, find_devices
from tests.bench.import_sheet import timed

_NOW_MS = 1_795_406_400_000
_HEADS = ["设备编号", "产品", "服务对象", "房间", "求助类型", "上报周期秒"]


def _rows(count: int) -> Iterator[list[str]]:
    for k in range(count):
        yield [f"8612345{k:08d}", "x8", f"r-{k}" if k % 2 else "", "卧室", "sos;fall", "60"]


def _sheet_of(count: int, form: str) -> bytes:
    if form == "csv":
        out = io.StringIO()
        csv.writer(out).writerows([_HEADS, *_rows(count)])
        return out.getvalue().encode("gb18030")
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [_HEADS, *_rows(count)]:
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def measure(count: int, url: str, form: str) -> None:
    """Judge, plan and write a sheet; say what it comes to a second time; then look through the list."""
    content = _sheet_of(count, form)
    upgrade(url)
    sessions = open_sessions(url)
    with sessions.begin() as session:
        create_centre(session, name="幸福里", centre_id="c-1")
        create_product(session, product_id="x8", name="X8", vendor="acme", codec="open_json", now_ms=_NOW_MS)
        for k in range(1, count, 2):
            create_resident(session, name=f"王秀英{k}", now_ms=_NOW_MS, resident_id=f"r-{k}", centre_id="c-1")
    with timed("all of it"):
        with timed("judged"):
            judged = judge_devices(content, language="zh-CN", codecs=frozenset({"open_json"}))
        with timed("planned"), sessions() as session:
            found = attempt(session, judged, None, said=str, today=date(2026, 11, 29))
        with timed("written"), sessions.begin() as session:
            issued = found.write(session, _NOW_MS, {"user_id": "", "address": "", "object_id": ""})
    with sessions() as session:
        again = attempt(session, judged, None, said=str, today=date(2026, 11, 29))
    sys.stdout.write(
        f"{form}: {found.counts}, {len(found.errors)} errors, {len(issued)} secrets; again: {again.counts}\n"
    )
    _look(sessions)
    close_sessions(sessions)


def _look(sessions: sessionmaker[Session]) -> None:
    deps = Dependencies(sessions=sessions, store=None, clock=ManualClock(_NOW_MS))  # type: ignore[arg-type]
    admin = Viewer(user_id="u", login="u", name="u", role=Role.ADMIN)
    for wanted in (
        Wanted(),
        Wanted(page=1_000),
        Wanted(order=Order.BATTERY, page=20),
        Wanted(order=Order.RESIDENT, page=20),
        Wanted(state=State.SILENT),
        Wanted(search="王秀英49"),
    ):
        began_s = time.perf_counter()
        found = find_devices(deps, admin, wanted, limit=100)
        took_ms = (time.perf_counter() - began_s) * 1_000
        sys.stdout.write(f"page {found.page} of {found.pages}, {found.total} found: {took_ms:.0f} ms  {wanted}\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = [*sys.argv[1:], *("5000", f"sqlite:///{folder}/anhu.db", "csv")[len(sys.argv) - 1 :]]
        measure(int(given[0]), given[1], given[2])
