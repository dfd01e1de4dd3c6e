"""The part of a device's page that says what was asked of it, how far that is, and what came of it."""

from __future__ import annotations

from typing import Any

from anhu.contract.quantities import Kind, of_kind
from api.security.roles import Permission, Viewer
from api.services import devices
from api.web.admin.forms import Form
from api.web.site import Site
from api.web.wording import Wording

NAMES = ("ask_ok", "measure", "locate", "find", "configure", "text", "firmware")
VALID_FOR_S = (300, 3_600, 86_400, 604_800)
_NOT_MEASURED = frozenset({"battery", "signal_strength", "room_temperature", "room_humidity", "height", "bmi"})
_SHOWN = 50


def command_panel(
    site: Site, wording: Wording, viewer: Viewer, device_id: str, form: Form | None = None
) -> dict[str, Any]:
    """Return what the panel shows; for whoever may not ask anything of a device only that."""
    if not viewer.may(Permission.COMMAND_DEVICES):
        return {"may_command": False}
    measured = [row.code for row in of_kind(Kind.SCALAR) if row.code not in _NOT_MEASURED]
    return {
        "may_command": True,
        "commands": devices.list_commands(site.deps, viewer, device_id, limit=_SHOWN),
        "command_form": form or Form({"name": NAMES[0], "expires_in_s": str(VALID_FOR_S[0])}),
        "command_names": [(name, wording.word("command", name)) for name in NAMES],
        "quantities": [(code, wording.quantity(code)) for code in measured],
        "valid_for": [(str(one), wording.word("asking", f"valid_{one}")) for one in VALID_FOR_S],
    }
