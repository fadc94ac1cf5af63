"""Servers that a test may kill: each in a folder of its own, started again on what is left."""

from __future__ import annotations

import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import attrs
import pymysql
from sqlalchemy.engine import make_url

from servers import (
    POSTGRESQL_VARIABLE,
    Cluster,
    _mariadb,
    fresh_mariadb,
    fresh_postgresql,
    missing,
    reachable_postgresql,
)

MARIADB_PREFIX = "respond-mariadb-"
PATIENCE = 60
"""Seconds within which a server must answer, or be gone."""


class OwnServer(Protocol):
    """A server that belongs to one test."""

    def start(self) -> None:
        """Start it on the data that are there, and wait until it answers."""
        ...

    def kill(self) -> None:
        """Kill it, and all that it started, as if the machine had gone; wait until they are gone."""
        ...

    def fresh(self) -> AbstractContextManager[str]:
        """Lend the URL of an empty database."""
        ...


@attrs.frozen
class OwnPostgresql:
    """The PostgreSQL of the wheel."""

    cluster: Cluster

    def start(self) -> None:
        self.cluster.start()

    def kill(self) -> None:
        with suppress(FileNotFoundError):  # it could not start
            first = int((self.cluster.data / "postmaster.pid").read_text().partition("\n")[0])
            pids = [first, *_children(first)]
            memory = {segment for pid in pids for segment in _shared_memory(pid)}
            _kill(pids)
            for segment in memory:  # it would outlive its processes, but not its machine
                Path(segment).unlink(missing_ok=True)

    def fresh(self) -> AbstractContextManager[str]:
        return fresh_postgresql(self.cluster.url)

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        try:
            self.cluster.remove()
        except RuntimeError:  # it was killed, and did not start again
            self.kill()
            shutil.rmtree(self.cluster.folder)


@attrs.define
class OwnMariadb:
    """A MariaDB server of this machine, on a port of its own."""

    folder: Path
    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mariadb+pymysql://root@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start the server, which makes its tables first when there are none."""
        server = _program("mariadbd", "mariadb-server")
        if not self.data.exists():
            self.data.mkdir(mode=0o700)
            shutil.chown(self.data, *_account())
            install = _program("mariadb-install-db", "mariadb-server")
            quiet = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
            self._run(install, *quiet).wait(PATIENCE)
        place = ["--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self.folder / 'socket'}"]
        small = ["--innodb-log-file-size=16M", "--innodb-buffer-pool-size=32M"]
        self.process = self._run(server, *place, *small)
        self._wait_until_it_answers(self.process)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def fresh(self) -> AbstractContextManager[str]:
        return fresh_mariadb(self.url)

    def remove(self) -> None:
        """Kill the server and delete its folder."""
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder)

    def _run(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        demoted: dict[str, Any] = {}
        if os.geteuid() == 0:
            user, group = _account()
            demoted = {"user": user, "group": group, "extra_groups": []}
        command = [program, "--no-defaults", f"--datadir={self.data}", f"--pid-file={self.folder / 'pid'}", *options]
        with (self.folder / "output").open("ab") as output:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **demoted)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(PATIENCE * 20):
            with suppress(pymysql.err.OperationalError), _mariadb(make_url(self.url)):
                return
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                break
        output = (self.folder / "output").read_text(errors="replace")
        raise RuntimeError(f"MariaDB did not start: {output[-2000:]}")


@contextmanager
def own_postgresql(disk: Path | None = None) -> Iterator[OwnPostgresql]:
    """Yield a running PostgreSQL whose data lie on *disk*; it is gone at the end."""
    if POSTGRESQL_VARIABLE in os.environ:
        missing(f"a server that may be killed is one of our own; unset {POSTGRESQL_VARIABLE}")
    server = OwnPostgresql(Cluster.planned(disk))
    try:
        reachable_postgresql(server.cluster)
        yield server
    finally:
        server.remove()


@contextmanager
def own_mariadb(disk: Path | None = None) -> Iterator[OwnMariadb]:
    """Yield a running MariaDB whose data lie on *disk*; it is gone at the end."""
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=f"{MARIADB_PREFIX}{os.getpid()}-"))
    server = OwnMariadb(folder, (disk or folder) / "data", _free_port())
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, *_account())
        server.start()
        yield server
    finally:
        server.remove()


OWN = {"postgresql": own_postgresql, "mariadb": own_mariadb}


def remove_leftovers() -> None:
    """Kill the MariaDB servers whose owner was killed before it could, and delete their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{MARIADB_PREFIX}*"):
        owner = int(folder.name.removeprefix(MARIADB_PREFIX).partition("-")[0])
        if _lives(owner):
            continue
        with suppress(FileNotFoundError):
            pid = int((folder / "pid").read_text())
            if str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                _kill([pid])
        shutil.rmtree(folder)


def _program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        missing(f"no {name}; install the Debian package {package}")
    return str(found)


def _account() -> tuple[int, int]:
    """Return the account that servers run as: none of them likes to be root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    account = pwd.getpwnam("nobody")
    return account.pw_uid, account.pw_gid


def _free_port() -> int:
    """Return a port that nobody listens on now; PyMySQL leaks the socket when a server's own is not there yet."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _children(pid: int) -> list[int]:
    """Return the processes that *pid* started itself."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def _shared_memory(pid: int) -> list[str]:
    """Return the files of PostgreSQL's shared memory that a process has mapped."""
    try:
        return re.findall(r"/dev/shm/PostgreSQL\.\d+", Path(f"/proc/{pid}/maps").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return []


def _kill(pids: list[int]) -> None:
    """Kill processes that are not our children, in this order, and wait until nothing of them is left."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in pids:
        for _ in range(PATIENCE * 100):
            if not _lives(pid):
                break
            select.select([], [], [], 0.01)  # whoever adopted it has yet to take note of its end
        else:
            raise TimeoutError(f"process {pid} was killed and is still there")
