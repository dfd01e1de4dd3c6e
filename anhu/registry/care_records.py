"""What a helper must know of a resident: illnesses, medicines with the dangerous ones marked, allergies; a photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from anhu.contract.errors import FieldError
from anhu.registry.facts import check_text, trimmed
from anhu.registry.people_tables import CareRecord, ResidentPhoto
from anhu.registry.rows import existing
from anhu.registry.tables import Resident

MOST_ENTRIES = 40
LONGEST_ENTRY = 100
MOST_PHOTO_BYTES = 60_000
_PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
_RIFF, _WEBP, _WEBP_AT = b"RIFF", b"WEBP", slice(8, 12)
_DANGEROUS_WORDS = (
    *("华法林", "利伐沙班", "阿哌沙班", "达比加群", "肝素", "氯吡格雷", "胰岛素", "吗啡", "芬太尼", "羟考酮", "曲马多"),
    *("地高辛", "甲氨蝶呤", "warfarin", "rivaroxaban", "apixaban", "dabigatran", "heparin", "clopidogrel", "insulin"),
    *("morphine", "fentanyl", "oxycodone", "tramadol", "digoxin", "methotrexate"),
)
"""Names that mark a medicine as dangerous when nobody said: blood thinners, insulins, opioids, narrow margins."""


def is_dangerous_name(name: str) -> bool:
    """Tell whether a medicine is one of those that a helper must know of at once."""
    lowered = name.lower()
    return any(word in lowered for word in _DANGEROUS_WORDS)


def set_care_record(
    session: Session,
    resident_id: str,
    *,
    conditions: Sequence[str],
    medicines: Sequence[Mapping[str, Any]],
    allergies: Sequence[str],
) -> CareRecord:
    """Write down what is known; entries of nothing are left out. Raises `MissingRowError`, `FieldError`."""
    existing(session, Resident, resident_id)
    row = session.get(CareRecord, resident_id)
    if row is None:
        row = CareRecord(resident_id=resident_id)
        session.add(row)
    row.conditions = checked_entries("conditions", conditions)
    row.allergies = checked_entries("allergies", allergies)
    row.medicines = checked_medicines(medicines)
    session.flush()
    return row


def checked_entries(field: str, entries: Sequence[str]) -> list[str]:
    """Return entries as they are kept: trimmed, each once. Raises `FieldError`."""
    kept = list(dict.fromkeys(text for text in map(trimmed, entries) if text))
    _check_number(field, len(kept))
    for text in kept:
        check_text(field, text, longest=LONGEST_ENTRY)
    return kept


def checked_medicines(medicines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return medicines as they are kept. Raises `FieldError` for one without a name."""
    kept = []
    for one in medicines:
        name, dose = trimmed(str(one.get("name", ""))), trimmed(str(one.get("dose", "")))
        if not name and dose:
            raise FieldError("medicines", dose, "the medicine's name before its dose", zh="先写药名，再写剂量")
        if not name:
            continue
        for text in (name, dose):
            check_text("medicines", text, longest=LONGEST_ENTRY)
        kept.append({"name": name, "dose": dose, "dangerous": bool(one.get("dangerous")) or is_dangerous_name(name)})
    _check_number("medicines", len(kept))
    return kept


def set_photo(session: Session, resident_id: str, content: bytes) -> None:
    """Keep a picture; an empty one is forgotten. Raises `FieldError` for what is too large or no picture."""
    row = session.get(ResidentPhoto, resident_id)
    if not content:
        if row is not None:
            session.delete(row)
        return
    media_type = picture_type(content)
    if row is None:
        row = ResidentPhoto(resident_id=resident_id)
        session.add(row)
    row.media_type, row.content = media_type, content
    session.flush()


def picture_type(content: bytes) -> str:
    """Return what kind of picture the bytes are, whatever they were called. Raises `FieldError`."""
    if len(content) > MOST_PHOTO_BYTES:
        expected = f"a picture of at most {MOST_PHOTO_BYTES} bytes"
        raise FieldError("photo", f"{len(content)} bytes", expected, zh=f"不超过 {MOST_PHOTO_BYTES} 字节的图片")
    for beginning, media_type in _PICTURES.items():
        if content.startswith(beginning):
            return media_type
    if content.startswith(_RIFF) and content[_WEBP_AT] == _WEBP:
        return "image/webp"
    raise FieldError("photo", content[:8].hex(), "a JPEG, PNG or WebP picture", zh="JPEG、PNG 或 WebP 图片")


def _check_number(field: str, number: int) -> None:
    if number > MOST_ENTRIES:
        raise FieldError(field, number, f"at most {MOST_ENTRIES}", zh=f"至多 {MOST_ENTRIES} 项")
