"""Where the benchmarks of the store take place: empty databases, one after another, of one server or one folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from databases import postgresql_server, postgresql_settings, sqlite_settings
from sides import opened_peer, opened_store

from servers import fresh_postgresql

Database = Literal["postgresql", "sqlite"]
TITLES: dict[Database, str] = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


class Grounds:
    """Gives empty databases; starts the server when the first one of its kind is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = count()
        self._stack = ExitStack()
        self._server: str | None = None
        self._shown: set[Database] = set()

    @contextmanager
    def empty(self, database: Database) -> Iterator[str]:
        """Yield the URL of an empty database; it is gone afterwards."""
        if database == "postgresql":
            with fresh_postgresql(self._postgresql()) as url:
                yield url
            return
        folder = self._folder / f"{next(self._files)}"
        folder.mkdir()
        try:
            yield f"sqlite:///{folder / 'log.db'}"
        finally:
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()

    def show_settings(self, database: Database) -> None:
        """Print, once, what a commit costs on this kind of database."""
        if database in self._shown:
            return
        self._shown.add(database)
        with self.empty(database) as ours, self.empty(database) as theirs:
            if database == "postgresql":
                print(postgresql_settings(ours))
                return
            with opened_store(ours) as store, opened_peer(theirs) as application:
                print(sqlite_settings(store, application))

    def _postgresql(self) -> str:
        if self._server is None:
            self._server = self._stack.enter_context(postgresql_server())
        return self._server

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
