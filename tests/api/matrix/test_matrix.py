"""The access matrix: every route and page, as everybody, of everything, against a table written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from anhu.contract.clock import ManualClock
from api.app import create_app
from api.dependencies import Dependencies
from tests.api.matrix import plans
from tests.api.matrix.asking import Asker, Hall, headers_of
from tests.api.matrix.callers import AT_THE_EDGES, CALLERS, SESSIONS, Caller
from tests.api.matrix.oracle import ELSEWHERE, ORACLE, PASSES, is_anothers_to_decide, may, may_name, verdict
from tests.api.matrix.plans import Asked
from tests.api.matrix.town import build, canaries, fill_store, object_id

AS_DESCRIBED = 7_252
"""How many requests the matrix had that this one replaces."""


@pytest.fixture(scope="session")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    town = tmp_path_factory.mktemp("town")
    build(f"sqlite:///{town / 'anhu.db'}")
    fill_store(town / "store.db")
    made = Hall(town, tmp_path_factory.mktemp("hall"))
    yield made
    made.close()


def foreign(caller: Caller) -> tuple[str, ...]:
    """Return what a caller may never read: a vendor nothing of any resident."""
    if caller.role == "vendor":
        own_model = {canaries(side)[6] for side in caller.sees}
        return tuple(one for side in "ABO" for one in canaries(side) if one not in own_model)
    return tuple(one for side in "ABO" if side not in caller.sees for one in canaries(side))


def complaints(caller: Caller, asked: Asked, answer: httpx.Response, right: frozenset[int]) -> Iterator[str]:
    """Yield what is wrong with an answer."""
    if answer.status_code not in right:
        yield f"{asked.told}: {answer.status_code}, expected {sorted(right)}: {answer.text[:200]}"
    said = answer.text.replace(str(answer.request.url), "")
    for asked_for in asked.params.values():
        said = said.replace(asked_for, "") if asked_for else said
    for text in foreign(caller):
        if text in said:
            yield f"{asked.told}: tells {text}"


Answers = list[tuple[Asked, httpx.Response]]


async def ask_all(asker: Asker, plan: Iterable[Asked]) -> Answers:
    """Ask a whole plan."""
    return [(one, await asker.ask(one.method, one.url, params=one.params, json=one.body)) for one in plan]


def wrong(caller: Caller, answers: Answers, right_of: Callable[[Asked], frozenset[int]]) -> list[str]:
    """Return what was wrong."""
    return [said for asked, answer in answers for said in complaints(caller, asked, answer, right_of(asked))]


def differences(caller: Caller, answers: Answers) -> Iterator[str]:
    """Yield where what is foreign is not answered as what is not there: status and text must be the same."""
    missing = {asked.route: _told(asked, answer) for asked, answer in answers if asked.side == "M"}
    for asked, answer in answers:
        known = may(asked.row, caller, asked.side) or is_anothers_to_decide(asked.row, caller, asked.side)
        if asked.route in missing and not known:
            told = _told(asked, answer)
            if told != missing[asked.route]:
                yield f"{asked.told}: {told}, not there: {missing[asked.route]}"


def _told(asked: Asked, answer: httpx.Response) -> tuple[int, str]:
    text = answer.text.replace(asked.url, "").replace(repr(object_id(asked.row.about, asked.side)), "")
    return answer.status_code, text


def grid_as(hall: Hall, caller: Caller) -> list[str]:
    """Ask every route of everything."""

    async def ask() -> Answers:
        async with hall.asking(headers_of(caller)) as asker:
            return await ask_all(asker, plans.grid())

    answers = asyncio.run(ask())
    return [*wrong(caller, answers, lambda one: verdict(one.row, caller, one.side)), *differences(caller, answers)]


def each(callers: Iterable[Caller]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("caller", callers, ids=lambda one: one.name)


def test_every_route_has_a_row() -> None:
    deps = Dependencies(sessions=None, store=None, clock=ManualClock(0))  # type: ignore[arg-type]
    routes = {
        f"{method} {route.path}"
        for route in iter_route_contexts(create_app(deps).routes)
        for method in (route.methods or {"GET"})
        if not str(route.path).startswith("/static/")
    }
    assert routes == ORACLE.keys() | ELSEWHERE.keys()


def test_the_matrix_is_as_large_as_the_one_it_replaces() -> None:
    at_the_edges = sum(len(list(plan())) for plan in (plans.filters, plans.cursors, plans.numbers, plans.mass))
    asked = len(CALLERS) * len(list(plans.grid())) + len(AT_THE_EDGES) * at_the_edges
    assert asked > AS_DESCRIBED


@each(CALLERS)
def test_every_route_of_everything(hall: Hall, caller: Caller) -> None:
    assert grid_as(hall, caller) == []


@each(AT_THE_EDGES)
def test_no_filter_cursor_number_or_field_opens_a_door(hall: Hall, caller: Caller) -> None:
    read_before = frozenset({422} if caller.role else ())  # what is asked is read before whom it is about

    def edge(asked: Asked) -> frozenset[int]:
        return verdict(asked.row, caller, asked.side) | read_before

    def not_taken(asked: Asked) -> frozenset[int]:
        refused = verdict(asked.row, caller, asked.side) - PASSES
        return (refused or frozenset({422})) | read_before

    def narrowed(asked: Asked) -> frozenset[int]:
        return verdict(asked.row, caller, asked.side) | {403, 404}

    async def ask() -> list[str]:
        async with hall.asking(headers_of(caller)) as asker:
            return [
                *wrong(caller, await ask_all(asker, plans.filters()), narrowed),
                *wrong(caller, await ask_all(asker, plans.cursors()), edge),
                *wrong(caller, await ask_all(asker, plans.numbers()), edge),
                *wrong(caller, await ask_all(asker, plans.mass()), not_taken),
            ]

    assert asyncio.run(ask()) == []


@each(AT_THE_EDGES)
def test_nobody_names_what_is_not_his_and_nobody_learns_whether_it_is_there(hall: Hall, caller: Caller) -> None:
    all_named = list(plans.named())

    async def ask() -> Answers:
        async with hall.asking(headers_of(caller)) as asker:
            return await ask_all(asker, (one.asked for one in all_named))

    told = list(zip(all_named, asyncio.run(ask()), strict=True))
    assert [
        said for one, (asked, answer) in told for said in complaints(caller, asked, answer, named(caller, one))
    ] == []
    refused = {
        (one.what, asked.route, asked.side, answer.status_code)
        for one, (asked, answer) in told
        if not may_name(caller, one.what, one.of)
    }
    assert len(refused) == len({key[:3] for key in refused}), "what is foreign and what is not there are told apart"


def named(caller: Caller, one: plans.Named) -> frozenset[int]:
    """Return which answers are right where a thing is named besides the one in the path."""
    right = verdict(one.asked.row, caller, one.asked.side)
    return right if may_name(caller, one.what, one.of) or not right >= PASSES else frozenset({403, 404})


@each(SESSIONS)
@pytest.mark.parametrize("given", [None, "", "x", "another's"])
def test_no_write_with_a_cookie_passes_without_its_own_csrf_token(
    hall: Hall, caller: Caller, given: str | None
) -> None:
    other = next(one for one in SESSIONS if one != caller)
    token = f"csrf {other.name}" if given == "another's" else given
    headers = {name: value for name, value in headers_of(caller).items() if name != "X-CSRF-Token"}

    async def ask() -> Answers:
        async with hall.asking(headers | ({} if token is None else {"X-CSRF-Token": token})) as asker:
            return await ask_all(asker, (one for one in plans.grid() if one.method != "GET" and one.row.roles))

    assert wrong(caller, asyncio.run(ask()), lambda _: frozenset({403})) == []


def test_the_oracle_bites(hall: Hall) -> None:
    """A caller who sees more than the table says is reported, route by route."""
    blind = next(one for one in CALLERS if one.name == "desk-a")._replace(sees="")
    said = grid_as(hall, blind)
    assert len(said) > 30
    assert any("tells canary-note-A" in one for one in said)
