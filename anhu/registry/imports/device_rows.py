"""Rows of a sheet of devices, judged; what they come to; written in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.contract.identity import device_id, new_id
from anhu.registry.claim_codes import new_code
from anhu.registry.devices import new_secret, secret_digest, with_product
from anhu.registry.facts import check_text
from anhu.registry.identity_numbers import identity_number
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.imports import cells
from anhu.registry.imports.bulk import insert_rows
from anhu.registry.imports.known import Known, Sought
from anhu.registry.imports.resident_rows import RowError
from anhu.registry.imports.sheet import Sheet, folded, read_sheet
from anhu.registry.product_tables import Product
from anhu.registry.tables import Base, Device
from anhu.registry.versions import next_version

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "device_id": ("设备编号", "device id", "序列号", "imei", "serial number"),
    "resident": ("服务对象", "resident", "身份证号或外部编号", "身份证号", "外部编号"),
    "product": ("产品", "product"),
    "codec": ("编解码器", "codec"),
    "vendor": ("厂商", "vendor"),
    "model": ("型号", "model"),
    "room": ("房间", "room"),
    "position": ("佩戴位置", "position"),
    "alarms": ("求助类型", "alarms"),
    "period_s": ("上报周期秒", "period s"),
}
NAMES = {folded(heading): name for name, headings in HEADINGS.items() for heading in headings}
_DEVICE, _AUDIT = Base.metadata.tables["device"], Base.metadata.tables["audit"]
_BINDING, _CLAIM = Base.metadata.tables["device_binding"], Base.metadata.tables["device_claim"]
_LONGEST = {"vendor": 100, "model": 100, "room": 32, "position": 32}


class DeviceRow(NamedTuple):
    """A row that can be written; `resident` as it was typed."""

    line: int
    device_id: str
    resident: str
    facts: Mapping[str, Any]


class JudgedDevices(NamedTuple):
    """A sheet, its good rows, and what is wrong with the others."""

    sheet: Sheet
    rows: list[DeviceRow]
    errors: list[RowError]


@dataclass(slots=True)
class DevicePlan:
    """What would be written: device -> resident and facts; those that are there as they should be are left out."""

    new: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


def judge_devices(content: bytes, *, language: str, codecs: frozenset[str]) -> JudgedDevices:
    """Return a sheet of devices, judged. Raises `FieldError` for a file that cannot be read."""
    sheet = read_sheet(content, NAMES)
    rows, errors, seen = [], [], dict[str, int]()
    for line, texts in sheet.rows:
        given = {name: text for name, text in zip(sheet.columns, texts, strict=True) if name and text}
        try:
            rows.append(_row(line, given, codecs))
            _once(seen, rows[-1])
        except FieldError as fault:
            errors.append(RowError(line, fault.field, fault.said(language)))
    return JudgedDevices(sheet, rows, errors)


def _once(seen: dict[str, int], row: DeviceRow) -> None:
    first = seen.setdefault(row.device_id, row.line)
    if first != row.line:
        raise FieldError("device_id", row.device_id, f"each device once: row {first}", zh=f"与第 {first} 行重复")


def _row(line: int, given: Mapping[str, str], codecs: frozenset[str]) -> DeviceRow:
    for name, text in given.items():
        if text.startswith("="):
            raise FieldError(name, text, "a value, not a formula: paste values only", zh="数值而非公式")
    if "E+" in given.get("device_id", ""):
        expected = "every character: the spreadsheet cut the number; format the column as text"
        raise FieldError("device_id", given["device_id"], expected, zh="完整编号：表格软件已截断，请设为文本")
    chosen = device_id(given.get("device_id", ""))
    codec = given.get("codec", "" if given.get("product") else "open_json")
    if codec and codec not in codecs:
        raise FieldError("codec", codec, f"one of {', '.join(sorted(codecs))}")
    facts: dict[str, Any] = {
        "codec": codec,
        "product_id": given.get("product", ""),
        "alarms": cells.several(given.get("alarms", "")),
    }
    for name, longest in _LONGEST.items():
        facts[name] = given.get(name, "")
        check_text(name, facts[name], longest=longest)
    for alarm in facts["alarms"]:
        check_text("alarms", alarm, longest=32)
    try:
        facts["report_period_s"] = float(given.get("period_s", "0"))
    except ValueError:
        raise FieldError("period_s", given["period_s"], "a number of seconds", zh="秒数") from None
    return DeviceRow(line, chosen, given.get("resident", ""), facts)


def plan_devices(
    rows: Sequence[DeviceRow],
    known: Known,
    present: Mapping[str, str | None],
    vault: IdentityVault | None,
    *,
    said: Callable[[FieldError], str],
    today: date,
    products: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> DevicePlan:
    """Return what the rows come to.

    Parameters
    ----------
    present : mapping
        Device -> whose it is, of all that are registered.
    products : mapping
        Product -> codec, vendor and model of it, by its identity or by its name where that is one's alone.
    """
    plan = DevicePlan()
    beginnings = {":".join(one.split(":")[:n]) for one in present for n in range(1, one.count(":") + 1)}
    for row in rows:
        try:
            resident_id = _meant(row.resident, known, vault, today)
            if row.device_id in present:
                _require_same(row, resident_id, present[row.device_id])
                plan.unchanged += 1
                continue
            _require_not_another(row.device_id, present, beginnings)
            plan.new[row.device_id] = (resident_id, _of_product(row.facts, products))
        except FieldError as fault:
            plan.errors.append(RowError(row.line, fault.field, said(fault)))
    return plan


def _of_product(facts: Mapping[str, Any], products: Mapping[str, Mapping[str, str]]) -> Mapping[str, Any]:
    """Return the facts of a device with what its product says. Raises `FieldError` for one that is not in use."""
    named = facts["product_id"]
    if not named:
        return facts
    if (product := products.get(named)) is None:
        some = ", ".join(sorted(products)[:10])
        raise FieldError("product", named, f"a product in use: {some}", zh=f"启用中的产品：{some}")
    if facts["codec"] and facts["codec"] != product["codec"]:
        raise FieldError("codec", facts["codec"], f"its product's, {product['codec']}", zh="与产品的协议一致")
    return with_product({**facts, "product_id": product["id"]}, product)


def read_products(session: Session) -> dict[str, Mapping[str, str]]:
    """Return the products in use, by identity and, where only one has it, by name."""
    rows = session.execute(
        select(Product.id, Product.name, Product.codec, Product.vendor, Product.model).where(Product.enabled)
    ).all()
    times = Counter(row.name for row in rows)
    named = {row.name: row._asdict() for row in rows if times[row.name] == 1}
    return {**named, **{row.id: row._asdict() for row in rows}}


def _require_not_another(device_id: str, present: Mapping[str, str | None], beginnings: set[str]) -> None:
    """Refuse an identity by which a sensor behind another device goes, or would go."""
    parts = device_id.split(":")
    above = {":".join(parts[:n]) for n in range(1, len(parts))}
    if above & present.keys() or device_id in beginnings:
        expected = "one that does not begin as another device's"
        raise FieldError("device_id", device_id, expected, zh="不与其他设备编号重叠")


def _require_same(row: DeviceRow, resident_id: str, owner: str | None) -> None:
    if resident_id != (owner or ""):
        expected = "the resident who has it; a device is moved on its own page"
        raise FieldError("resident", row.resident, expected, zh="现在的使用人；换人请在设备页面操作")


def _meant(text: str, known: Known, vault: IdentityVault | None, today: date) -> str:
    """Return the resident who is named by our identity, an external number, or an identity number; empty for nobody."""
    if not text or text in known.facts:
        return text
    by_number = known.numbered.get(text, ())
    if len(by_number) == 1:
        return by_number[0]
    if not by_number and vault is not None:
        found = known.by_digest.get(vault.digest(identity_number(text, today=today).number))
        if found:
            return found
    raise FieldError(
        "resident",
        "…",
        "a resident who is registered, by a number of his own",
        zh="已登记的老人（身份证号或唯一的外部编号）",
    )


def sought_owners(rows: Sequence[DeviceRow], vault: IdentityVault | None, today: date) -> Sought:
    """Return whom the rows may mean."""
    texts = {row.resident for row in rows if row.resident}
    digests = set()
    if vault is not None:
        for text in texts:
            with suppress(FieldError):
                digests.add(vault.digest(identity_number(text, today=today).number))
    return Sought(residents=texts, digests=digests, numbers=texts)


def owners(session: Session) -> dict[str, str | None]:
    """Return device -> whose it is."""
    return {row[0]: row[1] for row in session.execute(select(Device.id, Device.resident_id))}


def write_devices(plan: DevicePlan, session: Session, now_ms: int, by: Mapping[str, str]) -> dict[str, str]:
    """Enrol the devices of a plan, each on record; return device -> secret, which is kept nowhere else."""
    version = next_version(session)
    secrets = {one: new_secret() for one in plan.new}
    rows = [
        {
            "id": one,
            "resident_id": resident_id or None,
            "secret_sha256": secret_digest(secrets[one]),
            "child_name": "",
            "enabled": True,
            "enrolled_at_ms": now_ms,
            "version": version,
            **facts,
        }
        for one, (resident_id, facts) in plan.new.items()
    ]
    insert_rows(session, _DEVICE, rows)
    codes = [{"code": new_code(), "device_id": one, "made_at_ms": now_ms} for one in plan.new]
    insert_rows(session, _CLAIM, codes)
    bound = {"place_id": None, "from_ms": now_ms, "until_ms": None, "bound_by": by.get("user_id", ""), "ended_by": ""}
    whose = [(one, resident_id) for one, (resident_id, _) in plan.new.items() if resident_id]
    insert_rows(
        session, _BINDING, [{"id": new_id("bd"), "device_id": one, "resident_id": who, **bound} for one, who in whose]
    )
    audit = {"at_ms": now_ms, "action": "device.create", "detail": {"import": True}, **by}
    owned_by = [(one, resident_id) for one, (resident_id, _) in plan.new.items()]
    insert_rows(session, _AUDIT, [audit | {"resident_id": who, "object_id": one} for one, who in owned_by])
    owned = sorted({resident_id for resident_id, _ in plan.new.values() if resident_id})
    for start in range(0, len(owned), 500):
        of_these = Device.resident_id.in_(owned[start : start + 500])
        session.execute(update(Device).where(of_these).values(version=version))
    return secrets
