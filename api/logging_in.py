"""The order of a login's steps: counted, then queued, then judged; only then is anything written.

A name and an address that guess wait; nobody else does. A browser that logged in by this name before waits for no
stranger: it has a count and a lane of its own, until ten wrong passwords in a row came from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from anyio import to_thread
from starlette.requests import Request

from anhu.contract.clock import SECOND_MS
from anhu.contract.printable import printable
from anhu.contract.proxies import address_group
from api.dependencies import Dependencies
from api.errors import ForbiddenError, TooManyRequestsError, UnauthenticatedError
from api.minute_book import MinuteBook
from api.security.cookies import browser_cookie_name
from api.security.logged_in import LoggedIn
from api.security.passwords import check_password, hash_password
from api.security.roles import Viewer
from api.security.viewers import token_digest
from api.services import login
from api.services.minute import Refusal, write_minute

_WRONG_FROM_A_BROWSER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody wants to log in.

    Attributes
    ----------
    browser : str
        By what the browser says that it was here before; empty when it says nothing.
    agent : str
        What the browser calls itself: by it somebody knows his own log-ins.
    """

    name: str
    password: str
    address: str
    browser: str = ""
    agent: str = ""


async def log_in(deps: Dependencies, book: MinuteBook, attempt: Attempt) -> LoggedIn:
    """Start a session.

    Raises
    ------
    UnauthenticatedError
        Wrong login or password; the answer does not say which.
    TooManyRequestsError
        This address guesses this name, or more want to log in at this moment than can be judged.
    """
    known = await _is_known(deps, attempt)
    if not await is_right(deps, attempt, known=known):
        await to_thread.run_sync(_record_failure, deps, book, attempt)
        raise UnauthenticatedError("wrong login or password")
    started = partial(login.start_session, deps, name=attempt.name, address=attempt.address, known=known)
    return await to_thread.run_sync(partial(started, agent=attempt.agent))


def attempt_of(request: Request, deps: Dependencies, name: str, password: str) -> Attempt:
    """Return who wants to log in, as far as the request says."""
    address = request.client.host if request.client else ""
    browser = request.cookies.get(browser_cookie_name(deps), "")
    agent = printable(request.headers.get("user-agent", ""))
    return Attempt(name=name, password=password, address=address, browser=browser, agent=agent)


async def change_own_password(
    deps: Dependencies, book: MinuteBook, viewer: Viewer, attempt: Attempt, *, new: str, token: str
) -> None:
    """Set a new password for somebody who knows the present one.

    Raises
    ------
    ForbiddenError
        If the present one is wrong.
    FieldError
        If the new one is too short or too common.
    """
    check_password(new, login=viewer.login)
    await check_present_password(deps, book, attempt)
    hashed = await deps.logins.run(partial(hash_password, new), whose=viewer.user_id, known=True)
    await to_thread.run_sync(
        partial(login.set_own_password, deps, viewer, hashed=hashed, token=token, browser=attempt.browser)
    )


async def check_present_password(deps: Dependencies, book: MinuteBook, attempt: Attempt) -> None:
    """Raise `ForbiddenError` unless somebody who is logged in knows the own password; `TooManyRequestsError`."""
    known = await _is_known(deps, attempt)
    if not await is_right(deps, attempt, known=known):
        await to_thread.run_sync(_record_failure, deps, book, attempt)
        raise ForbiddenError("that is not your present password")


async def _is_known(deps: Dependencies, attempt: Attempt) -> bool:
    if not attempt.browser:
        return False
    looked_up = partial(login.is_known_browser, deps, name=attempt.name, browser=attempt.browser)
    return await to_thread.run_sync(looked_up)


async def is_right(deps: Dependencies, attempt: Attempt, *, known: bool) -> bool:
    """Count and judge a password in its turn. Raises `TooManyRequestsError`."""
    if known:
        return await _is_right_of_known(deps, attempt)
    group, now_ms = address_group(attempt.address), deps.clock.now_ms()
    if (wait_ms := deps.throttle.begin(group, attempt.name, now_ms)) > 0:
        raise TooManyRequestsError("too many failed logins; try again later", retry_after_s=wait_ms / SECOND_MS)
    try:
        right = await deps.logins.run(_judging(deps, attempt), whose=group, known=False)
    except TooManyRequestsError:
        deps.throttle.take_back(group, attempt.name)
        raise
    if right:
        deps.throttle.succeeded(group, attempt.name)
    return right


async def _is_right_of_known(deps: Dependencies, attempt: Attempt) -> bool:
    whose = token_digest(attempt.browser).hex()
    right = await deps.logins.run(_judging(deps, attempt), whose=whose, known=True)
    if right:
        deps.wrong_from_known.pop(whose, None)
        return True
    wrong = deps.wrong_from_known.get(whose, 0) + 1
    deps.wrong_from_known[whose] = wrong
    if wrong >= _WRONG_FROM_A_BROWSER:
        del deps.wrong_from_known[whose]
        await to_thread.run_sync(partial(login.forget_browser, deps, browser=attempt.browser))
    return False


def _judging(deps: Dependencies, attempt: Attempt) -> partial[bool]:
    return partial(login.is_right, deps, name=attempt.name, password=attempt.password)


def _record_failure(deps: Dependencies, book: MinuteBook, attempt: Attempt) -> None:
    """Write the first of a minute and address at once, whether the name exists or not: the time tells nothing."""
    refusal = Refusal(login.user_id_of(deps, name=attempt.name), "login.failed", "", attempt.address)
    if book.is_first(address_group(attempt.address)):
        write_minute(deps, {refusal: 1}, {})
    else:
        book.refused(refusal)
