"""oidc-provider, a certified OpenID Connect provider: installed once a machine, outside the repository."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from joserfc import jwk

from tests.services.building import alone
from tests.services.finding import cache_folder, find, need
from tests.services.process import HOST, ServiceProcess, accepts, free_port

_HERE = Path(__file__).parent
_PARTS = ("package.json", "package-lock.json")
_PROGRAM = "op.mjs"
CLIENT_ID, CLIENT_SECRET = "anhu web", "s3cret: with % and = and 32 bytes"


class OidcProvider:
    """A provider with its own login and consent forms: any password is right; `people` says who has which claims."""

    def __init__(self, folder: Path, program: Path, redirect_uris: list[str], logout_uri: str) -> None:
        self._folder = folder
        self.port = free_port()
        self.issuer = f"http://{HOST}:{self.port}"
        self._client = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": redirect_uris,
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "backchannel_logout_uri": logout_uri,
            "backchannel_logout_session_required": True,
        }
        self._in_userinfo = True
        self.people({})
        self._write()
        self.process = ServiceProcess(
            ["node", program, folder / "config.json"], log=folder / "op.log", ready=lambda: accepts(self.port)
        )

    def people(self, claims: Mapping[str, Mapping[str, Any]]) -> None:
        """Say who has which claims; it holds from the next login on."""
        (self._folder / "people.json").write_text(json.dumps(claims), "utf-8")

    def rotate(self, *, claims_in_userinfo: bool | None = None, **client: Any) -> None:  # noqa: ANN401 - its own fields
        """Start anew with a new key, and what else is given."""
        self._client |= client
        self._in_userinfo = self._in_userinfo if claims_in_userinfo is None else claims_in_userinfo
        self.process.stop()
        self._write()
        self.process.start()

    def _write(self) -> None:
        key = jwk.generate_key("RSA", 2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        config = {
            "port": self.port,
            "clients": [self._client],
            "jwks": {"keys": [key.as_dict(private=True)]},
            "claims_in_userinfo": self._in_userinfo,
        }
        (self._folder / "config.json").write_text(json.dumps(config), "utf-8")


@contextmanager
def oidc_provider(*redirect_uris: str, logout_uri: str) -> Iterator[OidcProvider]:
    """Run a provider for a platform that people come back to there."""
    program = _installed() / _PROGRAM
    with TemporaryDirectory(prefix="anhu-oidc-") as folder:
        provider = OidcProvider(Path(folder), program, list(redirect_uris), logout_uri)
        provider.process.start()
        try:
            yield provider
        finally:
            provider.process.stop()


def _installed() -> Path:
    """Return the folder with the program; npm brings it when this machine has none, as the lock says."""
    need(find("node"), "Node.js")
    folder = cache_folder() / "oidc-provider"
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        parts = {name: (_HERE / name).read_bytes() for name in _PARTS}
        done = folder / "installed"
        if not done.exists() or any((folder / name).read_bytes() != text for name, text in parts.items()):
            done.unlink(missing_ok=True)
            for name, text in parts.items():
                (folder / name).write_bytes(text)
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
            subprocess.run(command, check=True, timeout=600, capture_output=True)
            done.touch()
        shutil.copyfile(_HERE / _PROGRAM, folder / _PROGRAM)
    return folder
