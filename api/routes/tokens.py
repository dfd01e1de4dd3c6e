"""API tokens."""

from __future__ import annotations

from fastapi import APIRouter

from api.context import CurrentViewer, Deps
from api.schemas.tokens import NewToken, TokenSecret, TokenView
from api.services import tokens

router = APIRouter(tags=["users"])


@router.get("/tokens", summary="List API tokens")
def list_tokens(deps: Deps, viewer: CurrentViewer) -> list[TokenView]:
    """Return the caller's tokens, for an admin everybody's; never the tokens themselves."""
    return tokens.list_tokens(deps, viewer)


@router.post("/tokens", status_code=201, summary="Make an API token")
def create_token(deps: Deps, viewer: CurrentViewer, given: NewToken) -> TokenSecret:
    """Make a token; the answer holds it, this once."""
    return tokens.create_token(deps, viewer, given)


@router.delete("/tokens/{token_id}", status_code=204, summary="Revoke an API token")
def revoke_token(deps: Deps, viewer: CurrentViewer, token_id: str) -> None:
    """Make a token worthless."""
    tokens.revoke_token(deps, viewer, token_id)
