"""A proxy between clients and a server, which cuts a connection at the commit: before it, or before its answer."""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, Literal

import attrs
from sqlalchemy.engine import make_url

COMMITS = (b"COMMIT", b"WITH taken", b"WITH wanted")
"""How that begins by which a client commits: a transaction's end, or a statement that is one by itself."""
MARIADB_QUERY = b"\x03"
"""The byte before the text of a statement."""

SO_ATTACH_FILTER = 26
"""Linux's number, which Python does not name."""

Cut = Literal["before", "after"]


@attrs.define
class PostgresqlWatch:
    """Follows what one client says to PostgreSQL: a statement that was prepared is called by its name later."""

    _buffer: bytearray = attrs.field(factory=bytearray)
    _greeted: bool = False
    _prepared: dict[bytes, bytes] = attrs.field(factory=dict)

    def commits(self, data: bytes) -> bool:
        """Return whether *data* completes a message that commits."""
        self._buffer += data
        found = False
        while (message := self._message()) is not None:
            kind, content = message
            if kind == b"P":
                name, text = content.split(b"\0", 2)[:2]
                self._prepared[name] = text
            elif kind == b"B":
                content = self._prepared.get(content.split(b"\0", 2)[1], b"")
            if kind in {b"B", b"Q"}:
                found = found or content.lstrip().startswith(COMMITS)
        return found

    def _message(self) -> tuple[bytes, bytes] | None:
        """Take the next message, once it is whole; the first one has no kind."""
        head = 1 if self._greeted else 0
        if len(self._buffer) < head + 4:
            return None
        end = head + int.from_bytes(self._buffer[head : head + 4], "big")
        if len(self._buffer) < end:
            return None
        kind, content = bytes(self._buffer[:head]), bytes(self._buffer[head + 4 : end])
        del self._buffer[:end]
        self._greeted = True
        return kind, content


@attrs.define
class MariadbWatch:
    """Follows what one client says to MariaDB: every statement in full."""

    def commits(self, data: bytes) -> bool:
        """Return whether *data* holds a commit."""
        return any(MARIADB_QUERY + commit in data for commit in COMMITS)


@attrs.define
class Proxy:
    """Passes bytes on between clients and a server, until it is told to cut the next commit."""

    server: Any
    watch: type[PostgresqlWatch | MariadbWatch]
    cut: Cut | None = None
    """`before` the commit is passed on, or `after`: the server has answered, and the answer is lost."""
    cuts: int = 0
    refuses: bool = False
    """Whether new connections are dropped at once."""
    silent: bool = False
    """Whether a client does not hear that it is cut: what it sends from then on vanishes, and nobody hangs up."""
    over: threading.Event = attrs.field(factory=threading.Event)
    """Set when nobody needs to be kept in the dark any longer."""
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def serve(self, listener: socket.socket) -> None:
        """Take clients until *listener* is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if self.refuses:
                client.close()
            else:
                threading.Thread(target=self._serve_one, args=(client,), daemon=True).start()

    def _taken(self) -> Cut | None:
        """Take the cut that is asked for, so that nobody else does."""
        with self._lock:
            cut, self.cut = self.cut, None
            self.cuts += cut is not None
            return cut

    def _serve_one(self, client: socket.socket) -> None:
        lost = threading.Event()
        watch = self.watch()
        with closing(client), closing(_connect(self.server)) as server:
            back = threading.Thread(target=self._pass_back, args=(server, client, lost), daemon=True)
            back.start()
            with suppress(OSError):
                while data := client.recv(1 << 16):
                    if watch.commits(data) and (cut := self._taken()) is not None:
                        lost.set()
                        if self.silent:
                            _let_vanish(client)
                        if cut != "after":
                            break  # and else go on: the rest of what the server waits for may come in another piece
                    server.sendall(data)
            _shut(server)
            if lost.is_set() and self.silent:
                self.over.wait()
            _shut(client)

    def _pass_back(self, server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        """Pass answers on, until one is to be lost."""
        with suppress(OSError):
            while (data := server.recv(1 << 16)) and not lost.is_set():
                client.sendall(data)
        if lost.is_set() and self.silent:
            self.over.wait()
        _shut(client)


def _let_vanish(connection: socket.socket) -> None:
    """Let the system drop every packet that arrives for *connection*, as if the line were cut: none is confirmed."""
    drop = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # a filter that returns: keep no byte
    program = struct.pack("HP", 1, ctypes.addressof(drop))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


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
    postgresql = parsed.get_backend_name() == "postgresql"
    port = parsed.port or (5432 if postgresql else 3306)
    folder = parsed.query.get("host")
    server = f"{folder}/.s.PGSQL.{port}" if folder else (parsed.host or "127.0.0.1", port)
    proxy = Proxy(server, PostgresqlWatch if postgresql else MariadbWatch)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
        query = {"sslmode": "disable", "gssencmode": "disable"} if postgresql else {}
        behind = parsed.set(host="127.0.0.1", port=listener.getsockname()[1], query=query)
        try:
            yield behind.render_as_string(hide_password=False), proxy
        finally:
            proxy.over.set()
