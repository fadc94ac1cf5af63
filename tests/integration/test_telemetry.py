"""Spans and metrics, as OpenTelemetry's own tools see them; and nothing at all where it is not installed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from respond.domain.streams import NO_STREAM
from respond.engine.async_engine import AsyncEngine
from respond.engine.engine import Engine
from respond.errors import CommandRefused, StoreError, VersionConflict
from respond.integrations.gauges import watched
from respond.integrations.publisher import Publisher
from respond.integrations.telemetry import instrumented, traced
from respond.store.memory import MemoryEventStore
from respond.store.records import Write
from respond.store.sql import drop_triggers, engine_for
from respond.store.sql.checkpoints import Checkpoints
from respond.store.sql.schema import tables
from respond.testing.conformance.samples import ONE, START, TWO, events
from respond.workflow.incident.commands import Note
from sql_logs import opened, raw

SECRET = "Tills of Wang Li offline"
HIDDEN = """
import sys
sys.modules["opentelemetry"] = None
from respond import Engine
from respond.integrations import telemetry
from respond.integrations.gauges import watched
from respond.integrations.telemetry import instrumented, traced
def function(): return 1
assert traced("respond.append")(function) is function
with Engine.open("sqlite://") as engine:
    kinds = type(engine), type(engine.store)
    assert instrumented(engine) is engine and watched(engine.store) is engine.store
    assert (type(engine), type(engine.store)) == kinds and not vars(engine).get("execute")
    assert engine.store.observer is None
    assert engine.report(category="other", title="x").number == "INC-1"
assert not [name for name in sys.modules if name.startswith("opentelemetry.")]
print(telemetry.INSTALLED)
"""


@attrs.frozen
class Seen:
    """What was exported."""

    exporter: InMemorySpanExporter
    spans: TracerProvider
    reader: InMemoryMetricReader
    meters: MeterProvider

    @property
    def providers(self) -> dict[str, Any]:
        return {"tracer_provider": self.spans, "meter_provider": self.meters}

    def named(self, name: str) -> list[ReadableSpan]:
        """Return the spans of one name, in the order in which they ended."""
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def points(self, name: str) -> list[Any]:
        """Return what a metric says now."""
        found = self.reader.get_metrics_data()
        if found is None:
            return []
        metrics = [
            one for resource in found.resource_metrics for scope in resource.scope_metrics for one in scope.metrics
        ]
        return [point for one in metrics if one.name == name for point in one.data.data_points]


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Return what is exported from now on, and by which providers."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    spans, meters = TracerProvider(), MeterProvider([reader])
    spans.add_span_processor(SimpleSpanProcessor(exporter))
    yield Seen(exporter, spans, reader, meters)
    spans.shutdown()
    meters.shutdown()


def test_a_command_is_a_span_with_its_reads_and_appends(sqlite_url, seen):
    """A command's span holds those of what it read and appended, with names and figures of each."""
    with instrumented(Engine.open(sqlite_url), **seen.providers) as engine:
        engine.report(category="other", title=SECRET, actor="wang.li")
    (command,) = seen.named("respond.command")
    (append,) = seen.named("respond.append")
    (read,) = [span for span in seen.named("respond.read") if span.attributes["respond.question"] == "read_streams"]
    assert dict(command.attributes) == {
        "respond.category": "incident",
        "respond.command": "ReportIncident",
        "respond.position": 1,
        "respond.events": 1,
        "respond.replayed": False,
    }
    assert dict(append.attributes) == {"respond.streams": 1, "respond.events": 1}
    assert dict(read.attributes) == {"respond.question": "read_streams", "respond.rows": 0}
    assert {append.parent.span_id, read.parent.span_id} == {command.context.span_id}


def test_no_span_tells_what_someone_wrote(sqlite_url, seen):
    """Neither a text, an actor, a key nor an error's message goes out; what is told is there, as the control."""
    with instrumented(Engine.open(sqlite_url), **seen.providers) as engine:
        incident = engine.report(category="other", title=SECRET, actor="wang.li")
        with pytest.raises(CommandRefused):
            incident.resolve(resolution=SECRET, actor="chen.yu")
        told = [span.to_json() for span in seen.exporter.get_finished_spans()]
        assert any("ReportIncident" in one for one in told)
        for secret in (SECRET, "wang.li", "chen.yu", incident.id):
            assert not [one for one in told if secret in one]


