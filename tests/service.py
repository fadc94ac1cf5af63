"""The example service in a process of its own, and what must hold of its database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Self

import attrs
import psycopg
from sqlalchemy.engine import make_url

from respond import Engine
from respond.audit.check import check

FOLDER = Path(__file__).parent.parent / "examples" / "service"
LONG = 60


@attrs.define
class Service:
    """The service, listening before it is up: who asks too early waits."""

    url: str
    listening: socket.socket
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, url: str, *, lock_timeout: float = LONG) -> Self:
        """Start the service on the database at *url*; on a slow machine fifty clients wait long for each other."""
        listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        descriptor = listening.fileno()
        program = ["-m", "uvicorn", "--factory", "--app-dir", FOLDER, "--fd", descriptor, "--log-level", "warning"]
        process = subprocess.Popen(
            [sys.executable, *map(str, [*program, "app:create_app"])],
            pass_fds=[descriptor],
            env={**os.environ, "DATABASE_URL": url, "LOCK_TIMEOUT": str(lock_timeout)},
        )
        return cls(url, listening, process)

    @property
    def address(self) -> str:
        """Where it listens."""
        return "http://{}:{}".format(*self.listening.getsockname())

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(LONG)
        self.listening.close()

    def stop(self) -> None:
        """End it as a supervisor would."""
        self.listening.close()
        self.process.terminate()
        self.process.wait(LONG)


def tickets(url: str) -> list[str]:
    """Return the incidents that the tickets name."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        return [row[0] for row in connection.execute("SELECT incident_id FROM tickets")]


def faults(url: str) -> list[str]:
    """Return what is wrong: a ticket without its incident, an incident without its ticket, a log that is not clean."""
    with Engine.open(url, create=False) as engine:
        report = check(engine.store)  # type: ignore[arg-type]
        reported = [event.body["subject"] for event in engine.log() if event.type == "IncidentReported"]
    opened = tickets(url)
    twice = [f"{name} was reported {count} times" for name, count in Counter(reported).items() if count > 1]
    return [
        *(f"ticket without incident: {name}" for name in set(opened) - set(reported)),
        *(f"incident without ticket: {name}" for name in set(reported) - set(opened)),
        *twice,
        *(finding.text for finding in report.findings),
    ]
