"""What every page of somebody who answers alarms keeps asking: the state of all alarms, and when the session ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.context import CurrentViewer
from api.errors import UnauthenticatedError
from api.schemas.watch import CallView, NobodysCallView, OfferView, WatchView
from api.security.cookies import cookie_name, set_renewed_cookie
from api.security.roles import Viewer
from api.services.command_states import SilentQuestion, own_silent_questions
from api.services.nobodys_calls import nobodys_calls
from api.services.on_call import own_gap
from api.services.platform import parts_down
from api.services.product_polls import SilentCloud, silent_clouds
from api.services.session import SessionEnd, renew_session, session_end
from api.services.watch import NAMED, read_watch
from api.web.buildings import building_of
from api.web.site import Site
from api.web.wording import Wording


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the state of the alarms, and the renewal of a session in use."""
    deps = site.deps

    @pages.get("/watch.json")
    def show_watch(
        request: Request, viewer: CurrentViewer, seen: Annotated[str, Query(max_length=64)] = ""
    ) -> Response:
        wording = site.wording(request)
        watch = read_watch(deps, viewer, seen=seen)
        down = [*_parts_down(parts_down(deps), wording), *_nobodys(nobodys_calls(deps, viewer), wording)]
        down += _silent(own_silent_questions(deps, viewer), wording)
        down += _clouds(silent_clouds(deps, viewer), wording)
        down += _rota_gap(own_gap(deps, viewer), wording)
        end = session_end(deps, viewer, token=_token(request))
        said = _numbers(watch) | {"now_ms": wording.now_ms, "release": site.release, "down": down} | _ends(end)
        if watch.mark != seen:
            said |= {"calls": _lines(watch, wording), "say": _spoken(watch.newest, wording)}
            said |= {"speak": _aloud(watch.newest, wording), "offers": [_offer(one, wording) for one in watch.offers]}
        return JSONResponse(said)

    @pages.post("/session/renew")
    def renew(request: Request, viewer: CurrentViewer) -> Response:
        end = _renewed(site, viewer, request)
        response = JSONResponse(_ends(end))
        set_renewed_cookie(response, deps, _token(request), expires_at_ms=end.ends_at_ms)
        return response


def _renewed(site: Site, viewer: Viewer, request: Request) -> SessionEnd:
    end = renew_session(site.deps, viewer, token=_token(request))
    if end is None:
        raise UnauthenticatedError
    return end


def _token(request: Request) -> str:
    return request.cookies.get(cookie_name(request.app.state.deps), "")


def _numbers(watch: WatchView) -> dict[str, object]:
    return watch.model_dump(include={"mark", "watches_anybody", "open", "unanswered", "level", "newest_call"})


def _ends(end: SessionEnd | None) -> dict[str, object]:
    return {} if end is None else {"ends_at_ms": end.ends_at_ms, "limit_ms": end.limit_ms}


def _lines(watch: WatchView, wording: Wording) -> list[dict[str, object]]:
    """Return the named ones; one that stands there only because it is the newest says so."""
    tags = [""] * NAMED + [wording.t("watch.newest")]
    return [_line(call, wording) | {"tag": tag} for call, tag in zip(watch.calls, tags, strict=False)]


def _line(call: CallView, wording: Wording) -> dict[str, object]:
    return {
        "id": call.alert_id,
        "priority": call.priority,
        "kind": wording.kind(call.kind),
        "name": call.resident_name,
        "started_at_ms": call.started_at_ms,
    }


def _offer(offer: OfferView, wording: Wording) -> dict[str, object]:
    return {
        "id": offer.alert_id,
        "what": f"{wording.kind(offer.kind)} · {offer.resident_name}",
        "to_me": offer.to_me,
        "name": offer.other_name,
        "note": offer.note,
        "offered_at_ms": offer.offered_at_ms,
    }


def _aloud(call: CallView | None, wording: Wording) -> str:
    """Return what is spoken into the room: no name, and no flat: whoever is in the room hears it."""
    if call is None:
        return ""
    priority, place = wording.t(f"priority.{call.priority}"), building_of(call.address)
    return wording.t("speech.say", priority=priority, kind=wording.kind(call.kind), place=place)


def _parts_down(parts: Sequence[str], wording: Wording) -> Iterator[dict[str, str]]:
    for part in parts:
        yield {"words": wording.t(f"desk.down_{part}"), "hint": wording.t("desk.down_hint")}


def _clouds(silent: Sequence[SilentCloud], wording: Wording) -> Iterator[dict[str, str]]:
    for cloud in silent:
        words = wording.t("polls.silent", name=cloud.name, time=wording.moment(cloud.since_ms))
        yield {"words": words, "hint": wording.t("polls.silent_hint")}


def _rota_gap(whose: str, wording: Wording) -> Iterator[dict[str, str]]:
    if whose:
        yield {"words": f"{whose}: {wording.t('rota.because_gap')}", "hint": wording.t("rota.gap_hint")}


def _nobodys(calls: Sequence[NobodysCallView], wording: Wording) -> Iterator[dict[str, str]]:
    for call in calls:
        device = f"{call.device_id} {call.model}".strip()
        values = {"device": device, "kind": wording.quantity(call.kind), "time": wording.moment(call.at_ms)}
        values["about"] = call.about
        yield {"words": wording.t(f"watch.{call.what}_call", **values), "hint": wording.t(f"watch.{call.what}_hint")}


def _silent(questions: Sequence[SilentQuestion], wording: Wording) -> Iterator[dict[str, str]]:
    for one in questions:
        values = {"device": one.device_id, "time": wording.moment(one.asked_at_ms)}
        yield {"words": wording.t("watch.silent_question", **values), "hint": wording.t("watch.silent_hint")}


def _spoken(call: CallView | None, wording: Wording) -> str:
    if call is None:
        return ""
    priority = wording.t(f"priority.{call.priority}")
    return wording.t("watch.announce", priority=priority, kind=wording.kind(call.kind), name=call.resident_name)
