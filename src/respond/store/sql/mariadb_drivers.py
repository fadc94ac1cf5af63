"""What the drivers of MariaDB are made to do that they have no option for."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

_ANSWERS = ("read_timeout", "write_timeout")
"""Options of PyMySQL that aiomysql refuses: there a task sets the bound of its calls itself."""


def without_answers(url: URL) -> URL:
    """Return *url* as aiomysql takes it, so that one URL serves a program that uses both."""
    return url.difference_update_query(_ANSWERS)


async def connect_in_time(**options: Any) -> Any:
    """Return a connection of aiomysql whose login took `connect_timeout` at most, which bounds the first step alone.

    What could not be finished is hung up; raises `OperationalError` of the driver.
    """
    import aiomysql  # noqa: PLC0415 - another driver may be all there is

    made, seconds = aiomysql.Connection(**options), options["connect_timeout"]
    try:
        async with asyncio.timeout(seconds):
            await made._connect()  # noqa: SLF001 - `connect` does the same, and keeps what it was cancelled in
    except TimeoutError as error:
        made.close()
        raise aiomysql.OperationalError(2003, f"the server let nobody in within {seconds} s") from error
    except BaseException:
        made.close()
        raise
    return made


def mend_pymysql(engine: Engine) -> None:
    """Let *engine* make connections of PyMySQL as `_mended` says."""
    event.listen(engine, "do_connect", _connect)


def _connect(dialect: object, record: object, arguments: list[Any], options: dict[str, Any]) -> Any:
    del dialect, record
    return _mended()(*arguments, **options)


@cache
def _mended() -> type[Any]:
    """Return PyMySQL's connection, but with a login that is bounded, and without reading certificates that nobody asks.

    Where nothing was said of TLS it takes it without looking at certificates, and reads those of the whole system each
    time to prepare for that, which takes longer than the login.
    """
    from pymysql.connections import Connection  # noqa: PLC0415 - another driver may be all there is

    class Mended(Connection):  # type: ignore[misc]
        _read_timeout: Any

        def connect(self, sock: Any = None) -> None:
            patience, self._read_timeout = self._read_timeout, self.connect_timeout
            try:
                super().connect(sock)
            finally:
                self._read_timeout = patience

        def _create_ssl_ctx(self, asked: Any) -> Any:
            if asked:
                return super()._create_ssl_ctx(asked)
            if not kept:
                kept.append(super()._create_ssl_ctx(asked))
            return kept[0]

    kept: list[Any] = []
    return Mended
