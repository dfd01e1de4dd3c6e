"""Errors that carry their HTTP status: expected ones never look like crashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from anhu.contract.errors import AnhuError


class ApiError(AnhuError):
    """Base of what a service refuses on purpose; shown to the caller as a problem document.

    Parameters
    ----------
    detail : str
        One sentence for the caller. Never holds a secret or another resident's data.
    zh : str
        The same in Chinese, where a page shows it; else empty.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    title_zh: ClassVar[str] = "内部错误"

    def __init__(self, detail: str = "", *, retry_after_s: float | None = None, zh: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.zh = zh

    def said(self, language: str) -> str:
        """Return the sentence in the reader's language, where there is one."""
        return self.zh if language == "zh-CN" and self.zh else str(self)


class UnauthenticatedError(ApiError):
    """Nobody is logged in, or the token is unknown, expired or revoked."""

    status = 401
    code = "unauthenticated"
    title = "Log in first"
    title_zh = "请先登录"


class ForbiddenError(ApiError):
    """The caller is known, and the role does not allow this."""

    status = 403
    code = "forbidden"
    title = "Not allowed for this role"
    title_zh = "此角色不允许该操作"


class NotFoundError(ApiError):
    """There is no such thing, or it is none of the caller's business: the answer is the same."""

    status = 404
    code = "not-found"
    title = "Not found"
    title_zh = "没有找到"


class ConflictError(ApiError):
    """The request does not fit the present state."""

    status = 409
    code = "conflict"
    title = "Does not fit the present state"
    title_zh = "与当前状态不符"


class Meanwhile(NamedTuple):
    """What somebody else changed while one was changing it."""

    name: str
    at_ms: int
    fields: Sequence[str]


class ChangedMeanwhileError(ConflictError):
    """Somebody else was first; nothing was written."""

    code = "changed-meanwhile"
    title = "Somebody else changed it meanwhile"
    title_zh = "其间已被他人修改"

    def __init__(self, detail: str, revision: int, changes: Sequence[Meanwhile]) -> None:
        super().__init__(detail)
        self.revision = revision
        self.changes = changes


class TooManyRequestsError(ApiError):
    """Asked too often."""

    status = 429
    code = "too-many-requests"
    title = "Too many attempts"
    title_zh = "尝试次数过多，请稍后再试"


class UnavailableError(ApiError):
    """A part of the platform cannot answer now."""

    status = 503
    code = "unavailable"
    title = "Cannot answer now"
    title_zh = "暂时无法应答"
