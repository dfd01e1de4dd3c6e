"""What can be chosen in the forms of administration: roles, duties, places, languages, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from anhu.contract.words import LANGUAGES
from anhu.registry.duties import DUTIES_OF
from anhu.registry.roles import Role
from api.dependencies import Dependencies
from api.schemas.alerts import PRIORITY_WORDS
from api.security.roles import Permission, Viewer
from api.services.organisations import managed_places
from api.web.wording import Wording

Options: TypeAlias = Sequence[tuple[str, str]]
_LANGUAGE_WORDS = {"zh-CN": "chinese", "en": "english"}


class OwnChoices(NamedTuple):
    """Options of select fields on everybody's own account."""

    languages: Options
    priorities: Options


class Choices(NamedTuple):
    """Options of select fields: value and word.

    Attributes
    ----------
    is_admin : bool
        A lead chooses neither role nor place.
    """

    is_admin: bool
    roles: Options
    duties: Options
    organisations: Options
    centres: Options
    teams: Options
    languages: Options
    priorities: Options


def choices(deps: Dependencies, viewer: Viewer, wording: Wording) -> Choices:
    """Return what the viewer may choose; closed places are not offered."""
    is_admin = viewer.may(Permission.ADMINISTER)
    own = own_choices(wording)
    doing = DUTIES_OF if is_admin else {Role(viewer.role): DUTIES_OF.get(viewer.role, frozenset())}
    duties = [duty for role in doing for duty in sorted(doing[role])]
    return Choices(
        is_admin=is_admin,
        roles=[(role.value, wording.word("role", role)) for role in Role],
        duties=[(duty.value, wording.word("duty", duty)) for duty in duties],
        organisations=_open_places(deps, viewer, "organisation"),
        centres=_open_places(deps, viewer, "centre"),
        teams=_open_places(deps, viewer, "team"),
        languages=own.languages,
        priorities=own.priorities,
    )


def own_choices(wording: Wording) -> OwnChoices:
    """Return what everybody may choose for himself."""
    return OwnChoices(
        languages=[(one, wording.word("language_name", _LANGUAGE_WORDS[one])) for one in LANGUAGES],
        priorities=[(word, wording.t(f"priority.{word}")) for _, word in sorted(PRIORITY_WORDS.items(), reverse=True)],
    )


def _open_places(deps: Dependencies, viewer: Viewer, kind: str) -> Options:
    return [(one.id, one.name) for one in managed_places(deps, viewer, kind) if not one.closed]
