"""Count how incidents were handled a second time, from bodies alone and by rules written down anew.

It shares no code with the projection, and imports nothing of respond: what both agree on was computed twice.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

ACKNOWLEDGING = {
    "IncidentAcknowledged",
    "IncidentAssessed",
    "LevelAssigned",
    "ResponseStarted",
    "CommandTransferred",
}
LEVELS = {"LevelAssigned": "level", "LevelChanged": "to_level", "IncidentAbsorbed": "worst_level"}
Told = tuple[datetime, int, str, Mapping[str, Any]]
"""When it happened, its position, its type, and what it says by now."""


def moment(claim: Any) -> datetime:
    """Return the instant that a body tells."""
    return datetime.fromisoformat(claim if isinstance(claim, str) else claim["at"])


def told(events: Iterable[tuple[int, datetime, Mapping[str, Any]]]) -> list[Told]:
    """Return what holds of one incident, given as position, time of recording and body, in the world's order."""
    entries: dict[str, Told] = {}
    recorded: dict[str, datetime] = {}
    for position, recorded_at, body in events:
        data = dict(body.get("data", {}))
        if body["type"] == "EntryRetracted":
            entries.pop(data["entry"], None)
        elif body["type"] == "EntryCorrected":
            if data["entry"] in entries:
                at, place, kind, was = entries[data["entry"]]
                changes = dict(data.get("changes", {}))
                if "occurred_at" in changes:
                    right = changes.pop("occurred_at")
                    at = recorded[data["entry"]] if right is None else moment(right)
                entries[data["entry"]] = at, place, kind, {**was, **changes}
        else:
            at = moment(body["occurred_at"]) if "occurred_at" in body else recorded_at
            entries[body["id"]] = at, position, body["type"], data
            recorded[body["id"]] = recorded_at
    return sorted(entries.values(), key=lambda one: (one[0], one[1]))


def seconds(since: datetime, until: datetime) -> int:
    """Return the whole seconds between two instants, at least 0."""
    return max(0, math.floor((until - since).total_seconds()))


def cut(entries: Sequence[Told]) -> list[list[Told]]:
    """Return *entries* in pieces: each reopening that a resolution came before begins another."""
    pieces: list[list[Told]] = [[]]
    for entry in entries:
        if entry[2] == "IncidentReopened" and any(kind == "IncidentResolved" for _, _, kind, _ in pieces[-1]):
            pieces.append([])
        pieces[-1].append(entry)
    return pieces


def attained(pieces: Sequence[Sequence[Told]], said: str, purpose: str) -> list[datetime | None]:
    """Return when each piece attained what *said* tells of, else what measures of that *purpose* are for."""
    found: list[datetime | None] = []
    before: list[Told] = []
    for piece in pieces:
        before += piece
        meant = [one for one in before if one[2].startswith("Measure") and one[3].get("kind", "other") == purpose]
        stands = {}
        for _, _, kind, data in before:
            ended = kind in {"MeasureCompleted", "MeasureSkipped"}
            if ended or (kind == "MeasureStarted" and data.get("kind", "other") == purpose):
                stands[data["measure"]] = kind
        spoken = [at for at, _, kind, _ in piece if kind == said]
        done = [one[0] for one in meant if one[2] == "MeasureCompleted" and one in piece]
        if spoken:
            found.append(min(spoken))
        else:
            found.append(max(done) if done and "MeasureStarted" not in stands.values() else None)
    return found


def intervals(entries: Sequence[Told]) -> list[tuple[str, bool, int]]:
    """Return how long each step took: its name, whether it was taken before, and the seconds."""
    first: dict[str, datetime] = {}
    for at, _, kind, _ in entries:
        first.setdefault(kind, at)
    reported = first["IncidentReported"]
    found = []
    taken_up = [at for at, _, kind, _ in entries if kind in ACKNOWLEDGING]
    if taken_up:
        found.append(("acknowledge", False, seconds(reported, taken_up[0])))
    if "IncidentAssessed" in first:
        found.append(("assess", False, seconds(reported, first["IncidentAssessed"])))
    pieces = cut(entries)
    starts = [reported, *(piece[0][0] for piece in pieces[1:])]
    resolved = [[at for at, _, kind, _ in piece if kind == "IncidentResolved"] for piece in pieces]
    closed = [[at for at, _, kind, _ in piece if kind == "IncidentReviewed"] for piece in pieces]
    spans: dict[str, list[tuple[datetime, datetime | None]]] = {
        "contain": list(zip(starts, attained(pieces, "IncidentContained", "contain"), strict=True)),
        "restore": list(zip(starts, attained(pieces, "ServiceRestored", "restore"), strict=True)),
        "resolve": [(start, min(ends, default=None)) for start, ends in zip(starts, resolved, strict=True)],
        "review": [(max(one), max(end, default=None)) for one, end in zip(resolved, closed, strict=True) if one],
    }
    for step, each in spans.items():
        reached = [seconds(start, end) for start, end in each if end is not None]
        found += [(step, place > 0, took) for place, took in enumerate(reached)]
    return found


def nearest(values: Sequence[int], share: Fraction) -> int | None:
    """Return the smallest value that at least this *share* of all *values* does not exceed."""
    for value in sorted(values):
        if Fraction(sum(one <= value for one in values), len(values)) >= share:
            return value
    return None


def recount(streams: Iterable[Sequence[tuple[int, datetime, Mapping[str, Any]]]]) -> dict[str, Any]:
    """Return the figures over *streams*, each the events of one incident."""
    counted = other = cancelled = 0
    times: dict[tuple[str, int | None, bool], list[int]] = defaultdict(list)
    losses: dict[str, Decimal] = defaultdict(Decimal)
    for events in streams:
        entries = told(events)
        states = [body["data"]["to"] for _, _, body in events if "to" in body["data"] and "from" in body["data"]]
        if states[-1] in {"cancelled", "merged"}:
            cancelled += states[-1] == "cancelled"
            continue
        counted += 1
        levels = [
            body["data"].get(name) for _, _, body in events for kind, name in LEVELS.items() if body["type"] == kind
        ]
        level = min((one for one in levels if one is not None), default=None)
        category = ""
        loss = None
        for _, _, kind, data in sorted(entries, key=lambda one: one[1]):
            category = (
                {"IncidentReported": "category", "IncidentRecategorised": "to_category"}.get(kind)
                and (data.get("category") or data.get("to_category"))
            ) or category
            if kind == "IncidentAssessed":
                loss = data.get("loss")
        other += category == "other"
        if loss is not None:
            losses[loss["currency"]] += Decimal(loss["amount"]["$dec"])
        for step, again, took in intervals(entries):
            times[step, level, again].append(took)
    return {
        "incidents": counted,
        "cancelled": cancelled,
        "other": other,
        "losses": dict(losses),
        "times": {
            key: (len(found), nearest(found, Fraction(1, 2)), nearest(found, Fraction(9, 10)))
            for key, found in times.items()
        },
    }
