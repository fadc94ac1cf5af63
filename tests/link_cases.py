"""Cases of the guards about other incidents, and the sentences of such entries."""

from __future__ import annotations

from collections.abc import Callable

from guard_cases import Case, at
from play import ROUTES, Play
from respond.workflow.incident import commands as c
from respond.workflow.incident import events as e
from respond.workflow.incident.links import IncidentLinked, IncidentUnlinked, Relate, Unrelate
from respond.workflow.incident.splitting import Split
from respond.workflow.incident.state import OPEN, RESOLVED
from respond.workflow.incident.unmerging import AbsorptionUndone, MergeUndone, UndoAbsorption, UndoMerge

UNDO = UndoMerge(into="i-2", reason="two fires")
ELSEWHERE = UndoMerge(into="i-3", reason="two fires")
MERGE = c.Merge(into="i-2", reason="one fire")


def merged_from(state: str) -> Callable[[], Play]:
    """Return what makes an incident that was merged in *state*."""
    return lambda: Play().do(*ROUTES[state], MERGE)


def linked(kind: str, *others: str) -> Callable[[], Play]:
    """Return what makes an incident to which *others* are *kind*."""
    return lambda: Play().do(*ROUTES["reported"], *(Relate(kind=kind, other=other) for other in others))


LINK_CASES = [
    Case(
        code="not-absorbed",
        on=lambda: at("responding")().record(e.IncidentAbsorbed(source="i-2")),
        refused=UndoAbsorption(source="i-3", reason="two fires"),
        passes=UndoAbsorption(source="i-2", reason="two fires"),
        text="'i-3' is not merged into this incident; i-2 is",
    ),
    Case(
        code="link-kind-unknown",
        on=at("reported"),
        refused=Relate(kind="cousin_of", other="i-2"),
        passes=Relate(kind="related", other="i-2"),
        text="'cousin_of' is not one of related, duplicate_of, has_duplicate, child_of, parent_of, caused_by, causes",
    ),
    Case(
        code="link-to-itself",
        on=at("reviewed"),
        refused=Relate(kind="related", other="i-1"),
        passes=Relate(kind="related", other="i-2"),
        text="an incident is linked to another one",
    ),
    Case(
        code="link-contradicts",
        on=linked("causes", "i-2"),
        refused=Relate(kind="caused_by", other="i-2"),
        passes=Relate(kind="caused_by", other="i-3"),
        text="'i-2' was said to be the opposite: causes; take that back first",
    ),
    Case(
        code="link-above-and-below",
        on=linked("child_of", "i-2"),
        refused=Relate(kind="child_of", other="i-3"),
        passes=Relate(kind="duplicate_of", other="i-3"),
        text="it is child_of i-2 already; take that back first",
    ),
    Case(
        code="link-above-and-below",
        on=linked("parent_of", "i-2", "i-3"),
        refused=Relate(kind="child_of", other="i-4"),
        passes=Relate(kind="parent_of", other="i-4"),
        text="it is parent_of i-2, i-3; what is below another has none below itself",
    ),
    Case(
        code="link-unknown",
        on=linked("related", "i-2"),
        refused=Unrelate(kind="related", other="i-3", reason="x"),
        passes=Unrelate(kind="related", other="i-2", reason="x"),
        text="no link says related 'i-3'",
    ),
    Case(
        code="part-missing",
        on=at("resolved"),
        refused=Split(into=(), reason="two fires"),
        passes=Split(into=("i-2",), reason="two fires"),
        text="name one incident at least that comes of this one",
    ),
]
MERGED_IN = (*OPEN, RESOLVED)
"""The states in which an incident may be merged, and to which it goes back: one guard for each, and one agrees."""
LINK_SENTENCES = [
    (
        MergeUndone(from_="merged", to="reported", into="b", reason="two fires"),
        "Merge into b undone: two fires",
    ),
    (AbsorptionUndone(source="b", reason="two fires"), "b goes on by itself again: two fires"),
    (IncidentLinked(kind="child_of", other="B"), "Child of B"),
    (IncidentUnlinked(kind="caused_by", other="B", reason="no"), "No longer caused by B: no"),
]
