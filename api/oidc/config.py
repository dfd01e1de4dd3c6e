"""What an installation says about its provider of logins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anhu.contract.clock import HOUR_MS
from anhu.contract.settings import Secret
from api.oidc.roles import RoleRule

LANDING = "/login/oidc/callback"
"""Where the provider sends people back to."""
LEAVING = "/login/oidc/logout"
"""Where it says that a session ended there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcConfig:
    """One provider.

    Attributes
    ----------
    issuer : str
        Its name, exactly as it writes it.
    client_auth : str
        How we prove who we are: ``basic``, ``post``, ``private_key_jwt``; ``none``: a public client.
    client_key : Secret
        PEM of the private key, for ``private_key_jwt``.
    base_url : str
        Where people reach us; people are sent back there and nowhere else.
    name : str
        What people call the provider: it stands on the button.
    help : str
        Whom to ask who is refused.
    role_claim : str
        In which claim the roles are; a dotted path leads into objects.
    rules : sequence of RoleRule
        What its values are worth; the first that fits counts.
    passwords : frozenset of str
        Who may log in with a password beside: ``all``, ``role:desk``, a login.
    session_ms : int
        How long a login by the provider lasts at most. [ms]
    prompt : str
        What is asked of the provider at each login; ``login``: to ask for the password anew.
    """

    issuer: str
    client_id: str
    client_secret: Secret = Secret("")  # noqa: RUF009 - a str, and as immutable
    client_auth: str = "basic"
    client_key: Secret = Secret("")  # noqa: RUF009 - the same
    base_url: str = ""
    name: str = "SSO"
    help: str = ""
    scopes: str = "openid profile"
    role_claim: str = "groups"
    rules: Sequence[RoleRule] = ()
    passwords: frozenset[str] = frozenset({"all"})
    session_ms: int = 12 * HOUR_MS
    prompt: str = ""

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back to."""
        return self.base_url + LANDING

    def names(self, login: str) -> bool:
        """Tell whether a login is named as one that keeps its password, whatever the provider says."""
        return login in self.passwords

    def allows_password(self, login: str, role: str) -> bool:
        """Tell whether somebody may log in with a password."""
        return bool(self.passwords & {"all", f"role:{role}", login})
