"""Puts the dashboards into a running Grafana through its API; doing it again replaces them."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

import requests
from grafana_api.grafana_api import GrafanaClientError, GrafanaException, GrafanaUnauthorizedError
from grafana_api.grafana_face import GrafanaFace

from anhu.contract.errors import AnhuError, FieldError
from dashboards.build import city_dashboards, dashboards
from dashboards.panels import Json

FOLDER_UID = "anhu"
_TIMEOUT_S = 15.0


class PublishError(AnhuError):
    """Grafana did not take the dashboards; the text says why and what to do."""


def publish(url: str, token: str, folder: str = "安护 Anhu", *, with_city: bool = False) -> tuple[str, ...]:
    """Create or replace the folder's dashboards.

    Parameters
    ----------
    url : str
        Where Grafana answers, with its path prefix if it has one.
    token : str
        A service account's token with the role Editor.
    folder : str
        Title of the folder; an existing folder of ours keeps its title.
    with_city : bool
        Also the city's dashboard, for whose Grafana asks a Prometheus.

    Returns
    -------
    tuple of str
        Address of each dashboard.

    Raises
    ------
    FieldError
        If the URL or the token cannot be one.
    PublishError
        If Grafana is not there, is not Grafana, or refuses.
    """
    parts = _checked(url)
    if not token.strip():
        raise FieldError("token", token, "a token of a Grafana service account")
    face = _face(parts, token)
    try:
        _ensure_folder(face, folder)
        boards = [*dashboards().values(), *(city_dashboards().values() if with_city else ())]
        paths = [face.dashboard.update_dashboard(_request(body))["url"] for body in boards]
    except (GrafanaException, requests.RequestException, KeyError, TypeError) as error:
        raise PublishError(f"{url}: {_reason(error)}") from error
    finally:
        face.api.s.close()
    return tuple(f"{parts.scheme}://{parts.netloc}{path}" for path in paths)


def _checked(url: str) -> SplitResult:
    expected = "an address such as https://grafana.example.org:3000"
    parts = urlsplit(url)
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise FieldError("url", url, expected)
    if parts.username or parts.password:
        raise FieldError("url", parts.hostname, "no user or password in it: the token is given apart")
    return parts


def _face(parts: SplitResult, token: str) -> GrafanaFace:
    prefix = parts.path.strip("/")
    return GrafanaFace(
        auth=token,
        protocol=parts.scheme,
        host=parts.netloc,
        url_path_prefix=f"{prefix}/" if prefix else "",
        timeout=_TIMEOUT_S,
    )


def _ensure_folder(face: GrafanaFace, title: str) -> None:
    try:
        face.folder.get_folder(FOLDER_UID)
    except GrafanaClientError as error:
        if error.status_code != requests.codes.not_found:
            raise
        face.folder.create_folder(title, uid=FOLDER_UID)


def _request(body: Json) -> Json:
    return {"dashboard": body, "folderUid": FOLDER_UID, "overwrite": True, "message": "anhu dashboards publish"}


def _reason(error: Exception) -> str:
    if isinstance(error, GrafanaUnauthorizedError):
        return "Grafana does not know this token: make one under Administration, Service accounts"
    if isinstance(error, GrafanaException):
        if error.status_code == requests.codes.forbidden:
            return "the token may not write dashboards: its service account needs the role Editor"
        return f"Grafana answered {error}"
    if isinstance(error, (requests.JSONDecodeError, KeyError, TypeError)):
        return "what answers there is not Grafana: its answer is not Grafana's"
    if isinstance(error, requests.Timeout):
        return f"no answer within {_TIMEOUT_S:.0f} s"
    return "cannot connect: is Grafana running there, and is the address right?"
