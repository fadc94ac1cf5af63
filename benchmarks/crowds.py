"""Writers at work: one alone, or many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from time import monotonic, perf_counter

import attrs
from our_writers import Writer


@attrs.frozen
class Work:
    """What was done in some time."""

    events: int
    seconds: float
    latencies: Sequence[float]
    """The seconds of each call."""

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def alone(writer: Writer, seconds: float) -> Work:
    """Let *writer* make calls that take *seconds* together; what it prepares in between does not count."""
    latencies: list[float] = []
    spent = 0.0
    while spent < seconds:
        prepared = writer.prepare()
        began = perf_counter()
        writer.call(prepared)
        latencies.append(perf_counter() - began)
        spent += latencies[-1]
    return Work(len(latencies) * writer.events, spent, latencies)


def together(writers: Sequence[Writer], seconds: float) -> Work:
    """Let each of *writers* make calls in a thread of its own for *seconds*, all at once."""
    ready = threading.Barrier(len(writers) + 1)
    shifts = [Shift(writer) for writer in writers]
    threads = [threading.Thread(target=shift.after, args=(ready, seconds)) for shift in shifts]
    for thread in threads:
        thread.start()
    ready.wait()
    began = monotonic()
    for thread in threads:
        thread.join()
    return gathered(shifts, monotonic() - began)


@attrs.define
class Shift:
    """The calls of one writer among many."""

    writer: Writer
    latencies: list[float] = attrs.field(factory=list)

    def after(self, ready: threading.Barrier, seconds: float) -> None:
        """Wait for the others, then work for *seconds*."""
        ready.wait()
        self.until(monotonic() + seconds)

    def until(self, end: float) -> None:
        """Make calls until *end*; a call that fails ends the shift and is a fault of the run."""
        writer, latencies = self.writer, self.latencies
        before = monotonic()
        while before < end:
            try:
                writer.call(writer.prepare())
            except Exception as error:  # noqa: BLE001 - the run shows whatever it was
                writer.faults.append(f"{writer.name}: {type(error).__name__}: {error}")
                return
            now = monotonic()
            latencies.append(now - before)
            before = now

    @property
    def events(self) -> int:
        return len(self.latencies) * self.writer.events


def gathered(shifts: Sequence[Shift], seconds: float) -> Work:
    """Return the work of all *shifts*."""
    return Work(sum(shift.events for shift in shifts), seconds, [one for shift in shifts for one in shift.latencies])
