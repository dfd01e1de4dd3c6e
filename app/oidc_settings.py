"""What an installation may decide about logging in: how long it lasts, and by a provider (OpenID Connect)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from anhu.contract.clock import HOUR_MS
from anhu.contract.errors import SettingsError
from anhu.contract.settings import Secret, says
from api.oidc.client_proof import WAYS, private_key
from api.oidc.config import OidcConfig
from api.oidc.provider import is_safe_address
from api.oidc.roles import parse_rules

_PROMPTS = ("", "login", "select_account", "consent")


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """A part of the installation's settings."""

    session_limit_h: int = field(
        default=24,
        metadata=says(
            "hours after which a login ends even in the middle of work", "登录的最长时长，到时即使正在使用也会结束"
        ),
    )
    oidc_issuer: str = field(
        default="",
        metadata=says(
            "name of the OpenID Connect provider, as it writes it; empty: passwords only",
            "统一登录（OpenID Connect）服务的 issuer，与其自称完全一致；空则只用密码",
        ),
    )
    oidc_client_id: str = field(
        default="", metadata=says("by which the provider knows this platform", "本平台在该服务登记的 client_id")
    )
    oidc_client_secret: Secret = field(
        default=Secret(""), metadata=says("what proves it; empty: a public client", "其密钥；空则为公开客户端")
    )
    oidc_client_auth: str = field(
        default="basic",
        metadata=says(
            "how it is proved: basic, post or private_key_jwt", "证明身份的方式：basic、post 或 private_key_jwt"
        ),
    )
    oidc_client_key: str = field(
        default="",
        metadata=says("PEM file with the private key, for private_key_jwt", "private_key_jwt 所用私钥（PEM 文件）"),
    )
    oidc_scopes: str = field(default="openid profile", metadata=says("scopes that are asked for", "请求的 scope"))
    oidc_role_claim: str = field(
        default="groups",
        metadata=says(
            "claim with the roles; realm_access.roles leads into objects", "角色所在的声明；可写 realm_access.roles"
        ),
    )
    oidc_roles: str = field(
        default="",
        metadata=says(
            "what its values are worth: anhu-admins=admin; desk-*=desk:*; hubin-gp=team:t-7:lead; others get nothing",
            "声明值与角色的对应：anhu-admins=admin; desk-*=desk:*; hubin-gp=team:t-7:lead；其余一律无权",
        ),
    )
    oidc_name: str = field(default="SSO", metadata=says("what people call the provider", "登录按钮上的服务名称"))
    oidc_help: str = field(
        default="",
        metadata=says("whom to ask who is refused: a name and a telephone number", "被拒者可联系谁：姓名与电话"),
    )
    oidc_passwords: str = field(
        default="",
        metadata=says(
            "who may log in with a password beside: role:desk,role:admin,rescue; empty: all who have one",
            "谁仍可用密码登录：role:desk,role:admin,rescue；空则所有有密码的人",
        ),
    )
    oidc_session_h: int = field(
        default=12,
        metadata=says("hours after which the provider is asked again", "经统一登录的会话最长小时数，到时须重新登录"),
    )
    oidc_prompt: str = field(
        default="",
        metadata=says(
            "asked of the provider at each login; login: for the password anew, on shared computers",
            "每次登录时对该服务的要求；login：重新输入密码，适合共用电脑",
        ),
    )

    def check_oidc(self) -> None:
        """Raise `SettingsError` for a provider that could let nobody in, or the wrong ones."""
        if not self.oidc_issuer:
            return
        if not is_safe_address(self.oidc_issuer):
            raise SettingsError("ANHU_OIDC_ISSUER", self.oidc_issuer, "an HTTPS address")
        if not self.oidc_client_id:
            raise SettingsError("ANHU_OIDC_CLIENT_ID", "", "the platform's name at the provider")
        if self.oidc_client_auth not in WAYS:
            raise SettingsError("ANHU_OIDC_CLIENT_AUTH", self.oidc_client_auth, "one of " + ", ".join(WAYS))
        if "openid" not in self.oidc_scopes.split():
            raise SettingsError("ANHU_OIDC_SCOPES", self.oidc_scopes, "openid and others, spaces between")
        if self.oidc_prompt not in _PROMPTS:
            raise SettingsError("ANHU_OIDC_PROMPT", self.oidc_prompt, "empty, login, select_account or consent")
        if self.oidc_session_h <= 0:
            raise SettingsError("ANHU_OIDC_SESSION_H", self.oidc_session_h, "a number above 0")
        if not parse_rules(self.oidc_roles, "ANHU_OIDC_ROLES"):
            raise SettingsError("ANHU_OIDC_ROLES", "", "one rule at least: without a role nobody gets in")
        self._client_key()

    def oidc_config(self, base_url: str) -> OidcConfig:
        """Return what the door needs to know."""
        by_key = self.oidc_client_auth == "private_key_jwt"
        return OidcConfig(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            client_secret=self.oidc_client_secret,
            client_auth=self.oidc_client_auth if by_key or self.oidc_client_secret else "none",
            client_key=self._client_key(),
            base_url=base_url,
            name=self.oidc_name,
            help=self.oidc_help,
            scopes=self.oidc_scopes,
            role_claim=self.oidc_role_claim,
            rules=parse_rules(self.oidc_roles, "ANHU_OIDC_ROLES"),
            passwords=frozenset(one.strip() for one in (self.oidc_passwords or "all").split(",") if one.strip()),
            session_ms=self.oidc_session_h * HOUR_MS,
            prompt=self.oidc_prompt,
        )

    def _client_key(self) -> Secret:
        if self.oidc_client_auth != "private_key_jwt":
            return Secret("")
        try:
            pem = Path(self.oidc_client_key).read_text("ascii")
            private_key(pem)
        except (OSError, ValueError):
            expected = "a PEM file with an RSA or P-256 key"
            raise SettingsError("ANHU_OIDC_CLIENT_KEY", self.oidc_client_key, expected) from None
        return Secret(pem)
