"""What the word for a room or a door means to rules, in Chinese and English: one table, and the answer "nothing".

Rules know two places: the bathroom, where most falls at home happen, and the doors that lead out. People write them in
many ways, so a word is looked for in what they wrote, whatever stands around it: ``主卫``, ``Bathroom 2``, ``防盗门``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

BATHROOM, FRONT_DOOR = "bathroom", "front_door"
_DOORS_OUT = (
    "大门", "入户", "进户", "正门", "前门", "后门", "院门", "家门", "防盗", "门口", "门厅", "玄关", "安全门", "铁门",
    "frontdoor", "maindoor", "homedoor", "housedoor", "flatdoor", "apartmentdoor", "entrance", "entryway",
    "backdoor", "outerdoor", "exteriordoor", "outsidedoor", "exitdoor", "securitydoor", "streetdoor",
    "haustür", "wohnungstür", "eingang",
)  # fmt: skip
_BATHROOMS = (
    "卫生间", "厕", "浴室", "浴间", "浴房", "淋浴", "洗手间", "洗手池", "盥洗", "卫浴", "化妆室", "马桶",
    "主卫", "客卫", "次卫", "公卫", "内卫", "外卫", "副卫", "东卫", "西卫", "南卫", "北卫",
    "洗澡", "沐浴", "浴缸", "浴厕", "茅房", "便所",
    "bathroom", "toilet", "washroom", "restroom", "shower", "lavatory", "ensuite", "powderroom", "cloakroom", "bathtub",
    "masterbath", "guestbath", "badezimmer", "salledebain", "bagno", "baño", "banheiro", "badkamer", "waschraum",
)  # fmt: skip
_ORDINARY = (
    "卧", "房间", "客厅", "起居", "厨", "阳台", "露台", "书房", "餐", "走廊", "过道", "储", "车库", "院子", "床",
    "bed", "living", "lounge", "sitting", "kitchen", "balcony", "terrace", "study", "office", "dining", "hall",
    "corridor", "stair", "storage", "garage", "garden", "yard", "chair", "sofa", "laundry", "utility", "attic", "room",
)  # fmt: skip
_SHORT = {
    "wc": BATHROOM,
    "loo": BATHROOM,
    "bath": BATHROOM,
    "bad": BATHROOM,
    "entry": FRONT_DOOR,
    "卫": BATHROOM,
    "浴": BATHROOM,
}
"""Words that are found in others by chance: these must stand by themselves."""
_ABOUT = re.compile(r"的|门磁|传感器|sensor|感应器")
_INITIALS = re.compile(r"\bw[./]_?c\b")
_SIMPLIFIED = str.maketrans("衛間廁門臥廳廚陽臺書餐廊車庫戶盜", "卫间厕门卧厅厨阳台书餐廊车库户盗")
"""Letters of the words here, as they are written in Hong Kong and Taiwan."""
_APART = re.compile(r"[\W_\d]+")


@lru_cache(maxsize=4_096)
def room_of(word: str) -> str:
    """Return ``bathroom``, ``front_door``, or, where no rule knows it, the word itself in one spelling."""
    spelled = unicodedata.normalize("NFKC", word).translate(_SIMPLIFIED)
    plain = spelled.strip().lower().replace(" ", "_").replace("-", "_")
    parts = [part for part in _APART.split(_ABOUT.sub("_", _INITIALS.sub("wc", plain))) if part]
    joined = "".join(parts)
    for words, meaning in ((_DOORS_OUT, FRONT_DOOR), (_BATHROOMS, BATHROOM)):
        if any(one in joined for one in words):
            return meaning
    return next((_SHORT[part] for part in parts if part in _SHORT), plain)


def meaning_of(word: str) -> str:
    """Return what rules make of the word for a room: ``bathroom``, ``front_door``, ``room``; empty for an unknown word.

    An unknown word is no mistake by itself, but if a bathroom or a front door is meant, no rule will ever say a word.
    """
    found = room_of(word)
    if found in (BATHROOM, FRONT_DOOR):
        return found
    return "room" if any(one in found for one in _ORDINARY) else ""
