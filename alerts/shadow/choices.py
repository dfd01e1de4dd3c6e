"""What people chose for each detector: written with who and why by the pages, followed by the engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alerts.shadow.tables import DetectorChoice
from anhu.contract.errors import AnhuError, FieldError

MOST_SHADOWS = 4
"""Each sees every message once more."""

_MEANWHILE = "somebody changed the detector meanwhile: look again"


class Choice(NamedTuple):
    """Which versions of one detector are at work.

    Attributes
    ----------
    shadow : int
        0: none.
    former : int
        Which version decided before; 0: nothing was switched.
    since_ms : int
        Since when the two run side by side. [ms]
    revision : int
        0: nobody has chosen.
    """

    live: int
    shadow: int = 0
    former: int = 0
    since_ms: int = 0
    revision: int = 0


class ChangedMeanwhileError(AnhuError):
    """Somebody else chose first: for an API a conflict (409)."""

    status = 409


def choices(session: Session) -> Mapping[str, Choice]:
    """Return what was chosen, by detector."""
    return {
        row.name: Choice(row.live_version, row.shadow_version, row.former_version, row.since_ms, row.revision)
        for row in session.scalars(select(DetectorChoice))
    }


def run_beside(session: Session, name: str, present: Choice, version: int, now_ms: int) -> Choice:
    """Let a version run in the shadow of the one that decides. Raises `FieldError`, `ChangedMeanwhileError`. [ms]."""
    if version == present.live:
        raise FieldError("version", version, "another version than the one that decides", zh="与现行版本不同的版本")
    others = [one for key, one in choices(session).items() if key != name and one.shadow]
    if len(others) >= MOST_SHADOWS:
        few = f"at most {MOST_SHADOWS} in the shadow at once"
        raise FieldError("version", version, few, zh=f"最多同时试运行 {MOST_SHADOWS} 个")
    return _write(session, name, present, present._replace(shadow=version, since_ms=now_ms))


def stop_beside(session: Session, name: str, present: Choice, now_ms: int) -> Choice:
    """Let the version in the shadow go. Raises `ChangedMeanwhileError`. [ms]."""
    return _write(session, name, present, present._replace(shadow=0, since_ms=now_ms))


def switch(session: Session, name: str, present: Choice, now_ms: int) -> Choice:
    """Let the version in the shadow decide, and the one that did run in its shadow. [ms].

    Raises
    ------
    FieldError
        If none is in the shadow.
    ChangedMeanwhileError
        If somebody else chose first.
    """
    if not present.shadow:
        raise FieldError("version", present.shadow, "a version in the shadow", zh="正在试运行的版本")
    changed = present._replace(live=present.shadow, shadow=present.live, former=present.live, since_ms=now_ms)
    return _write(session, name, present, changed)


def go_back(session: Session, name: str, present: Choice, now_ms: int) -> Choice:
    """Let the version decide again that did before the last switch. Raises as `switch`. [ms]."""
    if not present.former:
        raise FieldError("version", present.former, "something that was switched", zh="曾经切换过的检测器")
    changed = present._replace(live=present.former, shadow=present.live, former=0, since_ms=now_ms)
    return _write(session, name, present, changed)


def _write(session: Session, name: str, before: Choice, after: Choice) -> Choice:
    after = after._replace(revision=before.revision + 1)
    columns = {
        "live_version": after.live,
        "shadow_version": after.shadow,
        "former_version": after.former,
        "since_ms": after.since_ms,
        "revision": after.revision,
    }
    if before.revision:
        same = (DetectorChoice.name == name, DetectorChoice.revision == before.revision)
        result = session.execute(update(DetectorChoice).where(*same).values(columns))
        if cast("CursorResult[Any]", result).rowcount != 1:
            raise ChangedMeanwhileError(_MEANWHILE)
        return after
    try:
        with session.begin_nested():
            session.add(DetectorChoice(name=name, **columns))
    except IntegrityError as error:
        raise ChangedMeanwhileError(_MEANWHILE) from error
    return after
