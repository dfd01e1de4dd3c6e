"""The poller of vendors' clouds of an installation."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from anhu.contract.clock import Clock
from app.secret_key import secrets
from app.settings import Settings
from app.vendor_clouds import VendorClouds
from gateway.directory import Directory, NoteBook
from gateway.doors.poll.poller import Poller
from gateway.doors.poll.settings import PollSettings
from gateway.intake import Intake
from gateway.poll_register import DatabasePollRegister
from gateway.quarantine import Quarantine


def cloud_poller(
    settings: Settings,
    intake: Intake,
    directory: Directory,
    sessions: sessionmaker[Session],
    clock: Clock,
    *,
    notes: NoteBook,
    quarantine: Quarantine,
) -> Poller:
    """Return it; while no product has an account with its vendor, it asks nobody."""
    limits = PollSettings()
    return Poller(
        intake=intake,
        directory=directory,
        register=DatabasePollRegister(sessions, partial(secrets, settings)),
        quarantine=quarantine,
        notes=notes,
        getter=VendorClouds(clock, settings.polled_neighbours, limits.limit_s),
        clock=clock,
        settings=limits,
    )
