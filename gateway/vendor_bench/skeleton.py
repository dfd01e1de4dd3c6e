"""A codec to begin with: whole, passing its examination, and meant to be changed line by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources

from anhu.contract.errors import FieldError

FORMS: Mapping[str, str] = {"py": "py", "yaml": "yaml"}
"""Form -> how its file's name ends."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def skeleton(name: str, form: str) -> str:
    """Return the text of a new codec. Raises `FieldError` for a name that no codec may have."""
    if _NAME.fullmatch(name) is None:
        raise FieldError("name", name, "1 to 40 small letters, digits and _, a letter first")
    whole = resources.files(__package__).joinpath("skeletons", f"{form}.txt").read_text("utf-8")
    return whole.replace("NAME", name)
