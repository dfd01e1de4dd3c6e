"""The platform's database of both kinds, laid by its revisions, for what ingest keeps there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from anhu.registry.database import open_engine
from anhu.registry.migrations import upgrade


def engine_of_kind(request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    """Open an empty database of the kind that the fixture's parameter names."""
    if request.param == "postgresql":
        copy: Callable[[Callable[[str], None]], str] = request.getfixturevalue("postgres_copy")
        url = copy(upgrade)
    else:
        url = f"sqlite:///{folder / 'anhu.db'}"
        upgrade(url)
    engine = open_engine(url)
    yield engine
    engine.dispose()
