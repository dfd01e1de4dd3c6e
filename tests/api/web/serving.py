"""The real application behind a real port, and a real browser in front of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, expect, sync_playwright

from anhu.contract.allowance import Rate
from anhu.contract.clock import SystemClock
from anhu.registry.contact_form import ContactForm
from anhu.registry.identity_vault import IdentityVault
from anhu.registry.secret_vault import SecretVault
from api.app import create_app
from api.crowd import Crowd
from api.dependencies import Dependencies, Family, Screens
from api.oidc.door import OidcDoor
from api.setup_code import SetupCode
from app.codec_bench import InstalledCodecs
from gateway.codecs import discover
from ingest.delivered import DeliveriesQuery
from ingest.letter import LettersQuery
from notify.channels import contact_forms
from tests.api.web.scene import Scene

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
]
_START_S = 20.0
PATIENCE_MS = 20_000
"""How long a page may take to show what is expected, on a machine that runs everything at once. [ms]"""
_NO_SCREENS = Screens()


@contextmanager
def served(
    scene: Scene,
    *,
    port: int = 0,
    setup_code: SetupCode | None = None,
    channels: Mapping[str, ContactForm] | None = None,
    screens: Screens = _NO_SCREENS,
    letters: LettersQuery | None = None,
    deliveries: DeliveriesQuery | None = None,
    oidc: OidcDoor | None = None,
) -> Iterator[str]:
    """Serve the scene and give the address; port 0 takes a free one."""
    deps = Dependencies(
        sessions=scene.sessions,
        store=scene.store,
        clock=SystemClock(),
        cookie_secure=False,
        components=lambda: scene.parts,
        channels=contact_forms() if channels is None else channels,
        crowd=Crowd(Rate(10**9, 10**9)),
        setup_code=setup_code,
        vault=IdentityVault(b"k" * 32),
        secrets=SecretVault(b"k" * 32),
        screens=screens,
        letters=letters,
        deliveries=deliveries,
        push_url="http://127.0.0.1:8098",
        families={name: Family(one.title, tuple(door.value for door in one.doors)) for name, one in discover().items()},
        bench=InstalledCodecs(discover(), SystemClock()),
        oidc=oidc,
    )
    with _running(deps, port) as address:
        yield address


@contextmanager
def _running(deps: Dependencies, port: int) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", port)) as listening:
        config = uvicorn.Config(create_app(deps), log_level="warning", timeout_graceful_shutdown=1, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + _START_S
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            assert not thread.is_alive(), "the server did not stop"


@contextmanager
def browser_at(program: str) -> Iterator[Browser]:
    """Start the browser."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
