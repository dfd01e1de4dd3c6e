"""What the database refuses, with the meaning an API needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from anhu.contract.errors import AnhuError


class MissingRowError(AnhuError):
    """Something was named that does not exist (404)."""

    status = 404

    def __init__(self, what: str, row_id: str) -> None:
        super().__init__(f"there is no {what} {row_id!r}")
        self.what = what
        self.row_id = row_id


class TakenError(AnhuError):
    """An identity or login that is in use already (409)."""

    status = 409

    def __init__(self, what: str, row_id: str) -> None:
        super().__init__(f"{what} {row_id!r} exists already")
        self.what = what
        self.row_id = row_id


class StaleError(AnhuError):
    """Somebody else changed it since it was read (409)."""

    status = 409

    def __init__(self, what: str, row_id: str, read: int, now: int) -> None:
        super().__init__(f"{what} {row_id!r} was changed since: you read revision {read}, it is {now}")
        self.what = what
        self.row_id = row_id
        self.read = read
        self.now = now


class InUseError(AnhuError):
    """Something cannot be closed, because others hang on it (409).

    Parameters
    ----------
    holding : mapping
        What hangs on it -> the first few names, and how many in all.
    """

    status = 409

    def __init__(self, what: str, row_id: str, holding: Mapping[str, tuple[Sequence[str], int]]) -> None:
        self.holding = dict(holding)
        super().__init__(f"{what} {row_id!r} is in use by {self._listed(_EN, ', ')}")

    def said(self, language: str) -> str:
        """Return what hangs on it, in the reader's language."""
        if language != "zh-CN":
            return f"Move these first: {self._listed(_EN, ', ')}"
        return f"请先移走：{self._listed(_ZH, '、')}"

    def _listed(self, words: Mapping[str, str], between: str) -> str:
        parts = []
        for kind, (names, total) in self.holding.items():
            more = f" (+{total - len(names)})" if total > len(names) else ""
            parts.append(f"{words[kind]} {between.join(names)}{more}")
        return "; ".join(parts)


_EN = {"residents": "residents", "users": "users", "teams": "teams", "centres": "centres"}
_ZH = {"residents": "服务对象", "users": "用户", "teams": "团队", "centres": "服务中心"}
