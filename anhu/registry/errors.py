"""What the database refuses, with the meaning an API needs."""

from __future__ import annotations

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
