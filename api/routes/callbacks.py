"""Where providers call: receipts, replies, keys pressed. The path ends with the secret that they were given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Request, Response

from anhu.outbox.callbacks import ProviderCall
from api.context import Deps
from api.errors import NotFoundError
from api.services import callbacks

router = APIRouter(include_in_schema=False)
_SHORT, _LONG = 64, 200
_MOST_NAMES, _LONGEST_VALUE = 40, 2_000
_UNHEARD = frozenset({"cookie", "authorization"})


@router.get("/callbacks/{channel}/{secret}")
@router.post("/callbacks/{channel}/{secret}")
async def called(
    deps: Deps,
    request: Request,
    channel: Annotated[str, Path(max_length=_SHORT)],
    secret: Annotated[str, Path(max_length=_LONG)],
) -> Response:
    """Keep what a provider says, and answer as it wants to be answered."""
    try:
        reader = callbacks.reader_of(deps, channel, secret)
    except NotFoundError:
        await deps.crowd.hold()
        raise
    body = await request.body()
    call = ProviderCall(request.method, _bounded(request.query_params), _heard(request), body)
    address = request.client.host if request.client else ""
    reply = await to_thread.run_sync(lambda: callbacks.take(deps, channel, reader, call, address=address))
    return Response(reply.body, status_code=reply.status, media_type=reply.media_type)


def _heard(request: Request) -> dict[str, str]:
    return {name: value for name, value in _bounded(request.headers).items() if name not in _UNHEARD}


def _bounded(pairs: Mapping[str, str]) -> dict[str, str]:
    return {name[:_SHORT]: value[:_LONGEST_VALUE] for name, value in list(pairs.items())[:_MOST_NAMES]}
