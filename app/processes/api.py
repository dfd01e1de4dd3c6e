"""The API and the pages, served by uvicorn."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import HOUR_MS, Clock
from anhu.contract.errors import AnhuError
from anhu.contract.proxies import Network, trusted_networks
from anhu.registry.database import close_sessions, engine_of, open_sessions, reading
from anhu.registry.migrations import revisions
from anhu.registry.payload_vault import PayloadVault
from anhu.registry.secret_vault import SecretVault
from api.app import create_app
from api.crowd import Crowd
from api.dependencies import Dependencies, Family, Screens
from api.drill_room import DrillRoom
from api.look_journal import LookJournal
from api.oidc.door import OidcDoor
from api.schemas.drills import DrillToldView, DrillView
from api.schemas.platform import BeatView
from api.services import first_run
from api.setup_code import SetupCode
from app import identity_key, series_wiring, wiring
from app.codec_bench import InstalledCodecs
from app.drill import drill
from app.heartbeat.beat import BeatStore
from app.heartbeat.beat_table import beat_store
from app.http_connections import Connections
from app.platform_said import PlatformSaid
from app.probes.surroundings import pool
from app.probes.watched import Watched
from app.processes.process import Context, allow_many_files
from app.secret_key import login_sealing, payload_vault, secret_vault
from app.settings import Settings
from ingest.store.port import StoreQuery
from notify.channels import callback_readers, contact_forms

_GRACE_S = 3
_DRILL_S = 30.0
_MOST_CONNECTIONS = 4_096


async def body(context: Context) -> None:
    """Serve until the end; open streams are closed, browsers come back by themselves."""
    settings = context.settings
    trusted = trusted_networks(settings.trusted_proxies)
    connections, crowd = _connections(trusted), Crowd()
    sessions = open_sessions(settings.database, settings.database_limits(context.name))
    context.numbers.add(pool(sessions))
    store = series_wiring.store_query(settings, context.clock)
    letters = series_wiring.dead_letters(settings, context.clock)
    deliveries = series_wiring.delivery_log(settings)
    looks = _look_journal(settings, sessions)
    deps = _dependencies(context, sessions, store, looks, crowd=crowd)
    said = PlatformSaid(settings, context.clock, sessions)
    deps = dataclasses.replace(
        deps, letters=letters, deliveries=deliveries, oidc=_oidc(settings, sessions, context.clock)
    )
    deps = dataclasses.replace(deps, components=said.components, measured=said.measured)
    first_run.prepare(deps)
    server = _Server(connections, deps, _served(create_app(deps), settings, connections), looks)
    serving = asyncio.create_task(server.serve(), name="uvicorn")
    reporting = asyncio.create_task(context.report(server.counters), name="status")
    watching = asyncio.create_task(connections.run(), name="slow connections")
    migrated = Watched(partial(_migrated, settings.database), once=True)
    context.ready.require("pages", lambda: "" if server.started else "not served yet")
    context.ready.require("database", migrated.flaw)
    context.ready.opened()
    asking = asyncio.create_task(migrated.run(context.stop), name="migrated")
    await context.stop.wait()
    watching.cancel()
    server.should_exit = True
    await asyncio.gather(serving, reporting, asking)
    store.close()
    letters.close()
    deliveries.close()
    close_sessions(sessions)


def _dependencies(
    context: Context,
    sessions: sessionmaker[Session],
    store: StoreQuery,
    looks: LookJournal | None,
    *,
    crowd: Crowd,
) -> Dependencies:
    settings = context.settings
    chosen, known = wiring.channel_settings(settings), wiring.known_codecs(settings)
    return Dependencies(
        sessions=sessions,
        store=store,
        clock=context.clock,
        cookie_secure=settings.is_https,
        public_url=settings.base_url,
        push_url=settings.push_url,
        time_zone=settings.time_zone,
        demo=settings.demo,
        beats=partial(_beats, beat_store(settings, sessions)),
        codecs=frozenset(known),
        families={name: Family(one.title, tuple(door.value for door in one.doors)) for name, one in known.items()},
        signing=wiring.signing_codecs(known),
        keeps_secrets=settings.keeps_secrets,
        secrets=_secrets(settings, sessions),
        payloads=_payloads(settings, sessions),
        bench=InstalledCodecs(known, context.clock),
        channels=contact_forms(chosen),
        session_limit_ms=settings.session_limit_h * HOUR_MS,
        trusted_proxies=trusted_networks(settings.trusted_proxies),
        looks=looks,
        crowd=crowd,
        screens=_screens(settings),
        setup_code=SetupCode(settings.data),
        vault=identity_key.vault(settings, sessions),
        phone_region=settings.phone_region,
        callbacks=callback_readers(chosen),
        drill=DrillRoom(partial(_drilled, settings, context.clock)),
    )


def _secrets(settings: Settings, sessions: sessionmaker[Session]) -> SecretVault | None:
    with reading(sessions)() as session:
        return secret_vault(settings, session)


def _oidc(settings: Settings, sessions: sessionmaker[Session], clock: Clock) -> OidcDoor | None:
    if not settings.oidc_issuer:
        return None
    with reading(sessions)() as session:
        sealing = login_sealing(settings, session)
    return OidcDoor(settings.oidc_config(settings.base_url), sealing, clock)


def _payloads(settings: Settings, sessions: sessionmaker[Session]) -> PayloadVault | None:
    with reading(sessions)() as session:
        return payload_vault(settings, session)


def _look_journal(settings: Settings, sessions: sessionmaker[Session]) -> LookJournal | None:
    """Return where looks wait, where a database has one lock for all who write."""
    is_one_lock = engine_of(sessions).dialect.name == "sqlite"
    return LookJournal(settings.data / "looks", sessions) if is_one_lock else None


def _is_one_lock(sessions: sessionmaker[Session]) -> bool:
    return engine_of(sessions).dialect.name == "sqlite"


def _screens(settings: Settings) -> Screens:
    return Screens(Path(settings.map_file) if settings.map_file else None, settings.map_datum, settings.wall_names)


def _served(app: FastAPI, settings: Settings, connections: Connections) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.listen_host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        http=connections.protocol(),  # type: ignore[arg-type]  # it is called, and makes what a class would
        ws="none",
        proxy_headers=False,  # whom to believe is a setting: api.security.client_address
    )


def _connections(trusted: tuple[Network, ...]) -> Connections:
    """Let connections have most of the files that we may open; one address a quarter of them."""
    most = min(_MOST_CONNECTIONS, allow_many_files() * 3 // 4)
    return Connections(most=most, most_per_address=most // 4, trusted=trusted)


class _Server(uvicorn.Server):
    """Leaves signals to the process it runs in."""

    def __init__(
        self, held: Connections, deps: Dependencies, config: uvicorn.Config, looks: LookJournal | None
    ) -> None:
        super().__init__(config)
        self._held = held
        self._deps = deps
        self._looks = looks

    def counters(self) -> Mapping[str, float]:
        """Return what was answered since the start, and how many are connected now."""
        state = self.server_state
        ended = {f"connections_ended_{why}": float(count) for why, count in self._held.ended.items()}
        looks = {} if self._looks is None else self._looks.counters()
        held = {"requests": float(state.total_requests), "connections": float(len(state.connections))}
        links = {**self._deps.callbacks_taken.counters(), "links_wrong": float(self._deps.links.wrong)}
        if self._deps.oidc is not None:
            held |= self._deps.oidc.counters()
        held["port"] = float(self.config.port)
        return {**held, "strangers_held": float(self._deps.crowd.held), **ended, **looks, **links}

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _migrated(database: str) -> str:
    present, newest = revisions(database)
    return "" if present == newest else f"has revision {present or 'none'}, expected {newest}"


def _beats(store: BeatStore) -> Sequence[BeatView]:
    return [BeatView.model_validate(beat._asdict()) for beat in store.read()]


def _drilled(settings: Settings, clock: Clock, resident_id: str, who: str) -> DrillView:
    """Make a drill for a page; what would end the program on a terminal is said on the page."""
    try:
        found = drill(settings, resident_id, clock, wait_s=_DRILL_S, who=who)
    except AnhuError as error:
        return DrillView(resident_id=resident_id, is_running=False, problem=str(error))
    told = [DrillToldView(**one._asdict()) for one in found.told]
    return DrillView(
        resident_id=resident_id,
        is_running=False,
        alert_after_s=found.alert_after_s,
        told=told,
        problem=found.problem,
    )