def test_a_refusal_is_an_answer_and_a_fault_is_an_error(sqlite_url, seen):
    """Both are told by their code; only what went wrong makes a span one of errors."""
    engine = instrumented(Engine.open(sqlite_url), **seen.providers)
    incident = engine.report(category="other", title="x")
    with pytest.raises(CommandRefused):
        incident.resolve(resolution="y")
    engine.close()
    with pytest.raises(StoreError):
        incident.execute(Note(text="z"))
    _, refused, failed = seen.named("respond.command")
    assert (refused.attributes["error.type"], refused.status.status_code) == ("refused", StatusCode.UNSET)
    assert (failed.attributes["error.type"], failed.status.status_code) == ("store-error", StatusCode.ERROR)
    assert (failed.status.description, list(failed.events)) == (None, [])


def test_what_is_not_instrumented_makes_no_span(sqlite_url, seen):
    """The control: an engine beside the instrumented one goes its way unseen."""
    with Engine.open(sqlite_url) as engine, instrumented(Engine.open(sqlite_url), **seen.providers):
        engine.report(category="other", title="x")
        assert seen.exporter.get_finished_spans() == ()
        assert seen.points("respond.append.duration") == []


def test_asyncio_makes_the_same_spans(sqlite_url, seen):
    """The twin of an engine is traced through the code inside, and its spans hang together."""

    async def report() -> None:
        async with instrumented(await AsyncEngine.open(sqlite_url), **seen.providers) as engine:
            with seen.spans.get_tracer("host").start_as_current_span("request"):
                await asyncio.gather(*(engine.report(category="other", title="x") for _ in range(3)))

    asyncio.run(report())
    (request,) = seen.named("request")
    commands = seen.named("respond.command")
    assert [span.parent.span_id for span in commands] == [request.context.span_id] * 3
    assert {span.parent.span_id for span in seen.named("respond.append")} == {span.context.span_id for span in commands}


def test_a_joined_engine_is_traced_and_stays_joined(postgresql_url, seen):
    """In the caller's own transaction the commands are traced too, and are gone when the caller rolls back."""
    host = engine_for(postgresql_url)
    with instrumented(Engine.open(host), **seen.providers) as engine, host.connect() as connection:
        begun = connection.begin()
        with engine.transaction(connection) as joined:
            joined.report(category="other", title="x")
        begun.rollback()
        assert len(seen.named("respond.command")) == 1
        assert engine.store.head().position == 0
    host.dispose()


def test_appends_are_measured(url_of_any, seen):
    """How long appends took, how many events they brought, how many shared a commit, and how long the head was held."""
    with instrumented(opened(url_of_any, append_path="transaction"), **seen.providers) as store:
        store.append(Write(ONE, events(1, 2), NO_STREAM))
        store.append(Write(ONE, events(3)), Write(TWO, events(4)))
        with pytest.raises(VersionConflict):
            store.append(Write(ONE, events(5), NO_STREAM))
    by_error = {point.attributes.get("error.type"): point for point in seen.points("respond.append.duration")}
    assert {kind: point.count for kind, point in by_error.items()} == {None: 2, "version-conflict": 1}
    assert all(0 < point.sum < 60 for point in by_error.values())
    assert by_error[None].explicit_bounds[0] == 0.0005
    (added,) = seen.points("respond.events")
    assert added.value == 4
    (held,) = seen.points("respond.head.held")
    assert held.count == 2
    assert 0 < held.sum <= by_error[None].sum
    (shared,) = seen.points("respond.commit.appends")
    assert (shared.count, shared.sum) == (2, 2)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url_of_any(request) -> str:
    """Return the URL of an empty database, of each kind in turn."""
    return request.getfixturevalue(f"{request.param}_url")


def test_who_was_told_before_is_still_told(sqlite_url, seen):
    """An observer that the host has set goes on being told of each commit; instrumenting twice tells it once."""
    told = []

    class Host:
        def appended(self, **figures: Any) -> None:
            told.append(figures["events"])

    with opened(sqlite_url) as store:
        store.observer = Host()
        instrumented(instrumented(store, **seen.providers), **seen.providers)
        store.append(Write(ONE, events(1, 2)))
    assert told == [2]
    assert len(seen.named("respond.append")) == 1


def test_a_log_in_memory_is_traced(seen):
    """A store without commits is traced and timed like any other."""
    store = instrumented(MemoryEventStore(clock=lambda: START), **seen.providers)
    store.append(Write(ONE, events(1)))
    assert store.read_all()[0].position == 1
    assert [span.name for span in seen.exporter.get_finished_spans()][-1] == "respond.read"
    assert seen.points("respond.append.duration")[0].count == 1


