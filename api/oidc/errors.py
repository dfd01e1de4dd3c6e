"""What can go wrong with a login by the provider, each with the reason that a page and the audit show."""

from __future__ import annotations

from typing import ClassVar

from api.errors import ApiError


class OidcError(ApiError):
    """A login by the provider came to nothing."""

    status: ClassVar[int] = 403
    code: ClassVar[str] = "login-refused"
    title: ClassVar[str] = "Login refused"
    title_zh: ClassVar[str] = "登录被拒绝"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


class ProviderDownError(OidcError):
    """The provider does not answer, or not with what it must."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "login-provider"
    title: ClassVar[str] = "Login provider unavailable"
    title_zh: ClassVar[str] = "统一登录服务不可用"
