"""The HTTP push door of an installation, where one is set."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from anhu.contract.proxies import trusted_networks
from app import wiring
from app.secret_key import secrets
from app.settings import Settings
from gateway.directory import Directory
from gateway.doors.http.server import HttpListener, HttpServer
from gateway.intake import Intake
from gateway.product_register import DatabaseProducts
from gateway.quarantine import Quarantine


def push_door(
    settings: Settings,
    intake: Intake,
    directory: Directory,
    sessions: sessionmaker[Session],
    clock: Clock,
    *,
    quarantine: Quarantine,
) -> HttpServer | None:
    """Return the door for what vendors' clouds push; None where no port is set for it."""
    host, listeners = settings.listen_host, []
    if settings.push_port:
        listeners.append(HttpListener(host=host, port=settings.push_port))
    if settings.push_tls_port:
        listeners.append(HttpListener(host=host, port=settings.push_tls_port, tls=wiring.tls_context(settings)))
    if not listeners:
        return None
    return HttpServer(
        intake=intake,
        directory=directory,
        products=DatabaseProducts(sessions, partial(secrets, settings)),
        clock=clock,
        listeners=listeners,
        trusted=trusted_networks(settings.trusted_proxies),
        quarantine=quarantine,
    )
