"""The connection dies while an append commits: before the server heard of it, or before its answer came back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import attrs
import pytest
from sqlalchemy.engine import make_url

from respond.domain.streams import ANY, NO_STREAM
from respond.errors import OutcomeUnknown
from respond.store.records import Write
from respond.testing.conformance.samples import ONE, TWO, events, ids, ids_of
from sql_logs import opened

COMMITS = (b"COMMIT", b"WITH taken")
"""What a client sends when it commits: a transaction's end, or the one statement."""


@attrs.define
class Proxy:
    """Passes bytes on between clients and a server, until it is told to cut the next commit."""

    server: Any
    cut: str | None = None
    """`before` the commit is passed on, or `after`: the server has answered, and the answer is lost."""
    cuts: int = 0
    refuses: bool = False
    """Whether new connections are dropped at once."""

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if self.refuses:
                client.close()
            else:
                threading.Thread(target=self._serve_one, args=(client,), daemon=True).start()

    def _serve_one(self, client: socket.socket) -> None:
        lost = threading.Event()
        with closing(client), closing(_connect(self.server)) as server:
            back = threading.Thread(target=_pass_back, args=(server, client, lost), daemon=True)
            back.start()
            with suppress(OSError):
                while data := client.recv(1 << 16):
                    if self.cut is not None and any(word in data for word in COMMITS):
                        cut, self.cut = self.cut, None
                        self.cuts += 1
                        if cut == "after":
                            lost.set()
                            server.sendall(data)
                            back.join()
                        break
                    server.sendall(data)
            _shut(client)
            _shut(server)


def _pass_back(server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
    """Pass answers on, until one is to be lost."""
    with suppress(OSError):
        while (data := server.recv(1 << 16)) and not lost.is_set():
            client.sendall(data)
    _shut(client)


def _connect(address: Any) -> socket.socket:
    if isinstance(address, str):
        server = socket.socket(socket.AF_UNIX)
        server.connect(address)
        return server
    return socket.create_connection(address)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(url: str) -> Iterator[tuple[str, Proxy]]:
    """Yield the URL of the same database behind a proxy, and the proxy."""
    parsed = make_url(url)
    port = parsed.port or {"postgresql": 5432, "mariadb": 3306}[parsed.get_backend_name()]
    folder = parsed.query.get("host")
    server = f"{folder}/.s.PGSQL.{port}" if folder else (parsed.host or "127.0.0.1", port)
    proxy = Proxy(server)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
        behind = parsed.set(host="127.0.0.1", port=listener.getsockname()[1], query={})
        if parsed.get_backend_name() == "postgresql":
            behind = behind.set(query={"sslmode": "disable", "gssencmode": "disable"})
        yield behind.render_as_string(hide_password=False), proxy


@pytest.fixture(params=["postgresql-statement", "postgresql-transaction", "mariadb-transaction"])
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return the URL of an empty database, and a way to append to it."""
    name, _, path = request.param.partition("-")
    return str(request.getfixturevalue(f"{name}_url")), path


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("expected", [ANY, NO_STREAM], ids=str)
def test_cut_at_commit(way: tuple[str, str], cut: str, expected: Any) -> None:
    """An append that is cut at its commit is in the log once, and its caller gets the place it has."""
    url, path = way
    with proxied(url) as (behind, proxy), opened(behind, create=True, append_path=path) as store:
        store.append(Write(TWO, events("before")))
        proxy.cut = cut
        appended = store.append(Write(ONE, events(1, 2), expected))
        assert proxy.cuts == 1
        assert (appended.first, appended.last, appended.versions, appended.replayed) == (2, 3, {ONE: 2}, False)
        assert store.append(Write(ONE, events(1, 2), expected)).replayed
        assert ids(store.read_log()) == ids_of("before", 1, 2)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_cut_and_gone(way: tuple[str, str], cut: str) -> None:
    """When nobody can be asked what became of it, the caller is told so; appending again later settles it."""
    url, path = way
    with proxied(url) as (behind, proxy), opened(behind, create=True, append_path=path) as store:
        store.append(Write(TWO, events("before")))
        proxy.cut, proxy.refuses = cut, True
        with pytest.raises(OutcomeUnknown) as unknown:
            store.append(Write(ONE, events(1, 2)))
        assert unknown.value.retryable
        proxy.refuses = False
        again = store.append(Write(ONE, events(1, 2)))
        assert (again.first, again.last, again.replayed) == (2, 3, cut == "after")
        assert ids(store.read_log()) == ids_of("before", 1, 2)
