"""Once a release: log in by a real Keycloak with a real browser. ``python -m tests.release.keycloak``.

Not part of the usual run: Maven brings 170 MB once a machine, Keycloak takes half a gigabyte of memory and a minute.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import click
import httpx
from playwright.sync_api import Browser, expect

from anhu.contract.clock import SystemClock
from anhu.contract.settings import Secret
from anhu.registry.sealing import Sealing
from api.oidc.config import LANDING, LEAVING, OidcConfig
from api.oidc.door import OidcDoor
from api.oidc.roles import parse_rules
from tests.api.web.scene import make_scene
from tests.api.web.serving import browser_at, served
from tests.services.chromium import chromium_program
from tests.services.finding import cache_folder
from tests.services.process import HOST, ServiceProcess, free_port

VERSION = "26.7.3"
_ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
_ADMIN, _PASSWORD, _SECRET = "admin", "admin-pw", "s3cret"
_START_S = 420.0


def installed() -> Path:
    """Return Keycloak's folder; Maven brings it when this machine has none."""
    folder = cache_folder() / "keycloak"
    home = folder / f"keycloak-{VERSION}"
    if not (home / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        copy = ["dependency:copy", f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={folder}", "-Dtransitive=false"]
        subprocess.run(["mvn", "-B", "-ntp", "-q", *copy], check=True, timeout=900)
        with ZipFile(folder / f"keycloak-quarkus-dist-{VERSION}.zip") as packed:
            packed.extractall(folder)
        (home / "installed").touch()
    return home


@contextmanager
def keycloak(folder: Path) -> Iterator[str]:
    """Run Keycloak and give its address; data go into the folder."""
    home, port = installed(), free_port()
    os.environ |= {
        "KC_BOOTSTRAP_ADMIN_USERNAME": _ADMIN,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": _PASSWORD,
        "JAVA_OPTS_APPEND": "-Xmx512m",
        "KC_RUN_IN_CONTAINER": "true",  # the script then becomes java, and is ended with it
    }
    base = f"http://{HOST}:{port}"
    command = ["bash", str(home / "bin" / "kc.sh"), "start-dev", f"--http-host={HOST}", f"--http-port={port}"]
    command += [f"--db-url=jdbc:h2:file:{folder}/h2;NON_KEYWORDS=VALUE"]
    process = ServiceProcess(command, log=folder / "keycloak.log", ready=lambda: True)
    process.start()
    try:
        deadline = time.monotonic() + _START_S
        while not _answers(base):
            if not process.runs or time.monotonic() > deadline:
                raise SystemExit((folder / "keycloak.log").read_text("utf-8")[-3_000:])
            time.sleep(1)
        yield base
    finally:
        process.stop()


def _answers(base: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{base}/realms/master", timeout=5).status_code == httpx.codes.OK
    return False


class Realm:
    """A realm with one client and one person in a group."""

    def __init__(self, base: str, platform: str) -> None:
        self._client = httpx.Client(base_url=base, timeout=120)
        asked = {"grant_type": "password", "client_id": "admin-cli", "username": _ADMIN, "password": _PASSWORD}
        said = self._client.post("/realms/master/protocol/openid-connect/token", data=asked).json()
        self._client.headers["authorization"] = f"Bearer {said['access_token']}"
        self._ask("POST", "/admin/realms", json=_realm(platform))
        self.issuer = f"{base}/realms/anhu"
        self._user = self._ask("GET", "/admin/realms/anhu/users?username=wang").json()[0]["id"]

    def leave_group(self) -> None:
        """Take the person out of every group."""
        path = f"/admin/realms/anhu/users/{self._user}/groups"
        for one in self._ask("GET", path).json():
            self._ask("DELETE", f"{path}/{one['id']}")

    def log_out(self) -> None:
        """End the person's sessions, as an administrator does."""
        self._ask("POST", f"/admin/realms/anhu/users/{self._user}/logout")

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own arguments
        answer = self._client.request(method, path, **more)
        answer.raise_for_status()
        return answer


def _realm(platform: str) -> dict[str, Any]:
    mapper = {
        "name": "groups",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-group-membership-mapper",
        "config": {"claim.name": "groups", "full.path": "false", "id.token.claim": "true"},
    }
    client = {
        "clientId": "anhu",
        "secret": _SECRET,
        "redirectUris": [platform + LANDING],
        "standardFlowEnabled": True,
        "protocolMappers": [mapper],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "backchannel.logout.url": platform + LEAVING,
            "backchannel.logout.session.required": "true",
        },
    }
    person = {
        "username": "wang",
        "enabled": True,
        "email": "wang@example.org",
        "emailVerified": True,
        "firstName": "秀英",
        "lastName": "王",
        "groups": ["desk-c-1"],
        "credentials": [{"type": "password", "value": "pw-1", "temporary": False}],
    }
    return {"realm": "anhu", "enabled": True, "groups": [{"name": "desk-c-1"}], "clients": [client], "users": [person]}


def _log_in(browser: Browser, base: str) -> Any:  # noqa: ANN401 - a page of the browser
    page = browser.new_context().new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{base}/login?language=en")
    page.click("#provider")
    page.fill("#username", "wang")
    page.fill("#password", "pw-1")
    page.click("[name=login]")
    page.wait_for_url(f"{base}/**")
    return page


@click.command()
def main() -> None:
    """Log in, be logged out from there, lose the role there."""
    with TemporaryDirectory(prefix="anhu-keycloak-") as name:
        folder, port = Path(name), free_port()
        base, clock = f"http://{HOST}:{port}", SystemClock()
        with keycloak(folder) as address, browser_at(str(chromium_program())) as browser:
            realm = Realm(address, base)
            config = OidcConfig(
                issuer=realm.issuer,
                client_id="anhu",
                client_secret=Secret(_SECRET),
                base_url=base,
                name="Keycloak",
                rules=parse_rules("desk-*=desk:*", "ANHU_OIDC_ROLES"),
            )
            door = OidcDoor(config, Sealing(b"k" * 32, b"oidc"), clock)
            scene = make_scene(folder, clock.now_ms())
            with served(scene, port=port, oidc=door):
                page = _log_in(browser, base)
                expect(page).to_have_url(f"{base}/desk")
                click.echo("logged in with the role of the group: the desk")
                realm.log_out()
                page.goto(f"{base}/desk")
                expect(page.locator("#provider")).to_be_visible()
                click.echo("logged out there: logged out here (back-channel)")
                realm.leave_group()
                page = _log_in(browser, base)
                expect(page.locator("main [role=alert]")).to_contain_text("gives you no role")
                click.echo("out of the group there: no account here")
            scene.close()


if __name__ == "__main__":
    main()
