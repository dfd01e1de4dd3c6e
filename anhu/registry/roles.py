"""What a user is to the platform; what each role may do is the API's business."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a user is to the platform."""

    DESK = "desk"
    """Works at a community centre's 24 h desk."""
    TEAM = "team"
    """Member of a family-doctor team."""
    FAMILY = "family"
    """Relative; sees the residents linked to them, writes messages and asks for services, and answers no alarm."""
    VENDOR = "vendor"
    """Looks after own devices; sees no health data."""
    ADMIN = "admin"
    """Runs the platform."""


class Scope(StrEnum):
    """What an API token may be used for, within what its user's role allows."""

    READ = "read"
    RESPOND = "respond"
    PROVISION = "provision"
    ADMINISTER = "administer"
