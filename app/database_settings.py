"""What an installation's processes may take of its database server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from anhu.contract.errors import SettingsError
from anhu.contract.settings import says
from anhu.registry.database import Limits

_PAGES = frozenset({"api"})
_EXPECTED = "how many of each process, such as gateway=2,alerts=2,api=2"


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """A part of the installation's settings; SQLite takes no notice of it."""

    database_pool: int = field(
        default=8,
        metadata=says(
            "connections to PostgreSQL that a process of the API keeps; it may open as many again for a while",
            "每个 API 进程保持的 PostgreSQL 连接数；繁忙时可临时再开同样多",
        ),
    )
    database_pool_workers: int = field(
        default=3,
        metadata=says(
            "the same for every other process: doors, readers, dispatchers",
            "其他每个进程（前门、读取进程、派发进程）的 PostgreSQL 连接数",
        ),
    )
    database_page_s: int = field(
        default=8,
        metadata=says(
            "seconds after which PostgreSQL ends what a page or the API asked",
            "网页与 API 的查询超过此秒数即由 PostgreSQL 终止",
        ),
    )
    database_processes: str = field(
        default="gateway=1,ingest=1,alerts=1,dispatcher=1,api=1,watcher=1",
        metadata=says(
            "how many processes of each kind share the database, for `anhu doctor` to add up their connections",
            "共用数据库的各类进程数量，供 `anhu doctor` 汇总连接数",
        ),
    )

    def check_database(self) -> None:
        """Raise `SettingsError` for sizes that nothing works with."""
        for name in ("database_pool", "database_pool_workers", "database_page_s"):
            if not 1 <= getattr(self, name) <= 500:  # noqa: PLR2004 - more is a mistake
                raise SettingsError(f"ANHU_{name.upper()}", getattr(self, name), "1 to 500")
        self.processes()

    def processes(self) -> Mapping[str, int]:
        """Return process -> how many share the database."""
        found = {}
        for part in self.database_processes.split(","):
            name, _, number = part.strip().partition("=")
            if not name or not number.isdecimal():
                raise SettingsError("ANHU_DATABASE_PROCESSES", self.database_processes, _EXPECTED)
            found[name] = int(number)
        return found

    def database_limits(self, process: str) -> Limits:
        """Return what a process may take."""
        if process in _PAGES:
            pool = self.database_pool
            return Limits(process, pool, pool, statement_s=float(self.database_page_s), lock_s=self.database_page_s / 2)
        pool = self.database_pool_workers
        return Limits(process, pool, pool)
