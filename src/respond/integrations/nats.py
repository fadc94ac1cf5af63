"""NATS JetStream as a target: the broker drops what it was told before, by the id of the event.  Extra `nats`."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Coroutine, Sequence
from threading import Thread
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

from nats.aio.client import Client
from nats.errors import BadSubjectError
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from respond.errors import InvalidInput, TargetUnavailable
from respond.integrations.cloudevents import STRUCTURED_TYPE, attribute_headers, data_of, structured
from respond.integrations.target import Outgoing, Refused
from respond.store.records import Recorded

ResultT = TypeVar("ResultT")
Mode = Literal["structured", "binary"]

DEFAULT_PREFIX = "respond"
IN_FLIGHT = 64
"""How many events of different streams wait for their acknowledgement at the same time."""

_TOKEN_MAX = 200
_NONE = "-"
"""Stands for a category without a name; no category holds a hyphen."""
_FRAME_BYTES = 64
"""What a message holds besides its body and its headers, at most."""
_SERVER_ERROR = 500
_LOGGER = logging.getLogger("respond.publisher")


class JetStream:
    """The JetStream of one broker, or cluster; a connection is made when there is something to publish.

    An event is published when its predecessor in the same stream is acknowledged; different streams do not wait for
    each other.  `Nats-Msg-Id` is the event's id: within the duplicate window of the JetStream stream, the broker keeps
    one message of an id.
    """

    def __init__(
        self,
        servers: str | Sequence[str],
        *,
        prefix: str = DEFAULT_PREFIX,
        mode: Mode = "structured",
        timeout_seconds: float = 5.0,
        **options: Any,
    ) -> None:
        """Publish to *servers* under subjects that begin with *prefix*; *options* as for `nats.connect`."""
        if mode not in {"structured", "binary"}:
            raise InvalidInput(f"{mode!r} is not one of structured, binary", place="mode", value=mode)
        self._servers = servers if isinstance(servers, str) else list(servers)
        self._prefix = prefix
        self._mode = mode
        self._timeout_seconds = timeout_seconds
        self._options = options
        self._client: Client | None = None

    async def _publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        try:
            client = await self._connected()
        except TargetUnavailable as error:
            return Refused(0, error)
        streams: dict[str, list[int]] = {}
        for index, outgoing in enumerate(batch):
            streams.setdefault(outgoing.row.stream, []).append(index)
        refused: list[Refused] = []
        free = asyncio.Semaphore(IN_FLIGHT)

        async def one_stream(indexes: Sequence[int]) -> None:
            for index in indexes:
                async with free:
                    if any(one.index < index for one in refused):  # those before it were promised
                        return
                    error = await self._try(client, batch[index])
                if error is not None:
                    refused.append(Refused(index, error))
                    return

        await asyncio.gather(*map(one_stream, streams.values()))
        first = min(refused, key=lambda one: one.index, default=None)
        if any(one.is_outage for one in refused):
            await self._hang_up()
        return first

    async def _try(self, client: Client, outgoing: Outgoing) -> Exception | None:
        """Publish one event; return what stood against it."""
        headers, body = self._message(outgoing)
        size = len(body) + sum(len(name) + len(value) + 4 for name, value in headers.items()) + _FRAME_BYTES
        if size > client.max_payload:  # the broker would hang up
            return InvalidInput(f"has {size} bytes, the broker takes at most {client.max_payload}", place="message")
        try:
            await client.jetstream(timeout=self._timeout_seconds).publish(
                subject_of(outgoing.row, self._prefix), body, headers=headers
            )
        except BadSubjectError as error:
            return error
        except APIError as error:
            return error if (error.code or _SERVER_ERROR) < _SERVER_ERROR else _unavailable(error)
        except (NatsError, OSError) as error:
            return _unavailable(error)
        return None

    def _message(self, outgoing: Outgoing) -> tuple[dict[str, str], bytes]:
        """Return headers and body of the message."""
        if self._mode == "structured":
            headers, body = {"content-type": STRUCTURED_TYPE}, structured(outgoing.event)
        else:
            headers, body = attribute_headers(outgoing.event), data_of(outgoing.event)
        headers["Nats-Msg-Id"] = outgoing.row.id
        return headers, body

    async def _connected(self) -> Client:
        """Return the connection, made anew when it was lost; raises `TargetUnavailable`."""
        if self._client is not None and self._client.is_connected:
            return self._client
        await self._hang_up()
        client = Client()
        options = {"allow_reconnect": False, "max_reconnect_attempts": 1, "reconnect_time_wait": 0, **self._options}
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await client.connect(self._servers, error_cb=_note, **options)
        except (NatsError, OSError) as error:  # a timeout is an OSError
            await client.close()
            raise _unavailable(error) from error
        self._client = client
        return client

    async def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()


class NatsTarget(JetStream):
    """Publishes to a `JetStream`; use it in one thread, of the process that made it."""

    _loop: asyncio.AbstractEventLoop | None = None
    _thread: Thread | None = None

    def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        """Take all of *batch*, those of one stream in the order given; return the first that was not taken."""
        return self._run(self._publish(batch))

    def close(self) -> None:
        """Close the connection; closing twice does nothing."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._run(self._hang_up())
        self._loop = self._thread = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Do *work* in the loop of this target, which answers the broker between publishing too."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = Thread(target=self._loop.run_forever, name="respond-nats", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class AsyncNatsTarget(JetStream):
    """Publishes to a `JetStream` in the event loop of whoever awaits it; use it in one loop."""

    async def publish(self, batch: Sequence[Outgoing]) -> Refused | None:
        """Take all of *batch*, those of one stream in the order given; return the first that was not taken."""
        return await self._publish(batch)

    async def close(self) -> None:
        """Close the connection; closing twice does nothing."""
        await self._hang_up()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def subject_of(row: Recorded, prefix: str = DEFAULT_PREFIX) -> str:
    """Return the subject of an event: prefix, tenant, category and type; what no token holds is percent-encoded."""
    return ".".join((prefix, *map(_token, (row.tenant, row.stream.partition("-")[0], row.type))))


def _token(text: str) -> str:
    token = quote(text, safe="").replace(".", "%2E")
    if len(token) <= _TOKEN_MAX:
        return token or _NONE
    return f"{token[: _TOKEN_MAX - 17]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _unavailable(error: Exception) -> TargetUnavailable:
    return TargetUnavailable(f"the broker cannot be reached: {type(error).__name__}: {error}; it is tried again")


async def _note(error: Exception) -> None:
    _LOGGER.debug("nats: %s", error)
