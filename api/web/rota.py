"""The rota's pages: a week of a desk or team, and one's own shifts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from anhu.contract.clock import SECOND_MS
from api.context import CurrentViewer
from api.errors import NotFoundError
from api.schemas.my_rota import MyRotaView
from api.schemas.rota import OwnerView, RotaView, ShiftView
from api.services.my_rota import my_rota, read_calendar, swaps_waiting
from api.services.on_call import own_on_call
from api.services.rota import list_owners, read_week
from api.web.site import Site
from api.web.wording import Wording

PLACES = 4
"""How many of a crew a form offers at least: never fewer than a crew has, or saving would lose somebody."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RotaPage:
    """What the templates of both pages draw."""

    view: RotaView
    owners: list[OwnerView]
    times: Times
    today: str

    @property
    def before(self) -> str:
        """The first day of the week before."""
        return str(date.fromisoformat(self.view.week) - _WEEK)

    @property
    def after(self) -> str:
        """The first day of the week after."""
        return str(date.fromisoformat(self.view.week) + _WEEK)


@dataclass(frozen=True, slots=True)
class Times:
    """Times of a rota as its own wall clock shows them."""

    wording: Wording
    zone: ZoneInfo

    def clock(self, at_ms: int) -> str:
        """Return ``08:00``."""
        return f"{self._local(at_ms):%H:%M}"

    def day(self, day: str) -> str:
        """Return the weekday and the date."""
        found = date.fromisoformat(day)
        name = self.wording.t("time.months").split()[found.month - 1]
        weekday = self.wording.t("rota.weekdays").split()[found.weekday()]
        return f"{self.wording.t('time.date', month=found.month, day=found.day, name=name)} {weekday}"

    def moment(self, at_ms: int) -> str:
        """Return the day and the time."""
        return f"{self.day(str(self._local(at_ms).date()))} {self.clock(at_ms)}"

    def span(self, start_ms: int, end_ms: int) -> str:
        """Return from when to when; the later day is said when it is another."""
        same = self._local(start_ms).date() == self._local(end_ms).date()
        return f"{self.moment(start_ms)} – {self.clock(end_ms) if same else self.moment(end_ms)}"

    @staticmethod
    def minute(minute: int) -> str:
        """Return ``08:00`` for a minute of the day."""
        return f"{minute // 60:02d}:{minute % 60:02d}"

    def days(self, shift: ShiftView) -> str:
        """Say on which days a shift begins."""
        if shift.days in {"work", "rest"}:
            return self.wording.t(f"rota.days_{shift.days}")
        if len(shift.days) == len("1234567"):
            return self.wording.t("rota.days_all")
        names = self.wording.t("rota.weekdays").split()
        return " ".join(names[int(one) - 1] for one in shift.days)

    def _local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / SECOND_MS, tz=self.zone)


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add both pages, and the calendar that needs no login."""
    deps = site.deps

    @pages.get("/rota")
    def show_week(
        request: Request,
        viewer: CurrentViewer,
        owner: Annotated[str, Query(max_length=80)] = "",
        week: Annotated[str, Query(max_length=10)] = "",
    ) -> Response:
        owners = list_owners(deps, viewer)
        if not owners:
            return site.page(request, "rota_none.html")
        view = read_week(deps, viewer, owner or owners[0].id, week)
        page = RotaPage(view, owners, _times(site, request, view.time_zone), _today(site, view.time_zone))
        return site.page(request, "rota.html", zone=view.time_zone, page=page, places=_places(view))

    @pages.get("/rota/now")
    def show_now(request: Request, viewer: CurrentViewer) -> Response:
        there, waiting = own_on_call(deps, viewer), swaps_waiting(deps, viewer)
        zone = there[0].time_zone if there else ""
        return site.page(request, "_on_call_now.html", zone=zone, on_call=there, swaps=waiting)

    @pages.get("/rota/mine")
    def show_mine(request: Request, viewer: CurrentViewer) -> Response:
        try:
            view: MyRotaView = my_rota(deps, viewer)
        except NotFoundError:
            return site.page(request, "rota_none.html")
        times, today = _times(site, request, view.time_zone), _today(site, view.time_zone)
        return site.page(request, "rota_mine.html", zone=view.time_zone, view=view, times=times, today=today)

    @pages.get("/calendar/{secret}.ics")
    def show_calendar(secret: str) -> Response:
        headers = {"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="anhu.ics"'}
        return Response(read_calendar(deps, secret), media_type="text/calendar; charset=utf-8", headers=headers)


def _places(view: RotaView) -> int:
    crews = [len(crew) for shift in view.shifts for crew in shift.crews]
    crews += [len(part.crew) for day in view.days for stint in day.stints for part in stint.parts]
    return max([PLACES, *crews])


def _times(site: Site, request: Request, zone: str) -> Times:
    return Times(site.wording(request).at(zone), ZoneInfo(zone))


def _today(site: Site, zone: str) -> str:
    return str(datetime.fromtimestamp(site.deps.clock.now_ms() / SECOND_MS, tz=ZoneInfo(zone)).date())
