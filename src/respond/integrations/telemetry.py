"""Telemetry: spans and metrics of OpenTelemetry for whoever asks for them; nothing where that is not installed.

They carry categories, the names of commands and of projections, and figures; no key, no text, no actor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from respond.errors import CommandRefused, RespondError

try:
    from opentelemetry import metrics, trace
except ImportError:
    INSTALLED = False
else:
    INSTALLED = True

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram, Meter, MeterProvider
    from opentelemetry.trace import Span, Tracer, TracerProvider

P = ParamSpec("P")
ResultT = TypeVar("ResultT")
TargetT = TypeVar("TargetT")
Attributes = dict[str, str | int | bool]
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

SCOPE = "respond"
_DONE = "respond_instrumented"
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Where the buckets of a time end: a commit takes from half a millisecond to the time for which a lock is waited."""
_APPENDS = (1, 2, 4, 8, 16, 32, 64, 128)
_QUESTIONS = ("read_stream", "read_streams", "read_subject", "read_all", "read_bodies", "read_log", "versions", "known")


# -- spans -------------------------------------------------------------------------------------------------------------


def traced(
    name: str,
    describe: Callable[..., Attributes] | None = None,
    *,
    outcome: Callable[[Any], Attributes] | None = None,
    tracer: Tracer | None = None,
) -> Callable[[Callable[P, ResultT]], Callable[P, ResultT]]:
    """Return a decorator that makes a span called *name* of each call, described by its arguments and its *outcome*.

    Where OpenTelemetry is not installed the decorator returns the function itself.
    """

    def decorate(function: Callable[P, ResultT]) -> Callable[P, ResultT]:
        if not INSTALLED:
            return function
        spans = tracer or trace.get_tracer(SCOPE)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> ResultT:
            with spans.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
                if describe is not None and span.is_recording():
                    span.set_attributes(describe(*args, **kwargs))
                try:
                    result = function(*args, **kwargs)
                except Exception as error:
                    _failed(span, error)
                    raise
                if outcome is not None and span.is_recording():
                    span.set_attributes(outcome(result))
                return result

        return call

    return decorate


def _failed(span: Span, error: Exception) -> None:
    """Note what went wrong by its code alone: a message may quote what someone wrote.  A refusal is an answer."""
    span.set_attribute("error.type", _kind(error))
    if not isinstance(error, CommandRefused):
        span.set_status(trace.StatusCode.ERROR)


def _kind(error: Exception) -> str:
    return error.code if isinstance(error, RespondError) else type(error).__name__


# -- engines, stores, runners ------------------------------------------------------------------------------------------


def instrumented(
    target: TargetT, *, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
) -> TargetT:
    """Return *target*, from now on traced and measured: an engine with its store, a store, a follower or a publisher.

    The twins for asyncio are taken as well.  Where OpenTelemetry is not installed nothing changes.
    """
    if not INSTALLED:
        return target
    spans = trace.get_tracer(SCOPE, tracer_provider=tracer_provider)
    meter = metrics.get_meter(SCOPE, meter_provider=meter_provider)
    inner = getattr(target, "inner", target)  # a twin for asyncio runs the code of the one inside
    parts: list[Any] = [inner, getattr(inner, "store", None), *getattr(inner, "runners", ())]
    for one in parts:
        if hasattr(one, _DONE):
            continue
        if hasattr(one, "append"):
            _override(one, _of_store(spans, meter))
            if hasattr(one, "observer"):
                one.observer = _Commits(meter, one.observer)
        elif hasattr(one, "execute"):
            _override(one, _of_engine(spans))
        elif hasattr(one, "step"):
            _override(one, {"step": traced("respond.step", _step, outcome=_stepped, tracer=spans)})
    return target


def _override(target: Any, decorators: Mapping[str, Decorator]) -> None:
    """Let *target* be of a class whose methods are decorated.

    Not methods of its own, which would stay bound to it: `Engine.transaction` makes another engine of the same class.
    """
    kind = type(target)
    methods = {name: decorate(getattr(kind, name)) for name, decorate in decorators.items() if hasattr(kind, name)}
    words = {"__module__": kind.__module__, "__doc__": kind.__doc__, _DONE: True}
    target.__class__ = type(kind.__name__, (kind,), {**methods, **words})


def _of_store(spans: Tracer, meter: Meter) -> Mapping[str, Decorator]:
    latency = meter.create_histogram(
        "respond.append.duration",
        unit="s",
        description="How long an append took, as its caller sees it",
        explicit_bucket_boundaries_advisory=_SECONDS,
    )

    def append(function: Callable[P, ResultT]) -> Callable[P, ResultT]:
        return traced("respond.append", _append, tracer=spans)(_timed(latency, function))

    return {"append": append, **{name: _question(name, spans) for name in _QUESTIONS}}


def _question(name: str, spans: Tracer) -> Decorator:
    asked: Attributes = {"respond.question": name}
    return traced(
        "respond.read", lambda *_, **__: asked, outcome=lambda rows: {"respond.rows": len(rows)}, tracer=spans
    )


def _of_engine(spans: Tracer) -> Mapping[str, Decorator]:
    command = traced("respond.command", _command, outcome=_outcome, tracer=spans)
    merge = traced("respond.command", lambda *_, **__: {"respond.command": "Merge"}, outcome=_outcome, tracer=spans)
    return {"execute": command, "merge": merge}


def _append(_store: Any, *writes: Any, **_: Any) -> Attributes:
    return {"respond.streams": len(writes), "respond.events": sum(len(write.events) for write in writes)}


def _command(_engine: Any, category: str, _key: str, command: object, **_: Any) -> Attributes:
    return {"respond.category": category, "respond.command": type(command).__name__}


def _outcome(outcome: Any) -> Attributes:
    return {
        "respond.position": outcome.position,
        "respond.events": len(outcome.events),
        "respond.replayed": outcome.replayed,
    }


def _step(runner: Any) -> Attributes:
    return {"respond.checkpoint": runner.name}


def _stepped(step: Any) -> Attributes:
    return {"respond.step": str(getattr(step, "state", step))}


def _timed(histogram: Histogram, function: Callable[P, ResultT]) -> Callable[P, ResultT]:
    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> ResultT:
        started = perf_counter()
        attributes: dict[str, str] = {}
        try:
            return function(*args, **kwargs)
        except Exception as error:
            attributes["error.type"] = _kind(error)
            raise
        finally:
            histogram.record(perf_counter() - started, attributes)

    return call


class _Commits:
    """Is told what commits cost, and tells the one who was told before."""

    def __init__(self, meter: Meter, before: Any) -> None:
        self._before = before
        self._events = meter.create_counter("respond.events", unit="{event}", description="Events that were appended")
        self._batch = meter.create_histogram(
            "respond.commit.appends",
            unit="{append}",
            description="How many appends shared a commit",
            explicit_bucket_boundaries_advisory=_APPENDS,
        )
        self._held = meter.create_histogram(
            "respond.head.held",
            unit="s",
            description="How long a commit held the head of the log, and kept others waiting",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )

    def appended(self, *, appends: int, events: int, seconds: float, held_seconds: float | None) -> None:
        """Take note of one commit."""
        self._events.add(events)
        self._batch.record(appends)
        if held_seconds is not None:
            self._held.record(held_seconds)
        if self._before is not None:
            self._before.appended(appends=appends, events=events, seconds=seconds, held_seconds=held_seconds)
