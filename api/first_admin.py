"""The order of steps by which the first administrator is made: the code, then the password, then the database."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from anyio import to_thread

from anhu.contract.errors import FieldError
from anhu.contract.proxies import address_group
from api.dependencies import Dependencies
from api.errors import ConflictError, ForbiddenError
from api.minute_book import MinuteBook
from api.security.passwords import check_password, hash_password
from api.services import first_run
from api.services.minute import Refusal

_LONGEST_LOGIN = 64


class FirstAdmin(NamedTuple):
    """Somebody who says that the installation is theirs."""

    code: str
    login: str
    password: str
    language: str
    address: str


async def make_first_admin(deps: Dependencies, book: MinuteBook, given: FirstAdmin) -> None:
    """Make the first administrator.

    Raises
    ------
    ConflictError
        If somebody may log in already.
    ForbiddenError
        If the code is wrong.
    FieldError
        If the login is empty or too long, or the password too short or too common.
    """
    if not await to_thread.run_sync(first_run.is_open, deps):
        raise ConflictError("somebody may log in already")
    if deps.setup_code is None or not deps.setup_code.is_right(given.code):
        book.refused(Refusal("", "setup.failed", "", given.address))
        raise ForbiddenError("that is not the setup code")
    if not 1 <= len(given.login) <= _LONGEST_LOGIN:
        raise FieldError("login", given.login, f"1 to {_LONGEST_LOGIN} characters")
    check_password(given.password, login=given.login)
    whose = address_group(given.address)
    hashed = await deps.logins.run(partial(hash_password, given.password), whose=whose, known=False)
    made = partial(
        first_run.make_first_admin,
        deps,
        login=given.login,
        name=given.login,
        hashed=hashed,
        language=given.language,
        address=given.address,
    )
    await to_thread.run_sync(made)
