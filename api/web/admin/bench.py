"""The vendors' bench: a message is tried, a codec examined, and the report printed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.context import CurrentViewer
from api.security.roles import Viewer
from api.services import bench
from api.web.admin.forms import REFUSALS, Fields, Form, kept, refused
from api.web.site import Site


def add_pages(pages: APIRouter, site: Site) -> None:
    """Add the bench, and the report of a codec."""

    @pages.get("/bench")
    def show_bench(request: Request, viewer: CurrentViewer) -> Response:
        return _page(site, request, viewer, Form({"codec": "open_json"}))

    @pages.post("/bench")
    def try_payload(request: Request, viewer: CurrentViewer, fields: Fields) -> Response:
        try:
            trial = bench.try_payload(site.deps, viewer, fields)
        except REFUSALS as error:
            form = refused(fields, error, site.wording(request))
            return _page(site, request, viewer, form, status=422)
        return _page(site, request, viewer, kept(fields), trial=trial)

    @pages.get("/bench/report")
    def show_report(
        request: Request, viewer: CurrentViewer, codec: Annotated[str, Query(max_length=64)] = "open_json"
    ) -> Response:
        report = bench.examine_codec(site.deps, viewer, codec)
        return site.page(request, "bench_report.html", report=report)


def _page(
    site: Site, request: Request, viewer: Viewer, form: Form, *, trial: bench.Trial | None = None, status: int = 200
) -> Response:
    titles = bench.bench_of(site.deps, viewer).titles
    return site.page(
        request,
        "bench.html",
        status=status,
        form=form,
        trial=trial,
        codecs=[(name, f"{name}: {title}") for name, title in titles.items()],
        forms=[("text", site.wording(request).t("bench.as_text")), ("hex", site.wording(request).t("bench.as_hex"))],
        figures=bench.model_figures(site.deps, viewer),
        least=bench.LEAST_DEVICES,
    )