def test_a_publisher_is_traced_step_by_step(sqlite_url, seen):
    """Each step of a publisher is a span that says what came of it, with what it read within."""
    went = []
    with instrumented(opened(sqlite_url), **seen.providers) as store:
        store.append(Write(ONE, events(1, 2)))
        publisher = instrumented(Publisher(store, went.append, name="wall", clock=lambda: START), **seen.providers)
        steps = [publisher.step().state for _ in range(3)]
    assert len(went) == 2
    spans = seen.named("respond.step")
    assert {span.attributes["respond.checkpoint"] for span in spans} == {"publisher:wall"}
    assert [span.attributes["respond.step"] for span in spans] == steps
    assert {"published", "idle"} <= set(steps)
    assert {span.context.span_id for span in spans} & {span.parent.span_id for span in seen.named("respond.read")}


def test_a_follower_is_traced_batch_by_batch(sqlite_url, seen):
    """Each batch of a projection that catches up is a span that names the projection and what came of it."""
    with Engine.open(sqlite_url) as engine:
        engine.projections.build_missing()
        engine.report(category="other", title="x")
        with instrumented(engine.projections.follower(["listing"]), **seen.providers) as follower:
            follower.catch_up()
    spans = seen.named("respond.step")
    assert {span.attributes["respond.checkpoint"] for span in spans} == {"listing"}
    assert "moved" in {span.attributes["respond.step"] for span in spans}


def test_lag_and_dead_letters_are_gauges(url_of_any, seen):
    """What is left to read, and what was given up, is observed for each checkpoint whenever metrics are collected."""
    with watched(opened(url_of_any), meter_provider=seen.meters) as store:
        store.append(Write(ONE, events(1, 2, 3)))
        checkpoints = Checkpoints(tables(), store.tenant)
        with store.transaction() as connection:
            checkpoints.create(connection, "board", 7, now=START)
            held = checkpoints.claim(connection, "board", 7, owner="a", now=START, lease_seconds=9)
            checkpoints.dead_letter(connection, held, store.read_all()[0], "torn", now=START)
        (lag,) = seen.points("respond.lag")
        assert lag.value == 3
        assert dict(lag.attributes) == {
            "respond.checkpoint": "board",
            "respond.version": 7,
            "respond.tenant": store.tenant,
        }
        with store.transaction() as connection:
            checkpoints.advance(connection, held, 2, now=START)
        assert [point.value for point in seen.points("respond.lag")] == [1]
        assert [point.value for point in seen.points("respond.dead_letters")] == [1]


def test_holes_are_a_gauge(sqlite_url, seen):
    """Positions without an event are counted on from the last look, and anew when the log has become shorter."""
    with watched(opened(sqlite_url), meter_provider=seen.meters) as store, raw(sqlite_url) as connection:
        for statement in drop_triggers("sqlite", "respond_"):
            connection.exec_driver_sql(statement)

        def holes() -> list[int]:
            return [point.value for point in seen.points("respond.holes")]

        store.append(Write(ONE, events(1, 2, 3)))
        assert holes() == [0]
        store.append(Write(ONE, events(4, 5, 6)))
        connection.exec_driver_sql("DELETE FROM respond_events WHERE position IN (4, 5)")
        assert holes() == [2]
        store.append(Write(TWO, events(7)))
        assert holes() == [2]
        connection.exec_driver_sql("DELETE FROM respond_events WHERE position > 1")
        connection.exec_driver_sql("UPDATE respond_head SET position = 2")
        assert holes() == [1]


def test_a_database_that_cannot_be_asked_is_not_observed(sqlite_url, seen, caplog):
    """While nothing can be asked there is no figure, and the log says why; nothing is raised."""
    store = watched(opened(sqlite_url), meter_provider=seen.meters)
    assert len(seen.points("respond.holes")) == 1
    store.close()
    assert seen.points("respond.holes") == []
    assert {record.metric for record in caplog.records} == {"respond.lag", "respond.dead_letters", "respond.holes"}


def test_a_function_is_traced_by_a_decorator(seen):
    """Any function can be a span, with attributes of its arguments and of its outcome."""
    double = traced(
        "host.double", lambda n: {"n": n}, outcome=lambda n: {"twice": n}, tracer=seen.spans.get_tracer("host")
    )(lambda n: 2 * n)
    assert double(4) == 8
    (span,) = seen.named("host.double")
    assert dict(span.attributes) == {"n": 4, "twice": 8}


def test_without_the_package_nothing_breaks_and_nothing_is_wrapped():
    """Where OpenTelemetry is not installed, functions and classes stay the very same, and all works."""
    done = subprocess.run([sys.executable, "-c", HIDDEN], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")
