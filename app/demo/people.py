"""Made-up people: sixty residents, three centres, four teams, and those who may log in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_WOMEN = ("秀英", "桂兰", "玉兰", "淑珍", "凤英", "玉梅", "素芬", "月娥", "翠花", "惠珍")
_MEN = ("建国", "志强", "德华", "国强", "福生", "永贵", "长海", "文彬", "宝林", "庆余")
_FLAGS = (("lives_alone",), ("diabetes",), ("copd",), ("fall_risk",), ("heart_failure",), (), (), ())
_OUT_AT_NIGHT = 5
"""Whose night the past tells: called for after a quarter of an hour from the first night on."""
RESIDENTS = 60
_SEED = 20261123


class DemoCentre(NamedTuple):
    """A made-up community centre."""

    id: str
    name: str
    region_code: str
    phone: str


class DemoTeam(NamedTuple):
    """A made-up family-doctor team."""

    id: str
    name: str
    centre_id: str


class DemoResident(NamedTuple):
    """A made-up resident."""

    id: str
    name: str
    sex: str
    birth_date: str
    address: str
    phone: str
    access_note: str
    flags: Sequence[str]
    centre_id: str
    team_id: str


class DemoLogin(NamedTuple):
    """Somebody who may log in to the demo."""

    login: str
    password: str
    name: str
    role: str
    centre_id: str | None = None
    team_id: str | None = None


CENTRES = (
    DemoCentre("c-xingfu", "幸福里社区服务中心", "330106", "0571-5550101"),
    DemoCentre("c-hupan", "湖畔社区服务中心", "330106", "0571-5550102"),
    DemoCentre("c-meiyuan", "梅园养老服务中心", "330108", "0571-5550103"),
)
TEAMS = (
    DemoTeam("t-1", "幸福里家庭医生一组", "c-xingfu"),
    DemoTeam("t-2", "幸福里家庭医生二组", "c-xingfu"),
    DemoTeam("t-3", "湖畔家庭医生组", "c-hupan"),
    DemoTeam("t-4", "梅园家庭医生组", "c-meiyuan"),
)
LOGINS = (
    DemoLogin("desk", "desk-demo-2026", "幸福里值班台", "desk", centre_id="c-xingfu"),
    DemoLogin("desk2", "desk-demo-2026", "湖畔值班台", "desk", centre_id="c-hupan"),
    DemoLogin("doctor", "doctor-demo-2026", "李医生", "team", team_id="t-1"),
    DemoLogin("family", "family-demo-2026", "王小明", "family"),
    DemoLogin("admin", "admin-demo-2026", "管理员", "admin"),
)


def residents() -> list[DemoResident]:
    """Return the same sixty made-up residents every time."""
    rng = random.Random(_SEED)  # noqa: S311 - made-up people, not secrets
    return [_person(number, rng) for number in range(1, RESIDENTS + 1)]


def _person(number: int, rng: random.Random) -> DemoResident:
    sex = rng.choice(("female", "male"))
    name = rng.choice(_SURNAMES) + rng.choice(_WOMEN if sex == "female" else _MEN)
    # The events of the script happen to the first residents: they belong to the desk that the greeting names.
    team = TEAMS[0] if number <= 9 else rng.choice(TEAMS)  # noqa: PLR2004
    building, unit, floor = rng.randint(1, 18), rng.randint(1, 4), rng.randint(1, 6)
    made = DemoResident(
        id=f"r-{number:03}",
        name=name,
        sex=sex,
        birth_date=f"{rng.randint(1932, 1960)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        address=f"{building}号楼{unit}单元{floor}0{rng.randint(1, 4)}室",
        phone=f"0571-555{number:04}",
        access_note=rng.choice(("备用钥匙在值班台", "钥匙在楼下邻居处", "门锁密码向家属索取", "")),
        flags=rng.choice(_FLAGS),
        centre_id=team.centre_id,
        team_id=team.id,
    )
    return made._replace(flags=("fall_risk",)) if number == _OUT_AT_NIGHT else made
