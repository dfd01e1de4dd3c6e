"""The order of a login by the provider: the browser's ticket, the provider's answer, the database; then a session."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from anyio import to_thread

from anhu.contract.proxies import address_group
from api.dependencies import Dependencies
from api.logging_in import Attempt
from api.minute_book import MinuteBook
from api.oidc.door import OidcDoor
from api.oidc.errors import OidcError, ProviderDownError
from api.oidc.ticket import Ticket
from api.security.logged_in import LoggedIn
from api.security.roles import Viewer
from api.security.viewers import token_digest
from api.services import oidc_accounts, oidc_leaving, oidc_links
from api.services.minute import Refusal, write_minute


class Arrived(NamedTuple):
    """What came of it: a session, or an account that is linked; and where to go."""

    opened: LoggedIn | None
    following: str


async def arrive(
    deps: Dependencies,
    door: OidcDoor,
    book: MinuteBook,
    *,
    kept: str,
    answer: Mapping[str, str],
    attempt: Attempt,
    viewer: Viewer | None,
    token: str,
) -> Arrived:
    """Take somebody in who comes back from the provider.

    Parameters
    ----------
    kept : str
        The browser's ticket.
    viewer, token : Viewer or None, str
        Who is logged in in this browser already, and by which session: only that one may be linked.

    Raises
    ------
    OidcError, ProviderDownError
        With the reason; it is counted, and on record.
    """
    try:
        ticket = door.ticket(kept, answer.get("state", ""))
        person = await door.come_back(ticket, answer)
        if ticket.link:
            _check_link(ticket, viewer, token)
            assert viewer is not None  # noqa: S101 - for the type checker; `_check_link` has seen to it
            await to_thread.run_sync(partial(oidc_links.link_own, deps, viewer, door.config, person))
            door.count("linked")
            return Arrived(None, "/account?done=linked")
        arrival = oidc_accounts.Arrival(
            person=person, address=attempt.address, browser=attempt.browser, agent=attempt.agent
        )
        found = await to_thread.run_sync(partial(oidc_accounts.log_in_by_provider, deps, door.config, arrival))
    except ProviderDownError:
        door.count("provider_failed")
        raise
    except OidcError as error:
        door.count("refused")
        await to_thread.run_sync(_record, deps, book, error.reason, attempt.address)
        raise
    if isinstance(found, oidc_accounts.Refused):
        door.count("refused")
        raise OidcError(found.reason)
    door.count("logins")
    return Arrived(found, ticket.following)


async def hear_of_an_end(deps: Dependencies, door: OidcDoor, token: str, *, address: str) -> int:
    """End what ended at the provider; return how many sessions. Raises `OidcError`, `ProviderDownError`."""
    leaving = await door.leaving(token)
    ended = partial(oidc_leaving.end_by_provider, deps, door.config.issuer, leaving, address=address)
    count = await to_thread.run_sync(ended)
    door.count("ended_by_provider")
    return count


def link_word(viewer: Viewer, token: str) -> str:
    """Return what a ticket says of whose account is to be linked, by which session."""
    return f"{viewer.user_id} {token_digest(token).hex()}"


def _check_link(ticket: Ticket, viewer: Viewer | None, token: str) -> None:
    if viewer is None or ticket.link != link_word(viewer, token):
        raise OidcError("state", "another session began to link")


def _record(deps: Dependencies, book: MinuteBook, reason: str, address: str) -> None:
    refusal = Refusal("", "login.refused", reason, address)
    if book.is_first(address_group(address)):
        write_minute(deps, {refusal: 1}, {})
    else:
        book.refused(refusal)
