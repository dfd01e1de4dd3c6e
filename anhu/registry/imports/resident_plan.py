"""What an import of residents would do: whom each row means, who is new, what changes. Pure over what is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anhu.contract.errors import FieldError
from anhu.contract.identity import new_id
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.imports.known import FACTS, RECORD, Known, Sought
from anhu.registry.imports.resident_rows import Relative, ResidentRow, RowError

_LISTS = frozenset({"flags"})


@dataclass(slots=True)
class Plan:
    """What would be written.

    Attributes
    ----------
    facts, records : mapping
        Resident -> whole rows, of those that are new or change.
    changed : mapping
        Resident -> names of what changes; of somebody new nothing.
    """

    new: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    unchanged: int = 0
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    identities: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    users: dict[str, tuple[str, Relative]] = field(default_factory=dict)
    links: list[tuple[str, str, Relative, int]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def sought_residents(rows: Sequence[ResidentRow], vault: IdentityVault | None) -> Sought:
    """Return whom the rows may mean."""
    return Sought(
        digests={vault.digest(row.identity) for row in rows if row.identity} if vault else (),
        numbers={str(row.facts.get("external_number", "")) for row in rows},
        phones={one.phone for row in rows for one in row.relatives},
    )


def plan_residents(
    rows: Sequence[ResidentRow], known: Known, vault: IdentityVault | None, said: Callable[[FieldError], str]
) -> Plan:
    """Return what the rows come to; a row that contradicts what is known, or another row, is an error."""
    plan = Plan()
    planner = _Planner(plan, known, vault)
    for row in rows:
        try:
            planner.add(row)
        except FieldError as fault:
            plan.errors.append(RowError(row.line, fault.field, said(fault)))
    return plan


class _Planner:
    def __init__(self, plan: Plan, known: Known, vault: IdentityVault | None) -> None:
        self._plan = plan
        self._known = known
        self._vault = vault
        self._with_identity = frozenset(known.by_digest.values())
        self._lines: dict[str, int] = {}
        self._digests: dict[bytes, int] = {}
        self._numbers: dict[tuple[str, str], int] = {}

    def add(self, row: ResidentRow) -> None:
        """Plan one row. Raises `FieldError`."""
        centre_id, team_id = self._place(row)
        digest = self._digest(row)
        resident_id = self._meant(row, digest, centre_id)
        relatives = [self._relative(one) for one in row.relatives]
        before: Mapping[str, Any] = self._known.facts.get(resident_id, {})
        after = _after(row, before, centre_id, team_id)
        record_before = self._known.records.get(resident_id, {})
        record = {name: row.record.get(name, record_before.get(name, [])) for name in RECORD}
        linked = self._known.links.get(resident_id, frozenset())
        fresh = [(user_id, one) for user_id, one in relatives if user_id not in linked]
        changes = [name for name in FACTS if after[name] != before.get(name)]
        changes += [name for name in row.record if record[name] != record_before.get(name)]
        changes += ["identity_number"] if digest and digest not in self._known.by_digest else []
        changes += ["family"] if fresh else []
        self._write(resident_id, after, changes)
        if any(name in row.record for name in changes):
            self._plan.records[resident_id] = record
        if digest and "identity_number" in changes:
            self._plan.identities[resident_id] = (digest, row.identity)
        for place, (user_id, one) in enumerate(fresh, start=len(linked) + 1):
            self._plan.links.append((user_id, resident_id, one, place))

    def _write(self, resident_id: str, after: dict[str, Any], changes: list[str]) -> None:
        if not changes:
            self._plan.unchanged += 1
            return
        self._plan.facts[resident_id] = after
        if resident_id in self._known.facts:
            self._plan.changed[resident_id] = changes
        else:
            self._plan.new.append(resident_id)

    def _place(self, row: ResidentRow) -> tuple[str, str]:
        team_id = _found("team", row.team, self._known.teams)
        centre_id = _found("centre", row.centre, self._known.centres) or self._known.team_centres.get(team_id, "")
        return centre_id, team_id

    def _digest(self, row: ResidentRow) -> bytes:
        if not row.identity:
            return b""
        if self._vault is None:
            raise FieldError("identity_number", "…", "no number while their key is missing", zh="缺少密钥，暂不能登记")
        digest = self._vault.digest(row.identity)
        _once("identity_number", self._digests, digest, row.line)
        return digest

    def _meant(self, row: ResidentRow, digest: bytes, centre_id: str) -> str:
        """Return the resident whom a row means, by identity number, else by external number; a new one for nobody."""
        by_identity = self._known.by_digest.get(digest, "") if digest else ""
        number = str(row.facts.get("external_number", ""))
        place = centre_id or str(self._known.facts.get(by_identity, {}).get("centre_id") or "")
        by_number = self._known.by_number.get((place, number), "") if number else ""
        if number:
            _once("external_number", self._numbers, (place, number), row.line)
        if by_identity and by_number and by_identity != by_number:
            expected = "the same resident by both numbers"
            raise FieldError("external_number", number, expected, zh="两个编号指向同一位老人（现分属两人）")
        if digest and not by_identity and by_number in self._with_identity:
            expected = "the resident with this number, who has another identity number"
            raise FieldError("external_number", number, expected, zh="该编号的老人登记的是另一个身份证号")
        found = by_identity or by_number or new_id("r")
        if found in self._known.facts and not self._known.facts[found]["active"]:
            raise FieldError(
                "name",
                row.facts["name"],
                "somebody in service: take the ending back first",
                zh="服务已结束，请先恢复服务",
            )
        _once("name", self._lines, found, row.line)
        return found

    def _relative(self, one: Relative) -> tuple[str, Relative]:
        user_id, name = self._known.relatives.get(one.phone) or ("", "")
        if not user_id and one.phone in self._plan.users:
            user_id, planned = self._plan.users[one.phone]
            name = planned.name
        if user_id and name != one.name:
            raise FieldError(
                "family", one.name, f"{name}, who has the number {one.phone}", zh=f"{name}（该号码已登记在其名下）"
            )
        if not user_id:
            user_id = new_id("u")
            self._plan.users[one.phone] = (user_id, one)
        return user_id, one


def _after(row: ResidentRow, before: Mapping[str, Any], centre_id: str, team_id: str) -> dict[str, Any]:
    given = {**row.facts, "centre_id": centre_id or None, "team_id": team_id or None}
    given["flags"] = sorted((set(before.get("flags", ())) | row.flags) - row.flags_gone)
    if given["flags"] == sorted(before.get("flags", ())):
        given["flags"] = list(before.get("flags", ()))
    empty: dict[str, Any] = {"centre_id": None, "team_id": None}
    return {name: given.get(name) or before.get(name, given.get(name, empty.get(name, ""))) for name in FACTS}


def _found(field_name: str, text: str, known: Mapping[str, str]) -> str:
    if not text:
        return ""
    if text not in known:
        raise FieldError(field_name, text, "an identity, or a name that only one has", zh="系统中唯一的名称或编号")
    return known[text]


def _once(field_name: str, seen: dict[Any, int], key: object, line: int) -> None:
    first = seen.setdefault(key, line)
    if first != line:
        raise FieldError(
            field_name, f"as row {first}", "each resident once a file", zh=f"每人一行（与第 {first} 行重复）"
        )
