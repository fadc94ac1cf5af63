"""The rows of a log in their order: no gap, no time that goes back, and an end where the log says it is."""

from __future__ import annotations

from respond.audit.finding import Findings
from respond.store.records import Head, Recorded


class Order:
    """Follows positions and times from row to row."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.position = 0
        """The position of the last row."""
        self._recorded_us: object = 0

    def follow(self, record: Recorded) -> None:
        """Judge *record* as the next row."""
        position, due = record.position, self.position + 1
        if position > due:
            missing = f"position {due} is" if position == due + 1 else f"positions {due} to {position - 1} are"
            self._findings.add("position-gap", due, f"{missing} missing")
        elif position < due:
            self._findings.add("position-order", position, f"position {position} stands where {due} is due")
        before, now = self._recorded_us, record.recorded_us
        if type(before) is int and type(now) is int and now < before:
            self._findings.add("recorded-back", position, f"recorded_at goes back, from {before} to {now}")
        self.position = max(position, self.position)
        self._recorded_us = now

    def end(self, head: Head | None) -> None:
        """Judge the end of the log against what its head says."""
        if head is None:
            self._findings.add("head-missing", self.position, "the log does not say where it ends: its head is missing")
            return
        if head.position != self.position:
            if type(head.position) is int and head.position > self.position:
                text = f"the head says {head.position}, the last row is {self.position}: the last rows are missing"
                self._findings.add("log-short", self.position + 1, text)
            else:
                text = f"the head says {head.position!r}, the log goes on to {self.position}"
                self._findings.add("head-behind", self.position, text)
        if head.recorded_us != self._recorded_us:
            text = f"the head was recorded at {head.recorded_us!r}, the last row at {self._recorded_us!r}"
            self._findings.add("head-recorded-at", self.position, text)
