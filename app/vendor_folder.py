"""What of the repository the device makers' guide needs beside itself: vendors get its folder, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from anhu.contract import published_files

_FOLDER = "docs/guide"
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_INSIDE = {"../README.md#quantities": {"en": "README.md#quantities", "zh": "README.zh-CN.md#数值波形事件"}}
"""What a page of another room points at -> where the same stands in the guide."""


def guide_copies() -> dict[str, str]:
    """Return path -> text of what is copied into the guide's folder."""
    schemas = {f"{_FOLDER}/schemas/{name}": made for name, made in published_files.documents().items()}
    return (
        schemas
        | {
            f"{_FOLDER}/mapping.md": _moved("gateway/mapping/README.md", "en"),
            f"{_FOLDER}/mapping.zh-CN.md": _moved("gateway/mapping/README.zh-CN.md", "zh"),
        }
        | {f"{_FOLDER}/{file.name}": file.read_text("utf-8") for file in _examples()}
    )


def _examples() -> list[Path]:
    """Return the descriptions that the page on them shows."""
    return [Path("gateway/codecs") / f"{name}.yaml" for name in ("mr60fda2", "bed_radar", "jetlinks_watch")]


def _moved(file: str, language: str) -> str:
    """Return a page of another room with its links made right for the guide's folder; one that leads out is no link."""

    def link(found: re.Match[str]) -> str:
        text, target = found.groups()
        if target in _INSIDE:
            return f"[{text}]({_INSIDE[target][language]})"
        if target.startswith("README"):
            return f"[{text}]({target.replace('README', 'mapping')})"
        if target.startswith("../codecs/"):
            return f"[{text}]({target.rpartition('/')[2]})"
        return text if target.startswith("../") else found[0]

    return _LINK.sub(link, Path(file).read_text("utf-8"))
