"""What may be said of one route, and the kinds of routes that there are many of."""

from __future__ import annotations

from typing import NamedTuple

STAFF = "desk team admin"
HEALTH = "desk team family admin"
EVERYBODY = "desk team family vendor admin"


class Row(NamedTuple):
    """One route.

    Attributes
    ----------
    roles : str
        Who may; empty: anybody, nobody included.
    scope : str
        What a token must be for, several with spaces between; empty: any.
    about : str
        What kind of thing the path names; empty: no single one.
    session : bool
        Only for somebody who logged in, no token.
    otherwise : int
        What a token is answered then.
    worn : int
        What a vendor is answered about a device that a resident has: that is for its centre; 0: he may.
    also : int
        What a caller who may is answered besides: not every alarm has a chart, not every user a link.
    names : str
        What of side A the body names: its ``centre``, or anything of that ``side``; empty: nothing.
    elsewhere : int
        What a lead is answered who does not look after that.
    """

    roles: str
    scope: str = ""
    about: str = ""
    session: bool = False
    otherwise: int = 403
    worn: int = 0
    also: int = 0
    names: str = ""
    elsewhere: int = 404


READ_ALERT = Row(HEALTH, "read", "alert")
ANSWER = Row(STAFF, "respond", "alert")
READ_RESIDENT = Row(HEALTH, "read", "resident")
TAKE_PART = Row(HEALTH, "respond", "resident")
SUPPLY = Row("vendor admin desk-lead", "provision", "device")
"""``desk-lead``: the lead of a desk, for the devices of its residents."""
PRODUCT = Row("vendor admin", "provision", "product")
BIND = Row(STAFF, "respond", "device")
ADMIN = Row("admin", "administer")
PEOPLE = Row("admin lead", "administer")
"""``lead``: of a desk or a team; what they look after is in `_sees`."""
RECORD = Row("admin lead", "administer", "resident")
LEADS = Row("admin lead", "administer", "rota")
MEMBERS = Row(STAFF, "respond", also=404)
"""404: of no desk and no team."""

PLACE = Row("admin", "administer", "centre")
LED = Row("admin lead", "administer", "centre")
USER = Row("admin lead", "administer", "user")
CONTACT = Row("admin lead", "administer", "contact")
POLICY = Row("admin lead", "administer", "policy")
MINE = Row(EVERYBODY, about="mine", session=True)
STRANGER = Row("vendor admin", "provision", "stranger")
UNASSIGNED = Row(STAFF, "respond", "reading")
